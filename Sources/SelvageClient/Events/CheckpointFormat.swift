// The checkpoint of a listener as a file. All of it is ASCII, lines end with a line feed.
//
//     file   := "selvage checkpoint 1" LF "block " number LF "transaction " id LF "sha256 " digest LF
//     number := decimal digits of an unsigned 64-bit number, no zero in front of others
//     id     := the transaction's id, 1 to 128 letters or digits; "-" for none
//     digest := SHA-256 of everything before "sha256 ", 64 lower-case hexadecimal digits
//
// A file that is cut off, or changed in any place, is refused: going on from a wrong place would leave events out.

import CryptoPrimitives

/// Writes and reads checkpoints.
enum CheckpointFormat {
    static let longest = 320
    private static let title = "selvage checkpoint 1\n"
    private static let idCharacters = 1...128

    /// Nil for a transaction's id that is none.
    static func encode(_ checkpoint: EventCheckpoint) -> [UInt8]? {
        if let id = checkpoint.transactionID, !self.isID(id) { return nil }
        let head = Array("\(self.title)block \(checkpoint.block)\ntransaction \(checkpoint.transactionID ?? "-")\n".utf8)
        return head + Array("sha256 \(Base16.encode(SHA256.hash(head)))\n".utf8)
    }

    /// Nil for bytes that are not exactly what `encode` writes.
    static func decode(_ bytes: [UInt8]) -> EventCheckpoint? {
        guard bytes.count <= self.longest else { return nil }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        guard lines.count == 5, let number = self.value(of: "block ", in: lines[1]).flatMap({ UInt64($0) }),
            let id = self.value(of: "transaction ", in: lines[2])
        else { return nil }
        let checkpoint = EventCheckpoint(block: number, transactionID: id == "-" ? nil : id)
        // One way to write each: whatever differs in any byte is none.
        return self.encode(checkpoint) == bytes ? checkpoint : nil
    }

    private static func value(of key: String, in line: String) -> String? {
        line.hasPrefix(key) ? String(line.dropFirst(key.count)) : nil
    }

    private static func isID(_ text: String) -> Bool {
        self.idCharacters.contains(text.utf8.count)
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                default: false
                }
            }
    }
}
