import CryptoPrimitives

/// Guesses the structure of bytes. What fits no guess stays plain bytes; nothing is lost.
struct PieceReading {
    /// Enough for the largest inputs; the rest of a larger one stays plain.
    private static let pieces = 4_000
    private static let depth = 24

    private var left = Self.pieces

    static func read(_ bytes: [UInt8]) -> Piece {
        var reading = PieceReading()
        return Piece(kind: .sequence, children: reading.content(bytes[...], depth: 0) ?? [Piece(kind: .bytes, content: bytes)])
    }

    /// The pieces that bytes consist of; nil when they are best left plain.
    private mutating func content(_ bytes: ArraySlice<UInt8>, depth: Int) -> [Piece]? {
        guard depth < Self.depth, bytes.count >= 2, self.left > 0 else { return nil }
        if let pem = self.pem(bytes, depth: depth) { return pem }
        let before = self.left
        if bytes.first == 0x30, let der = self.der(bytes, depth: depth) { return der }
        self.left = before
        if !Self.isText(bytes), let fields = self.fields(bytes, depth: depth) { return fields }
        self.left = before
        return nil
    }

    private mutating func fields(_ bytes: ArraySlice<UInt8>, depth: Int) -> [Piece]? {
        var rest = bytes
        var pieces: [Piece] = []
        while !rest.isEmpty {
            guard self.left > 0, let key = Self.varint(&rest), key >= 8, key >> 3 < 1 << 29 else { return nil }
            self.left -= 1
            switch key & 7 {
            case 0:
                guard let value = Self.varint(&rest) else { return nil }
                pieces.append(Piece(kind: .number(key: key, value: value)))
            case 1, 5:
                let width = key & 7 == 1 ? 8 : 4
                guard rest.count >= width else { return nil }
                pieces.append(Piece(kind: .fixed(key: key), content: Array(rest.prefix(width))))
                rest = rest.dropFirst(width)
            case 2:
                guard let length = Self.varint(&rest), length <= UInt64(rest.count) else { return nil }
                let body = rest.prefix(Int(length))
                rest = rest.dropFirst(Int(length))
                let children = self.content(body, depth: depth + 1)
                pieces.append(Piece(kind: .field(key: key), content: children == nil ? Array(body) : [], children: children ?? []))
            default: return nil
            }
        }
        return pieces
    }

    private mutating func der(_ bytes: ArraySlice<UInt8>, depth: Int) -> [Piece]? {
        var rest = bytes
        var pieces: [Piece] = []
        while let tag = rest.popFirst() {
            guard self.left > 0, tag & 0x1F != 0x1F, let length = Self.derLength(&rest), length <= rest.count else { return nil }
            self.left -= 1
            let body = rest.prefix(length)
            rest = rest.dropFirst(length)
            // Octet and bit strings of certificates often hold DER again.
            let isNested = tag & 0x20 != 0 || tag == 0x04
            let before = self.left
            let children = isNested && depth < Self.depth ? self.der(body, depth: depth + 1) : nil
            if children == nil { self.left = before }
            pieces.append(Piece(kind: .der(tag: tag), content: children == nil ? Array(body) : [], children: children ?? []))
        }
        return pieces
    }

    private mutating func pem(_ bytes: ArraySlice<UInt8>, depth: Int) -> [Piece]? {
        guard bytes.starts(with: Array("-----BEGIN ".utf8)), let blocks = try? PEM.decode(Array(bytes)), !blocks.isEmpty else { return nil }
        return blocks.map { block in
            let children = self.content(block.der[...], depth: depth + 1)
            return Piece(kind: .pem(label: block.label), content: children == nil ? block.der : [], children: children ?? [])
        }
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for index in 0..<10 {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 { return value }
        }
        return nil
    }

    private static func derLength(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let first = rest.popFirst() else { return nil }
        if first < 0x80 { return Int(first) }
        let count = Int(first & 0x7F)
        guard (1...3).contains(count), rest.count >= count else { return nil }
        let length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(count)
        return length
    }

    /// Names and texts would often pass for fields.
    private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0A }
    }
}
