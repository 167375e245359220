import CryptoPrimitives

/// The secret choices of one sealing; fixed values reproduce published vectors.
package struct EMS1Secrets: Sendable {
    let key: [UInt8]
    let recordID: [UInt8]
    let coefficients: [[UInt8]]

    /// A 32-byte key, a 16-byte record id and t - 1 coefficients of 32 bytes, lowest power first.
    package init(key: [UInt8], recordID: [UInt8], coefficients: [[UInt8]]) {
        self.key = key
        self.recordID = recordID
        self.coefficients = coefficients
    }

    init(threshold: Int, random: inout some RandomSource) {
        key = random.bytes(count: KeyPolynomial.keyBytes)
        recordID = random.bytes(count: EMS1Header.recordIDBytes)
        coefficients = (1..<max(2, threshold)).map { _ in random.bytes(count: KeyPolynomial.keyBytes) }
    }

    func isValid(threshold: Int) -> Bool {
        key.count == KeyPolynomial.keyBytes && recordID.count == EMS1Header.recordIDBytes && coefficients.count == threshold - 1
            && coefficients.allSatisfy { $0.count == KeyPolynomial.keyBytes }
    }
}

/// A sealed and split record: the share files for the custodians and what is published about them.
public struct SharedRecord: Equatable, Sendable {
    /// The threshold t.
    public let threshold: Int
    /// 0 when sealed, one more at each renewal.
    public let epoch: UInt32
    /// The random 16-byte id inside the header; not a patient's or a record's name.
    public let recordID: [UInt8]
    /// What every share is checked against; publish it.
    public let commitment: [UInt8]
    /// The share files, in index order; each goes to one custodian.
    public let shares: [[UInt8]]
    /// The leaf hashes, kept off the chain, against which a repaired share is checked.
    public let leafHashes: [[UInt8]]
    /// What ciphertext fragments are checked against; publish it beside the commitment.
    public let fragmentCommitment: FragmentCommitment
    /// The fragment files, in index order: ciphertext only.
    public let fragments: [[UInt8]]

    /// The number of shares n.
    public var count: Int { shares.count }
}

extension EMS1 {
    /// Encrypts and splits a record into n share files of which any t open it; the context is bound and must be given again to open.
    public static func seal(record: [UInt8], context: [UInt8], threshold: Int, shares: Int) throws(EMS1Error) -> SharedRecord {
        var random = SystemRandomSource()
        return try seal(record: record, context: context, threshold: threshold, shares: shares, random: &random)
    }

    /// As the public form, with the randomness given.
    package static func seal(
        record: [UInt8], context: [UInt8], threshold: Int, shares: Int, random: inout some RandomSource
    ) throws(EMS1Error) -> SharedRecord {
        let secrets = EMS1Secrets(threshold: min(threshold, Limits.sharesPerRecord), random: &random)
        return try seal(record: record, context: context, threshold: threshold, shares: shares, secrets: secrets)
    }

    /// As the public form, with key, record id and coefficients given; never use the same key twice.
    package static func seal(
        record: [UInt8], context: [UInt8], threshold: Int, shares: Int, secrets: EMS1Secrets
    ) throws(EMS1Error) -> SharedRecord {
        guard let dispersal = CauchyDispersal(threshold: threshold, count: shares) else {
            throw .invalidThreshold(threshold: threshold, shares: shares)
        }
        guard record.count <= Limits.recordBytes else { throw .recordTooLong(bytes: record.count) }
        guard secrets.isValid(threshold: threshold) else { throw .badSecretLength }
        let inner = EMS1Padding.pad(record)
        let (header, ciphertext) = try encrypt(inner, context: context, threshold: threshold, secrets: secrets)
        let keyShares = (0..<shares).map { KeyPolynomial.share(constant: secrets.key, coefficients: secrets.coefficients, index: $0) }
        return assemble(header: header, epoch: 0, keyShares: keyShares, fragments: dispersal.disperse(ciphertext), ciphertext: ciphertext)
    }

    static func encrypt(
        _ inner: [UInt8], context: [UInt8], threshold: Int, secrets: EMS1Secrets
    ) throws(EMS1Error) -> (header: EMS1Header, ciphertext: [UInt8]) {
        let contextDigest = EMS1Header.digest(ofContext: context)
        let open = EMS1Header(
            threshold: threshold, recordID: secrets.recordID, sealedLength: inner.count, contextDigest: contextDigest, keyCommitment: [])
        let keys = try EMS1KeySchedule(key: secrets.key, recordID: secrets.recordID, unkeyedHeader: open.unkeyed)
        let header = EMS1Header(
            threshold: threshold, recordID: secrets.recordID, sealedLength: inner.count, contextDigest: contextDigest, keyCommitment: keys.commitment)
        do {
            return (header, try AESGCM.seal(inner, key: keys.encryptionKey, nonce: keys.nonce, authenticating: header.bytes))
        } catch {
            throw .cryptographyFailed
        }
    }

    /// Commits to all key shares and fragments and writes the files.
    static func assemble(header: EMS1Header, epoch: UInt32, keyShares: [[UInt8]], fragments: [[UInt8]], ciphertext: [UInt8]) -> SharedRecord {
        let count = keyShares.count
        let headerBytes = header.bytes
        let digests = fragments.map { SHA256.hash($0) }
        let leaves = (0..<count).map {
            EMS1Commitment.leaf(header: headerBytes, epoch: epoch, count: count, index: $0, keyShare: keyShares[$0], fragmentDigest: digests[$0])
        }
        let fragmentLeaves = (0..<count).map {
            EMS1Commitment.fragmentLeaf(header: headerBytes, count: count, index: $0, fragmentDigest: digests[$0])
        }
        let shares = (0..<count).map {
            EMS1Share(
                header: header, epoch: epoch, count: count, index: $0, keyShare: keyShares[$0], path: HashTree.path(to: $0, in: leaves[...]),
                fragment: fragments[$0])
        }
        let fragmentFiles = (0..<count).map {
            EMS1Fragment(
                header: header, count: count, index: $0, path: HashTree.path(to: $0, in: fragmentLeaves[...]), fragment: fragments[$0])
        }
        return SharedRecord(
            threshold: header.threshold, epoch: epoch, recordID: header.recordID,
            commitment: EMS1Commitment.commitment(header: headerBytes, epoch: epoch, count: count, root: HashTree.root(leaves[...])),
            shares: shares.map(\.bytes), leafHashes: leaves,
            fragmentCommitment: FragmentCommitment(root: HashTree.root(fragmentLeaves[...]), sealedObjectDigest: SHA256.hash(ciphertext)),
            fragments: fragmentFiles.map(\.bytes))
    }
}
