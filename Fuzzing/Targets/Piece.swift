import CryptoPrimitives
import LedgerModel

/// Part of an input, as far as its structure can be guessed: a protobuf field, a DER element, a PEM block, or plain bytes.
///
/// Writing puts lengths right again, so that a change deep inside leaves everything around it readable.
struct Piece {
    enum Kind {
        /// Children without anything around them.
        case sequence
        case bytes
        /// A protobuf field with a number for content.
        case number(key: UInt64, value: UInt64)
        /// A protobuf field of 4 or 8 bytes.
        case fixed(key: UInt64)
        /// A protobuf field with a length.
        case field(key: UInt64)
        case der(tag: UInt8)
        case pem(label: String)
    }

    var kind: Kind
    /// The content when there are no children.
    var content: [UInt8] = []
    var children: [Piece] = []
    /// Added to the length that is written: a lie when it is not 0.
    var lie: Int64 = 0

    /// The pieces of this one and below it.
    var count: Int { self.children.reduce(1) { $0 + $1.count } }

    func write(into output: inout [UInt8]) {
        switch self.kind {
        case .sequence, .bytes: self.writeContent(into: &output)
        case .number(let key, let value):
            Self.varint(key, into: &output)
            Self.varint(value, into: &output)
        case .fixed(let key):
            Self.varint(key, into: &output)
            output += self.content
        case .field(let key):
            let body = self.body
            Self.varint(key, into: &output)
            Self.varint(UInt64(bitPattern: Int64(body.count) &+ self.lie), into: &output)
            output += body
        case .der(let tag):
            let body = self.body
            output.append(tag)
            Self.derLength(UInt64(bitPattern: Int64(body.count) &+ self.lie), into: &output)
            output += body
        case .pem(let label):
            output += Array(PEM.encode(label: label, der: self.body).utf8)
        }
    }

    var bytes: [UInt8] {
        var output: [UInt8] = []
        self.write(into: &output)
        return output
    }

    private var body: [UInt8] {
        var body: [UInt8] = []
        self.writeContent(into: &body)
        return body
    }

    private func writeContent(into output: inout [UInt8]) {
        if self.children.isEmpty { output += self.content }
        for child in self.children { child.write(into: &output) }
    }

    /// Gives a piece by its number in reading order, 0 being this one, to be changed.
    mutating func change(_ index: Int, _ body: (inout Piece) -> Void) {
        guard index > 0 else {
            body(&self)
            return
        }
        var first = 1
        for position in self.children.indices {
            let count = self.children[position].count
            if index < first + count {
                self.children[position].change(index - first, body)
                return
            }
            first += count
        }
    }

    /// The piece with a number.
    func piece(_ index: Int) -> Piece {
        guard index > 0 else { return self }
        var first = 1
        for child in self.children {
            let count = child.count
            if index < first + count { return child.piece(index - first) }
            first += count
        }
        return self
    }

    static func varint(_ value: UInt64, into output: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
    }

    private static func derLength(_ length: UInt64, into output: inout [UInt8]) {
        guard length >= 0x80 else {
            output.append(UInt8(length))
            return
        }
        var digits: [UInt8] = []
        var rest = length
        while rest > 0 {
            digits.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        output.append(0x80 | UInt8(digits.count))
        output += digits
    }
}
