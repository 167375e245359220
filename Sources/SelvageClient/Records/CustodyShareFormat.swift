import RecordSharing

/// What one custodian holds of a record version: its part of the dispersal's key, and its ciphertext fragment with the proof of its place.
///
///     custody  = "SCS1" length keyPart fragment
///     length   = u32 big-endian, bytes of keyPart
///     keyPart  = as in RecordSharing's EMS1KeyPartFormat
///     fragment = as in RecordSharing's EMS1FragmentFormat
///
/// Both halves together are an EMS1 share. They are kept apart because the fragment alone, ciphertext only, can be shown to a contract.
package enum CustodyShareFormat {
    private static let magic = Array("SCS1".utf8)

    /// Joins the halves.
    package static func encode(keyPart: [UInt8], fragment: [UInt8]) -> [UInt8] {
        self.magic + (0..<4).map { UInt8(truncatingIfNeeded: keyPart.count >> (24 - 8 * $0)) } + keyPart + fragment
    }

    /// Reads the halves and checks that they belong to one share; nil when they do not.
    package static func decode(_ bytes: [UInt8]) -> CustodyShare? {
        guard bytes.count >= 8, bytes.starts(with: self.magic) else { return nil }
        let length = bytes[4..<8].reduce(0) { $0 << 8 | Int($1) }
        guard length <= bytes.count - 8 else { return nil }
        let keyPart = Array(bytes[8..<8 + length])
        let fragment = Array(bytes[(8 + length)...])
        guard let share = try? EMS1.share(keyPart: keyPart, fragment: fragment), let facts = try? EMS1.facts(ofFragment: fragment) else {
            return nil
        }
        return CustodyShare(index: facts.index, share: share, fragment: fragment)
    }
}

/// A custodian's holding, taken apart.
package struct CustodyShare: Sendable {
    /// The share's index, from 0.
    package let index: Int
    /// The EMS1 share.
    package let share: [UInt8]
    /// The ciphertext fragment with its proof.
    package let fragment: [UInt8]
}
