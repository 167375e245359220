import CryptoPrimitives

// share     = H epoch n index q kind keyShare path fragment
// H         = "EMS1" suite t 0 0 recordID sealedLength contextDigest keyCommitment      ; 96 bytes
// suite     = 1                      ; u8, AES-256-GCM, HKDF-SHA-256, GF(2^8)/0x11D
// t         = u8                     ; 2...255
// recordID  = 16 bytes, random
// sealedLength = u64                 ; length of the padded plaintext, 256 and up
// contextDigest = SHA-256("EMS1/context" context)
// keyCommitment = 32 bytes           ; from the key schedule
// epoch     = u32                    ; 0 when sealed, one more at each renewal
// n, index  = u8, u8                 ; index < n, t <= n
// q         = u8                     ; hashes in the path, as the place in the tree demands
// kind      = 0                      ; 1 marks a key part (EMS1KeyPartFormat)
// keyShare  = 32 bytes
// path      = q x 32 bytes           ; siblings from the leaf to the root
// fragment  = F bytes                ; F = ceil((sealedLength + 16) / t)
//
// All integers are big-endian. Golden bytes: EMS1FormatTests.

/// One share file, read and bounded but not yet checked against a commitment.
package struct EMS1Share: Equatable, Sendable {
    static let fixedBytes = 136

    let header: EMS1Header
    let epoch: UInt32
    let count: Int
    package let index: Int
    let keyShare: [UInt8]
    let path: [[UInt8]]
    let fragment: [UInt8]

    init(header: EMS1Header, epoch: UInt32, count: Int, index: Int, keyShare: [UInt8], path: [[UInt8]], fragment: [UInt8]) {
        self.header = header
        self.epoch = epoch
        self.count = count
        self.index = index
        self.keyShare = keyShare
        self.path = path
        self.fragment = fragment
    }

    package init(parsing file: [UInt8]) throws(EMS1ShareError) {
        header = try EMS1Header(parsing: file)
        guard file.count >= Self.fixedBytes else { throw .truncatedShare }
        epoch = UInt32(truncatingIfNeeded: ByteOrder.integer(file[96..<100]))
        count = Int(file[100])
        index = Int(file[101])
        let hashes = Int(file[102])
        guard file[103] == 0, count >= header.threshold, index < count else { throw .badShareFormat }
        guard hashes == HashTree.pathLength(to: index, count: count) else { throw .badShareFormat }
        let start = Self.fixedBytes + 32 * hashes
        let total = start + header.fragmentLength
        guard file.count >= total else { throw .truncatedShare }
        guard file.count == total else { throw .trailingBytes }
        keyShare = Array(file[104..<136])
        path = (0..<hashes).map { Array(file[Self.fixedBytes + 32 * $0..<Self.fixedBytes + 32 * $0 + 32]) }
        fragment = Array(file[start...])
    }

    package var bytes: [UInt8] {
        header.bytes + ByteOrder.bytes(epoch) + [UInt8(count), UInt8(index), UInt8(path.count), 0] + keyShare + path.flatMap { $0 } + fragment
    }

    /// The leaf hash under the old commitment; kept off the chain by custodians so that a repaired share can be checked.
    var leaf: [UInt8] {
        EMS1Commitment.leaf(
            header: header.bytes, epoch: epoch, count: count, index: index, keyShare: keyShare, fragmentDigest: SHA256.hash(fragment))
    }

    /// Whether the share leads to this commitment.
    func leads(to commitment: [UInt8]) -> Bool {
        guard let root = HashTree.root(leaf: leaf, index: index, count: count, path: path[...]) else { return false }
        return EMS1Commitment.commitment(header: header.bytes, epoch: epoch, count: count, root: root) == commitment
    }
}
