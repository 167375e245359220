internal import COpenSSL

/// HMAC with SHA-256 (RFC 2104, RFC 4231); a code is 32 bytes.
package enum HMACSHA256 {
    /// The authentication code of `message` under `key`; keys of any length are allowed, 32 bytes are usual.
    package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        authenticate(concatenating: [message], key: key)
    }

    /// The authentication code of the parts one after the other.
    package static func authenticate(concatenating parts: [[UInt8]], key: [UInt8]) -> [UInt8] {
        var block = key.count > SHA256.blockLength ? SHA256.hash(key) : key
        block.append(contentsOf: repeatElement(0, count: SHA256.blockLength - block.count))
        for index in block.indices { block[index] ^= 0x36 }
        var inner = SHA256.Hasher()
        inner.update(block)
        for part in parts { inner.update(part) }
        // The inner pad becomes the outer one in place, so that the key exists in one buffer only.
        for index in block.indices { block[index] ^= 0x36 ^ 0x5c }
        var outer = SHA256.Hasher()
        outer.update(block)
        outer.update(inner.finalize())
        let code = outer.finalize()
        cleanse(&block)
        inner.cleanse()
        outer.cleanse()
        return code
    }

    /// Compares in constant time.
    package static func isValid(_ code: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
        constantTimeEqual(code, authenticate(message, key: key))
    }
}

/// HKDF with SHA-256 (RFC 5869): extract, then expand.
package enum HKDFSHA256 {
    /// Derives `length` bytes; an empty salt stands for 32 zero bytes. Throws `tooLarge` above 8 160 bytes.
    package static func derive(inputKey: [UInt8], salt: [UInt8], info: [UInt8], length: Int) throws(CryptoError) -> [UInt8] {
        guard length >= 0 else { throw .wrongLength(item: "HKDF output", expected: "0 or more", found: length) }
        guard length <= Limits.hkdfBytes else {
            throw .tooLarge(item: "HKDF output", limit: Limits.hkdfBytes, found: length, unit: "bytes")
        }
        var key = HMACSHA256.authenticate(inputKey, key: salt)
        defer { cleanse(&key) }
        var output: [UInt8] = []
        output.reserveCapacity(length + SHA256.digestLength)
        var block: [UInt8] = []
        var counter: UInt8 = 0
        while output.count < length {
            counter += 1  // at most 255, by the limit above
            block = HMACSHA256.authenticate(concatenating: [block, info, [counter]], key: key)
            output += block
        }
        cleanse(&block)
        output.removeLast(output.count - length)
        return output
    }
}
