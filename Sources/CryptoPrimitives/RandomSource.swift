internal import COpenSSL

/// Where random bytes come from: the operating system in life, a seeded generator in tests.
package protocol RandomSource {
    /// Exactly `count` fresh bytes; none when `count` is zero or negative.
    mutating func bytes(count: Int) -> [UInt8]
}

/// OpenSSL's generator, seeded by the operating system; fit for keys and nonces.
package struct SystemRandomSource: RandomSource, Sendable {
    package init() {}

    package mutating func bytes(count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let step = min(count - filled, 1 << 20)
                // No caller can go on with predictable bytes, and no input causes this: stopping is the only safe answer.
                guard let base = buffer.baseAddress, RAND_bytes(base + filled, Int32(step)) == 1 else {
                    fatalError("the system's random generator is not available")
                }
                filled += step
            }
        }
    }
}
