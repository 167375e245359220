/// A name that Fabric carries as a protobuf string and compares as bytes.
///
/// Swift strings that look alike compare equal even when their bytes differ; two nodes in different languages must never disagree about
/// that, so identifiers keep and compare UTF-8.
package protocol UTF8Identifier: Hashable, Comparable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The UTF-8 bytes, exactly as received.
    var utf8: [UInt8] { get }
    init(utf8: [UInt8])
}

extension UTF8Identifier {
    /// Keeps the bytes of the text.
    package init(_ text: String) {
        self.init(utf8: Array(text.utf8))
    }

    package init(stringLiteral value: String) {
        self.init(value)
    }

    /// The name as text, for messages and for people.
    package var text: String { String(decoding: self.utf8, as: UTF8.self) }

    package var description: String { self.text }

    /// True for the empty name.
    package var isEmpty: Bool { self.utf8.isEmpty }

    /// Hashes all bytes at once: an array's own hash takes them one by one, which costs more than the rest of a look-up.
    package func hash(into hasher: inout Hasher) {
        // The count keeps two names in a row apart from one that joins them.
        hasher.combine(self.utf8.count)
        self.utf8.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    package static func == (left: Self, right: Self) -> Bool { ByteOrder.areEqual(left.utf8, right.utf8) }

    /// Byte order, as Fabric sorts.
    package static func < (left: Self, right: Self) -> Bool {
        ByteOrder.precedes(left.utf8, right.utf8)
    }
}
