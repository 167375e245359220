import CryptoPrimitives

/// The digest of everything that happened in a world: SHA-256 over 64-bit words, little-endian, one row of words for each event and output.
struct Trace {
    private var hasher = SHA256.Hasher()
    private var buffer: [UInt64] = []
    /// Kept only while somebody wants to read the last events.
    private(set) var lines: [String] = []
    let keepsLines: Bool

    init(keepsLines: Bool) {
        self.keepsLines = keepsLines
        self.buffer.reserveCapacity(512)
    }

    mutating func note(_ first: UInt64, _ second: UInt64, _ third: UInt64) {
        self.buffer.append(first.littleEndian)
        self.buffer.append(second.littleEndian)
        self.buffer.append(third.littleEndian)
        if self.buffer.count >= 500 { self.flush() }
    }

    /// Keeps a line for people; the last 400 of them.
    mutating func say(_ line: String) {
        if self.lines.count >= 800 { self.lines.removeFirst(400) }
        self.lines.append(line)
    }

    mutating func digest() -> [UInt8] {
        self.flush()
        return self.hasher.finalize()
    }

    private mutating func flush() {
        self.buffer.withUnsafeBytes { self.hasher.update($0) }
        self.buffer.removeAll(keepingCapacity: true)
    }
}
