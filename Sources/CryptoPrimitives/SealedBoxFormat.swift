//  sealed box = encapsulated key, ciphertext            RFC 9180, base mode, one message per box
//  encapsulated key = 04 x y                            65 bytes, an ephemeral P-256 point
//  ciphertext = encrypted bytes, tag                    as long as the plaintext, and 16 bytes

/// What sealing to a public key makes: the encapsulated key and the ciphertext with its tag.
package struct SealedBox: Hashable, Sendable, CustomStringConvertible {
    package static let encapsulatedKeyLength = 65
    /// Bytes a box has more than its plaintext.
    package static let overhead = encapsulatedKeyLength + AESGCM.tagLength

    package let encapsulatedKey: [UInt8]
    package let ciphertext: [UInt8]

    /// Throws `wrongLength` when the key is not 65 bytes, `malformed` when the ciphertext has no room for a tag.
    package init(encapsulatedKey: [UInt8], ciphertext: [UInt8]) throws(CryptoError) {
        guard encapsulatedKey.count == Self.encapsulatedKeyLength else {
            throw .wrongLength(item: "encapsulated key", expected: "\(Self.encapsulatedKeyLength)", found: encapsulatedKey.count)
        }
        guard ciphertext.count >= AESGCM.tagLength else { throw .malformed(item: "sealed box", reason: "its ciphertext is shorter than a tag") }
        self.encapsulatedKey = encapsulatedKey
        self.ciphertext = ciphertext
    }

    /// Reads the encapsulated key and the ciphertext from one string of at least 81 bytes.
    package init(bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count >= Self.overhead else { throw .malformed(item: "sealed box", reason: "it is shorter than \(Self.overhead) bytes") }
        try self.init(
            encapsulatedKey: Array(bytes.prefix(Self.encapsulatedKeyLength)), ciphertext: Array(bytes.dropFirst(Self.encapsulatedKeyLength)))
    }

    /// Encapsulated key, then ciphertext.
    package var bytes: [UInt8] { encapsulatedKey + ciphertext }

    package var description: String { "<sealed box of \(ciphertext.count) bytes>" }
}
