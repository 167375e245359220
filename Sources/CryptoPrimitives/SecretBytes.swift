internal import COpenSSL

/// Bytes of a secret: shown as `<secret>`, and overwritten in memory when the last reference goes.
///
/// `@unchecked Sendable` is sound because the memory is written only in `init` and in `deinit`, when no one else holds a reference.
package final class SecretBytes: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let memory: UnsafeMutableRawBufferPointer

    /// Copies `bytes`; the caller's array is the caller's to forget.
    package init(_ bytes: [UInt8]) {
        memory = .allocate(byteCount: bytes.count, alignment: 16)
        memory.copyBytes(from: bytes)
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    package var count: Int { memory.count }

    /// Lends the bytes for the duration of `body`; the pointer must not leave it.
    package func withBytes<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(memory))
    }

    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Compares without leaking where the first difference is; only the lengths are allowed to show in the time taken.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}

/// Overwrites an array's bytes with zeros in a way the optimiser may not drop.
func cleanse(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
}
