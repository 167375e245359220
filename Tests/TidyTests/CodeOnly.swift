import Foundation

/// Swift source with comments and the text of string literals blanked out, byte for byte, so that line numbers stay true.
///
/// Interpolated expressions are blanked with their literal. It knows `//`, nested `/* */`, `"…"`, `"""…"""` and raw strings of one or more `#`;
/// regex literals are read as code.
struct CodeOnly {
    let bytes: [UInt8]

    init(_ text: String) {
        var scanner = Scanner(input: Array(text.utf8))
        scanner.run()
        self.bytes = scanner.output
    }

    /// Where a text occurs, as offsets.
    func offsets(of needle: String) -> [Int] {
        let pattern = Array(needle.utf8)
        var offsets: [Int] = []
        guard let first = pattern.first else { return [] }
        self.bytes.withUnsafeBytes { haystack in
            guard let base = haystack.baseAddress else { return }
            var from = 0
            while from + pattern.count <= haystack.count {
                guard let hit = memchr(base + from, Int32(first), haystack.count - pattern.count + 1 - from) else { break }
                let offset = UnsafeRawPointer(hit) - base
                let isHere = memcmp(base + offset, pattern, pattern.count) == 0
                if isHere { offsets.append(offset) }
                from = offset + (isHere ? pattern.count : 1)
            }
        }
        return offsets
    }

    /// The line that holds an offset, counted from 1.
    func line(at offset: Int) -> Int {
        self.bytes[..<offset].reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    }

    /// The rest of the line from an offset.
    func rest(from offset: Int) -> String {
        String(decoding: self.bytes[offset...].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Whether the byte at an offset can be part of a name; false outside of the text.
    func isNamePart(at offset: Int) -> Bool {
        guard self.bytes.indices.contains(offset) else { return false }
        switch self.bytes[offset] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            0x80...:
            return true
        default:
            return false
        }
    }
}

private struct Scanner {
    let input: [UInt8]
    var output: [UInt8] = []
    private var position = 0

    init(input: [UInt8]) {
        self.input = input
        self.output.reserveCapacity(input.count)
    }

    mutating func run() {
        while self.position < self.input.count {
            if self.sees("//") {
                self.blank { !$0.sees("\n") }
            } else if self.sees("/*") {
                self.blankBlockComment()
            } else if let hashes = self.hashesBeforeQuote() {
                self.blankString(hashes: hashes)
            } else {
                self.output.append(self.input[self.position])
                self.position += 1
            }
        }
    }

    private func sees(_ text: StaticString, at offset: Int = 0) -> Bool {
        text.withUTF8Buffer { wanted in
            let start = self.position + offset
            guard start + wanted.count <= self.input.count else { return false }
            return wanted.indices.allSatisfy { self.input[start + $0] == wanted[$0] }
        }
    }

    /// Replaces one byte by a space; line ends stay.
    private mutating func blankOne() {
        self.output.append(self.input[self.position] == UInt8(ascii: "\n") ? UInt8(ascii: "\n") : UInt8(ascii: " "))
        self.position += 1
    }

    private mutating func blank(count: Int) {
        for _ in 0..<count where self.position < self.input.count { self.blankOne() }
    }

    private mutating func blank(while condition: (Scanner) -> Bool) {
        while self.position < self.input.count, condition(self) { self.blankOne() }
    }

    private mutating func blankBlockComment() {
        var depth = 0
        repeat {
            if self.sees("/*") {
                depth += 1
                self.blank(count: 2)
            } else if self.sees("*/") {
                depth -= 1
                self.blank(count: 2)
            } else {
                self.blankOne()
            }
        } while depth > 0 && self.position < self.input.count
    }

    /// The number of `#` when a string literal starts here, 0 for a plain one; nil when none starts.
    private func hashesBeforeQuote() -> Int? {
        var count = 0
        while self.sees("#", at: count) { count += 1 }
        return self.sees("\"", at: count) ? count : nil
    }

    private mutating func blankString(hashes: Int) {
        self.blank(count: hashes)
        let isLong = self.sees("\"\"\"")
        self.blank(count: isLong ? 3 : 1)
        var interpolationDepth = 0
        while self.position < self.input.count {
            if !isLong, self.sees("\n") { return }
            if self.sees("\\"), (0..<hashes).allSatisfy({ self.sees("#", at: 1 + $0) }) {
                if self.sees("(", at: 1 + hashes) { interpolationDepth += 1 }
                self.blank(count: 2 + hashes)
            } else if interpolationDepth > 0 {
                self.blankInterpolation(&interpolationDepth)
            } else if self.closesString(isLong: isLong, hashes: hashes) {
                self.blank(count: (isLong ? 3 : 1) + hashes)
                return
            } else {
                self.blankOne()
            }
        }
    }

    /// Moves on by one piece of an interpolated expression, which may hold strings of its own.
    private mutating func blankInterpolation(_ depth: inout Int) {
        if let hashes = self.hashesBeforeQuote() {
            self.blankString(hashes: hashes)
            return
        }
        if self.sees("(") { depth += 1 }
        if self.sees(")") { depth -= 1 }
        self.blankOne()
    }

    private func closesString(isLong: Bool, hashes: Int) -> Bool {
        guard isLong ? self.sees("\"\"\"") : self.sees("\"") else { return false }
        let width = isLong ? 3 : 1
        return (0..<hashes).allSatisfy { self.sees("#", at: width + $0) }
    }
}
