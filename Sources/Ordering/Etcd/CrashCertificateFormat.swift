import LedgerModel

/// What the orderer of a block on etcd signs beside Fabric's own fields: the mark that this block has one orderer's word and no quorum's.
///
///     mark = "SELVAGE-CRASH" | version u8 (1) | leadership u64 | time u64
///
/// It is the consenter_metadata of `common.OrdererBlockMetadata`, which Fabric's nodes do not parse. `leadership` is the etcd revision at which
/// the orderer became the holder of the lease, `time` is in milliseconds since 1970; both big-endian.
package enum CrashCertificateFormat {
    private static let tag = Array("SELVAGE-CRASH".utf8)
    private static let version: UInt8 = 1

    package static func encode(leadership: Int64, timeMs: UInt64) -> [UInt8] {
        var bytes = self.tag + [self.version]
        bytes.append(bigEndian: UInt64(bitPattern: leadership))
        bytes.append(bigEndian: timeMs)
        return bytes
    }

    /// The mark's fields; nil for everything else.
    package static func decode(_ bytes: [UInt8]) -> (leadership: Int64, timeMs: UInt64)? {
        guard bytes.count == self.tag.count + 17, bytes.starts(with: self.tag + [self.version]) else { return nil }
        func integer(_ offset: Int) -> UInt64 {
            bytes[(self.tag.count + offset)..<(self.tag.count + offset + 8)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        return (Int64(bitPattern: integer(1)), integer(9))
    }
}
