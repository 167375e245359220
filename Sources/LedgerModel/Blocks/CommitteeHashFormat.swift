import CryptoPrimitives

/// The hash that names an ordering committee; all integers big-endian.
///
///     hash   = SHA-256("SELVAGE-CMT-1" | epoch u64 | count u32 | count times member)       in the order of the configuration
///     member = consenter u32 | length u32 | MSP id | length u32 | public key (SubjectPublicKeyInfo, DER)
package enum CommitteeHashFormat {
    package struct Member: Hashable, Sendable {
        package let consenter: UInt32
        package let mspID: MSPID
        package let publicKey: [UInt8]

        package init(consenter: UInt32, mspID: MSPID, publicKey: [UInt8]) {
            self.consenter = consenter
            self.mspID = mspID
            self.publicKey = publicKey
        }
    }

    private static let tag = Array("SELVAGE-CMT-1".utf8)

    /// The committee's hash, 32 bytes.
    package static func hash(epoch: UInt64, members: [Member]) -> [UInt8] {
        var bytes = self.tag
        self.append(epoch, to: &bytes)
        self.append(UInt32(clamping: members.count), to: &bytes)
        for member in members {
            self.append(member.consenter, to: &bytes)
            self.append(UInt32(clamping: member.mspID.utf8.count), to: &bytes)
            bytes += member.mspID.utf8
            self.append(UInt32(clamping: member.publicKey.count), to: &bytes)
            bytes += member.publicKey
        }
        return SHA256.hash(bytes)
    }

    private static func append(_ value: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
