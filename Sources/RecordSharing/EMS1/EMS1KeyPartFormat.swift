import CryptoPrimitives

// keyPart        = H epoch n index q kind keyShare path fragmentDigest
// kind           = 1
// fragmentDigest = SHA-256(fragment)        ; 32 bytes, takes the fragment's place in the leaf hash
//
// All other fields as in EMS1ShareFormat. Golden bytes: EMS1FormatTests.

/// The key half of a share: what a custodian releases, encrypted, to a grantee when the fragments travel another way.
///
/// It is checked against the same commitment as the whole share. t of them and the sealed object open the dispersal.
struct EMS1KeyPart: Equatable, Sendable {
    let header: EMS1Header
    let epoch: UInt32
    let count: Int
    let index: Int
    let keyShare: [UInt8]
    let path: [[UInt8]]
    let fragmentDigest: [UInt8]

    init(of share: EMS1Share) {
        header = share.header
        epoch = share.epoch
        count = share.count
        index = share.index
        keyShare = share.keyShare
        path = share.path
        fragmentDigest = SHA256.hash(share.fragment)
    }

    init(parsing file: [UInt8]) throws(EMS1ShareError) {
        header = try EMS1Header(parsing: file)
        guard file.count >= EMS1Share.fixedBytes else { throw .truncatedShare }
        epoch = UInt32(truncatingIfNeeded: ByteOrder.integer(file[96..<100]))
        count = Int(file[100])
        index = Int(file[101])
        let hashes = Int(file[102])
        guard file[103] == 1, count >= header.threshold, index < count else { throw .badShareFormat }
        guard hashes == HashTree.pathLength(to: index, count: count) else { throw .badShareFormat }
        let start = EMS1Share.fixedBytes + 32 * hashes
        guard file.count >= start + 32 else { throw .truncatedShare }
        guard file.count == start + 32 else { throw .trailingBytes }
        keyShare = Array(file[104..<136])
        path = (0..<hashes).map { Array(file[EMS1Share.fixedBytes + 32 * $0..<EMS1Share.fixedBytes + 32 * $0 + 32]) }
        fragmentDigest = Array(file[start...])
    }

    var bytes: [UInt8] {
        header.bytes + ByteOrder.bytes(epoch) + [UInt8(count), UInt8(index), UInt8(path.count), 1] + keyShare + path.flatMap { $0 } + fragmentDigest
    }

    func leads(to commitment: [UInt8]) -> Bool {
        let leaf = EMS1Commitment.leaf(
            header: header.bytes, epoch: epoch, count: count, index: index, keyShare: keyShare, fragmentDigest: fragmentDigest)
        guard let root = HashTree.root(leaf: leaf, index: index, count: count, path: path[...]) else { return false }
        return EMS1Commitment.commitment(header: header.bytes, epoch: epoch, count: count, root: root) == commitment
    }
}

extension EMS1 {
    /// The key half of a share file, for release to a grantee whose fragments come another way; seal it to the grantee.
    public static func keyPart(ofShare share: [UInt8]) throws(EMS1ShareError) -> [UInt8] {
        EMS1KeyPart(of: try EMS1Share(parsing: share)).bytes
    }

    /// Checks one key part against the published commitment and returns its index.
    @discardableResult
    public static func verifyKeyPart(_ keyPart: [UInt8], commitment: [UInt8]) throws(EMS1ShareError) -> Int {
        let parsed = try EMS1KeyPart(parsing: keyPart)
        guard parsed.leads(to: commitment) else { throw .shareCommitmentMismatch }
        return parsed.index
    }

    /// The share file that a key part and the fragment file of the same index make up; a custodian may store the two halves instead.
    public static func share(keyPart: [UInt8], fragment: [UInt8]) throws(EMS1ShareError) -> [UInt8] {
        let key = try EMS1KeyPart(parsing: keyPart)
        let body = try EMS1Fragment(parsing: fragment)
        guard key.header == body.header, key.count == body.count, key.index == body.index, key.fragmentDigest == SHA256.hash(body.fragment) else {
            throw .shareCommitmentMismatch
        }
        return EMS1Share(
            header: key.header, epoch: key.epoch, count: key.count, index: key.index, keyShare: key.keyShare, path: key.path, fragment: body.fragment
        ).bytes
    }
}
