import CryptoPrimitives

/// What is published about the ciphertext fragments: the root of their hash tree and the digest of the sealed object they make up.
///
/// Both are hashes of ciphertext under a random key, so they tell nothing about the record. Whoever holds only this and the fragments, such as a
/// contract on a ledger, can name bad fragments and put the sealed object together without ever seeing a key share.
public struct FragmentCommitment: Equatable, Sendable {
    /// The root of the tree over the fragment leaves.
    public let root: [UInt8]
    /// SHA-256 of the ciphertext with its tag.
    public let sealedObjectDigest: [UInt8]

    /// Takes two hashes of 32 bytes; other lengths match nothing.
    public init(root: [UInt8], sealedObjectDigest: [UInt8]) {
        self.root = root
        self.sealedObjectDigest = sealedObjectDigest
    }
}

/// A sealed object put together from fragments and what became of each.
public struct SealedObjectRecombination: Equatable, Sendable {
    /// The ciphertext with its tag.
    public let sealedObject: [UInt8]
    /// One verdict for each offered fragment, in the order offered.
    public let verdicts: [EMS1ShareVerdict]
}

/// What a fragment file says about itself; trust it only after ``EMS1/verifyFragment(_:commitment:)``.
public struct FragmentFacts: Equatable, Sendable {
    /// The threshold t.
    public let threshold: Int
    /// The number of shares n.
    public let count: Int
    /// The index of this fragment, from 0.
    public let index: Int
    /// The random 16-byte id in the header.
    public let recordID: [UInt8]
    /// The length of the ciphertext with its tag.
    public let sealedObjectLength: Int
}

extension EMS1 {
    /// Reads what a fragment file says about itself, without checking it against a commitment.
    public static func facts(ofFragment fragment: [UInt8]) throws(EMS1ShareError) -> FragmentFacts {
        let parsed = try EMS1Fragment(parsing: fragment)
        return FragmentFacts(
            threshold: parsed.header.threshold, count: parsed.count, index: parsed.index, recordID: parsed.header.recordID,
            sealedObjectLength: parsed.header.ciphertextLength)
    }

    /// Checks one fragment file against the published root and returns its index.
    @discardableResult
    public static func verifyFragment(_ fragment: [UInt8], commitment: FragmentCommitment) throws(EMS1ShareError) -> Int {
        let parsed = try EMS1Fragment(parsing: fragment)
        guard parsed.leads(to: commitment.root) else { throw .shareCommitmentMismatch }
        return parsed.index
    }

    /// Puts the ciphertext together from fragment files in any order; bad ones are left out with a reason, and t good ones are enough.
    public static func recombineSealedObject(
        fragments: [[UInt8]], commitment: FragmentCommitment
    ) throws(EMS1Error) -> SealedObjectRecombination {
        let selection = try EMS1Selection<EMS1Fragment>(
            fragments, parse: { bytes throws(EMS1ShareError) in try EMS1Fragment(parsing: bytes) }, index: \.index,
            isCommitted: { $0.leads(to: commitment.root) })
        let chosen = try selection.chosen(threshold: selection.accepted.first?.header.threshold, index: \.index)
        guard let first = chosen.first else { throw .notEnoughValidShares(valid: 0, needed: nil, verdicts: selection.verdicts) }
        let padded = try recombine(chosen.map { ($0.index, $0.fragment) }, header: first.header, count: first.count)
        let sealedObject = try ciphertext(padded, header: first.header)
        guard SHA256.hash(sealedObject) == commitment.sealedObjectDigest else { throw .sealedObjectDigestMismatch }
        return SealedObjectRecombination(sealedObject: sealedObject, verdicts: selection.verdicts)
    }
}
