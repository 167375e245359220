/// Keys made of a type and attributes (interop 4.12).
///
///     key = 00 objectType 00 attribute 00 attribute 00 …       all UTF-8
package enum CompositeKeyFormat {
    /// The end of the range of all keys that begin with a prefix: the prefix, then U+10FFFF.
    package static func rangeEnd(ofPrefix prefix: StateKey) -> StateKey {
        StateKey(utf8: prefix.utf8 + [0xF4, 0x8F, 0xBF, 0xBF])
    }

    /// Joins a type and its attributes; the result is also the prefix of all keys with further attributes.
    ///
    /// - Throws: `MessageError` when a part contains U+0000 or U+10FFFF, which would let two keys collide.
    package static func encode(objectType: String, attributes: [String]) throws(MessageError) -> StateKey {
        var bytes: [UInt8] = [0]
        for part in [objectType] + attributes {
            guard !part.unicodeScalars.contains(where: { $0 == "\u{0}" || $0 == "\u{10FFFF}" }) else {
                throw MessageError(part: "composite key", reason: "a part contains U+0000 or U+10FFFF; leave those characters out")
            }
            bytes += Array(part.utf8)
            bytes.append(0)
        }
        return StateKey(utf8: bytes)
    }

    /// Splits a key into its type and attributes; nil when it is not a composite key.
    package static func decode(_ key: StateKey) -> (objectType: String, attributes: [String])? {
        let bytes = key.utf8
        guard bytes.count >= 2, bytes.first == 0, bytes.last == 0 else { return nil }
        let parts = bytes[1..<(bytes.count - 1)].split(separator: 0, omittingEmptySubsequences: false)
        guard let type = parts.first else { return nil }
        return (String(decoding: type, as: UTF8.self), parts.dropFirst().map { String(decoding: $0, as: UTF8.self) })
    }
}
