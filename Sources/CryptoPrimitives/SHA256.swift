internal import COpenSSL

/// SHA-256 (FIPS 180-4); a digest is 32 bytes.
package enum SHA256 {
    /// Bytes in one digest.
    package static let digestLength = 32
    /// Bytes the compression function takes at once; HMAC pads its key to this.
    static let blockLength = 64

    /// The digest of the whole array.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The digest of a slice, without copying it.
    package static func hash(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The digest of the memory `bytes` points to.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        // The plain C context lives on the stack: no allocation but the result, about half the cost of the EVP path at 64 bytes.
        var context = SHA256_CTX()
        SHA256_Init(&context)
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
        return finish(&context)
    }

    /// The digest of the parts one after the other, without joining them first.
    package static func hash(concatenating parts: [UInt8]...) -> [UInt8] {
        hash(concatenating: parts)
    }

    /// The digest of the parts one after the other, without joining them first.
    package static func hash(concatenating parts: [[UInt8]]) -> [UInt8] {
        var hasher = Hasher()
        for part in parts { hasher.update(part) }
        return hasher.finalize()
    }

    fileprivate static func finish(_ context: inout SHA256_CTX) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: digestLength) { buffer, count in
            SHA256_Final(buffer.baseAddress, &context)
            count = digestLength
        }
    }

    /// An incremental hash; a value, so a copy continues on its own from the same prefix.
    package struct Hasher: Sendable {
        private var context = SHA256_CTX()

        package init() {
            SHA256_Init(&context)
        }

        /// Appends the array to what is hashed.
        package mutating func update(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes { update($0) }
        }

        /// Appends the slice to what is hashed.
        package mutating func update(_ bytes: ArraySlice<UInt8>) {
            bytes.withUnsafeBytes { update($0) }
        }

        /// Appends the memory `bytes` points to.
        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            SHA256_Update(&context, bytes.baseAddress, bytes.count)
        }

        /// The digest of everything so far; the hasher itself is left as it was and may go on.
        package func finalize() -> [UInt8] {
            var copy = context
            return SHA256.finish(&copy)
        }

        /// Overwrites the inner state, for hashes that were keyed.
        mutating func cleanse() {
            withUnsafeMutableBytes(of: &context) { OPENSSL_cleanse($0.baseAddress, $0.count) }
        }
    }
}
