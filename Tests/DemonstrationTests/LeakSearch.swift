import CryptoPrimitives
import Foundation
import Glibc
import Ledger

/// Looks for texts and bytes that may be nowhere: in every file below a folder, in the names of files, and in texts.
///
/// State databases pack their files, so each is searched as it reads, too.
struct LeakSearch {
    /// What is looked for, under a name for findings.
    let needles: [(name: String, bytes: [UInt8])]

    /// A secret in the forms in which it might be written: raw, hexadecimal of both cases, Base64 at each of its three offsets.
    static func forms(_ name: String, _ secret: [UInt8]) -> [(name: String, bytes: [UInt8])] {
        let hex = Base16.encode(secret)
        var forms = [
            (name, secret), (name + " in hexadecimal", Array(hex.utf8)), (name + " in capital hexadecimal", Array(hex.uppercased().utf8)),
        ]
        for offset in 0..<3 {
            // Only the characters that depend on the secret alone.
            let padded = [UInt8](repeating: 0, count: offset) + secret
            let whole = padded.count / 3 * 3
            let text = Data(padded[..<whole]).base64EncodedString()
            forms.append((name + " in Base64 at offset \(offset)", Array(text.utf8.dropFirst(offset == 0 ? 0 : offset + 1))))
        }
        return forms
    }

    /// What may not be seen of a record: its marker, and the digests of marker and record.
    init(record: [UInt8], marker: String) {
        self.init(
            Self.forms("the marker", Array(marker.utf8)) + Self.forms("the marker's digest", SHA256.hash(Array(marker.utf8)))
                + Self.forms("the record's digest", SHA256.hash(record)))
    }

    init(_ needles: [(name: String, bytes: [UInt8])]) {
        self.needles = needles
    }

    static func + (left: LeakSearch, right: LeakSearch) -> LeakSearch { LeakSearch(left.needles + right.needles) }

    /// What is found in a text.
    func findings(in text: String, called place: String) -> [String] {
        self.findings(in: Array(text.utf8), place)
    }

    /// What is found below a folder, in contents and in names; and how much was searched, so that a test can see that it was.
    func search(folder: String) throws -> (findings: [String], files: Int, bytes: Int) {
        var findings: [String] = []
        var files = 0
        var bytes = 0
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        for path in paths {
            findings += self.findings(in: path, called: "the name of \(path)")
            var isFolder: ObjCBool = false
            let full = folder + "/" + path
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                if path.hasSuffix("/state") { findings += try self.searchDatabase(full) }
                continue
            }
            let content = try Data(contentsOf: URL(fileURLWithPath: full))
            files += 1
            bytes += content.count
            findings += self.findings(in: [UInt8](content), path)
        }
        return (findings, files, bytes)
    }

    private func searchDatabase(_ folder: String) throws -> [String] {
        let store = try LevelDBStore(folder: folder)
        let scan = try store.snapshot().scan(from: [], to: [UInt8](repeating: 0xFF, count: 64))
        var findings: [String] = []
        while let entry = try scan.next() {
            findings += self.findings(in: entry.key, "a key in \(folder)") + self.findings(in: entry.value, "a value in \(folder)")
        }
        return findings
    }

    private func findings(in bytes: [UInt8], _ place: String) -> [String] {
        bytes.withUnsafeBytes { haystack in
            self.needles.filter { Self.contains(haystack, $0.bytes) }.map { "\($0.name) is in \(place)" }
        }
    }

    private static func contains(_ haystack: UnsafeRawBufferPointer, _ needle: [UInt8]) -> Bool {
        guard let first = needle.first, let base = haystack.baseAddress, haystack.count >= needle.count else { return false }
        let last = haystack.count - needle.count
        var offset = 0
        while offset <= last, let hit = memchr(base + offset, Int32(first), last - offset + 1) {
            if memcmp(hit, needle, needle.count) == 0 { return true }
            offset = UnsafeRawPointer(hit) - base + 1
        }
        return false
    }
}
