/// Comparison of byte strings, eight bytes at a time: the standard library's goes byte by byte, and a block compares keys thousands of times.
package enum ByteOrder {
    /// Whether both are the same bytes.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                var offset = 0
                while offset + 8 <= left.count {
                    let one = left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    guard one == right.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
                    offset += 8
                }
                while offset < left.count {
                    guard left[offset] == right[offset] else { return false }
                    offset += 1
                }
                return true
            }
        }
    }

    /// Whether the left bytes come first.
    package static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                let shared = min(left.count, right.count)
                var offset = 0
                while offset + 8 <= shared {
                    let (one, other) = (
                        left.loadUnaligned(fromByteOffset: offset, as: UInt64.self), right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    )
                    if one != other { return one.bigEndian < other.bigEndian }
                    offset += 8
                }
                while offset < shared {
                    if left[offset] != right[offset] { return left[offset] < right[offset] }
                    offset += 1
                }
                return left.count < right.count
            }
        }
    }
}
