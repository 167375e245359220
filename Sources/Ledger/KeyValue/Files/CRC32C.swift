/// CRC-32C (Castagnoli), as LevelDB guards its files with it.
package enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
        return value
    }

    package static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        self.table.withUnsafeBufferPointer { table in
            bytes.withUnsafeBufferPointer { bytes in
                var value = UInt32.max
                for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xff)] ^ value >> 8 }
                return ~value
            }
        }
    }

    /// The form in which LevelDB stores a checksum: a checksum over bytes that hold checksums would be weak.
    package static func masked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        let value = self.checksum(bytes)
        return (value >> 15 | value << 17) &+ 0xa282_ead8
    }
}
