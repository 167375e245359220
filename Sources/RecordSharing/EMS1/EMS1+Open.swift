import CryptoPrimitives

/// An opened record and what became of each offered share.
public struct EMS1Opening: Equatable, Sendable {
    /// The record as it was sealed.
    public let record: [UInt8]
    /// One verdict for each offered share, in the order offered.
    public let verdicts: [EMS1ShareVerdict]
}

/// The accepted part of a list of files and the verdict on each.
struct EMS1Selection<File> {
    var accepted: [File] = []
    var verdicts: [EMS1ShareVerdict] = []

    /// Reads and checks each file; the first good one of each index is accepted.
    init(
        _ files: [[UInt8]], parse: ([UInt8]) throws(EMS1ShareError) -> File, index: (File) -> Int, isCommitted: (File) -> Bool
    ) throws(EMS1Error) {
        guard files.count <= Limits.sharesOffered else { throw .tooManySharesOffered(files.count) }
        var seen = Set<Int>()
        for (position, bytes) in files.enumerated() {
            var place: Int?
            var reason: EMS1ShareError?
            do throws(EMS1ShareError) {
                let file = try parse(bytes)
                place = index(file)
                guard isCommitted(file) else { throw .shareCommitmentMismatch }
                guard seen.insert(index(file)).inserted else { throw .duplicateIndex }
                accepted.append(file)
            } catch {
                reason = error
            }
            verdicts.append(EMS1ShareVerdict(position: position, index: place, error: reason))
        }
    }

    /// The t files of lowest index, so that plain data fragments come first and need no field arithmetic.
    func chosen(threshold: Int?, index: (File) -> Int) throws(EMS1Error) -> [File] {
        guard let threshold, accepted.count >= threshold else {
            throw .notEnoughValidShares(valid: accepted.count, needed: threshold, verdicts: verdicts)
        }
        return Array(accepted.sorted { index($0) < index($1) }.prefix(threshold))
    }
}

extension EMS1 {
    /// Checks one share file against the published commitment and returns its index.
    @discardableResult
    public static func verify(share: [UInt8], commitment: [UInt8]) throws(EMS1ShareError) -> Int {
        let parsed = try EMS1Share(parsing: share)
        guard parsed.leads(to: commitment) else { throw .shareCommitmentMismatch }
        return parsed.index
    }

    /// Opens a record from share files in any order; bad ones are left out with a reason, and t good ones are enough.
    public static func open(shares: [[UInt8]], commitment: [UInt8], context: [UInt8]) throws(EMS1Error) -> EMS1Opening {
        let selection = try select(shares, commitment: commitment)
        let chosen = try selection.chosen(threshold: selection.accepted.first?.header.threshold, index: \.index)
        guard let header = chosen.first?.header else { throw .notEnoughValidShares(valid: 0, needed: nil, verdicts: selection.verdicts) }
        guard header.contextDigest == EMS1Header.digest(ofContext: context) else { throw .contextMismatch }
        let keys = try keys(from: chosen.map { ($0.index, $0.keyShare) }, header: header)
        let padded = try recombine(chosen.map { ($0.index, $0.fragment) }, header: header, count: chosen[0].count)
        return EMS1Opening(record: try decrypt(try ciphertext(padded, header: header), keys: keys, header: header), verdicts: selection.verdicts)
    }

    /// Opens a sealed object (the recombined ciphertext) with key parts released by t custodians.
    public static func open(
        sealedObject: [UInt8], keyParts: [[UInt8]], commitment: [UInt8], context: [UInt8]
    ) throws(EMS1Error) -> EMS1Opening {
        let selection = try EMS1Selection<EMS1KeyPart>(
            keyParts, parse: { bytes throws(EMS1ShareError) in try EMS1KeyPart(parsing: bytes) }, index: \.index,
            isCommitted: { $0.leads(to: commitment) })
        let chosen = try selection.chosen(threshold: selection.accepted.first?.header.threshold, index: \.index)
        guard let header = chosen.first?.header else { throw .notEnoughValidShares(valid: 0, needed: nil, verdicts: selection.verdicts) }
        guard header.contextDigest == EMS1Header.digest(ofContext: context) else { throw .contextMismatch }
        let keys = try keys(from: chosen.map { ($0.index, $0.keyShare) }, header: header)
        return EMS1Opening(record: try decrypt(sealedObject, keys: keys, header: header), verdicts: selection.verdicts)
    }

    static func select(_ shares: [[UInt8]], commitment: [UInt8]) throws(EMS1Error) -> EMS1Selection<EMS1Share> {
        try EMS1Selection(
            shares, parse: { bytes throws(EMS1ShareError) in try EMS1Share(parsing: bytes) }, index: \.index,
            isCommitted: { $0.leads(to: commitment) })
    }

    static func keys(from shares: [(index: Int, key: [UInt8])], header: EMS1Header) throws(EMS1Error) -> EMS1KeySchedule {
        let key = KeyPolynomial.interpolate(shares, at: 0)
        let keys = try EMS1KeySchedule(key: key, recordID: header.recordID, unkeyedHeader: header.unkeyed)
        guard constantTimeEqual(keys.commitment, header.keyCommitment) else { throw .keyCommitmentMismatch }
        return keys
    }

    static func recombine(_ fragments: [(index: Int, bytes: [UInt8])], header: EMS1Header, count: Int) throws(EMS1Error) -> [UInt8] {
        guard let dispersal = CauchyDispersal(threshold: header.threshold, count: count), let padded = dispersal.recombine(fragments) else {
            throw .invalidThreshold(threshold: header.threshold, shares: count)
        }
        return padded
    }

    /// The ciphertext without the zeros that filled up the last fragments.
    static func ciphertext(_ padded: [UInt8], header: EMS1Header) throws(EMS1Error) -> [UInt8] {
        guard padded[header.ciphertextLength...].allSatisfy({ $0 == 0 }) else { throw .paddingNotZero }
        return Array(padded[..<header.ciphertextLength])
    }

    static func decrypt(_ ciphertext: [UInt8], keys: EMS1KeySchedule, header: EMS1Header) throws(EMS1Error) -> [UInt8] {
        let inner: [UInt8]
        do {
            inner = try AESGCM.open(ciphertext, key: keys.encryptionKey, nonce: keys.nonce, authenticating: header.bytes)
        } catch {
            throw .authenticationFailed
        }
        guard let record = EMS1Padding.unpad(inner), inner.count == header.sealedLength else { throw .badInnerPadding }
        return record
    }
}
