import CryptoPrimitives

/// Renewals by the owner, who gathers t shares: new key shares under the same key, or one custodian more. Nothing is encrypted again.
///
/// Both check first that the gathered shares reproduce the old commitment entirely, so that a dealer's inconsistent shares are not carried over.
extension EMS1 {
    /// New key shares in the next epoch; old and new ones do not combine, so shares stolen before and after are useless together.
    ///
    /// Custodians erase the old shares. A reader who already held the key keeps it: seal again to exclude one.
    public static func refresh(shares: [[UInt8]], commitment: [UInt8]) throws(EMS1Error) -> SharedRecord {
        var random = SystemRandomSource()
        return try refresh(shares: shares, commitment: commitment, random: &random)
    }

    /// As the public form, with the randomness given.
    package static func refresh(shares: [[UInt8]], commitment: [UInt8], random: inout some RandomSource) throws(EMS1Error) -> SharedRecord {
        let complete = try CompleteRecord(shares: shares, commitment: commitment)
        let zeroPolynomial = (1..<complete.header.threshold).map { _ in random.bytes(count: KeyPolynomial.keyBytes) }
        return try complete.refreshed(zeroPolynomial: zeroPolynomial)
    }

    /// As the public form, with the coefficients of the added polynomial given, lowest power first; its constant term is zero.
    package static func refresh(shares: [[UInt8]], commitment: [UInt8], zeroPolynomial: [[UInt8]]) throws(EMS1Error) -> SharedRecord {
        try CompleteRecord(shares: shares, commitment: commitment).refreshed(zeroPolynomial: zeroPolynomial)
    }

    /// One share more, with the next index, in the next epoch; every custodian gets a new file because the paths change.
    public static func addNode(shares: [[UInt8]], commitment: [UInt8]) throws(EMS1Error) -> SharedRecord {
        let complete = try CompleteRecord(shares: shares, commitment: commitment)
        let count = complete.keyShares.count + 1
        guard let dispersal = CauchyDispersal(threshold: complete.header.threshold, count: count) else {
            throw .invalidThreshold(threshold: complete.header.threshold, shares: count)
        }
        let added = KeyPolynomial.interpolate(complete.basis, at: UInt8(count))
        return assemble(
            header: complete.header, epoch: try complete.nextEpoch(), keyShares: complete.keyShares + [added],
            fragments: complete.fragments + [dispersal.fragment(count - 1, of: complete.padded)], ciphertext: complete.ciphertext)
    }
}

/// Everything the dealer once knew except the key itself, rebuilt from t shares and checked against the commitment.
struct CompleteRecord {
    let header: EMS1Header
    let epoch: UInt32
    let basis: [(index: Int, key: [UInt8])]
    let keyShares: [[UInt8]]
    let fragments: [[UInt8]]
    let padded: [UInt8]
    let ciphertext: [UInt8]

    init(shares: [[UInt8]], commitment: [UInt8]) throws(EMS1Error) {
        let selection = try EMS1.select(shares, commitment: commitment)
        let chosen = try selection.chosen(threshold: selection.accepted.first?.header.threshold, index: \.index)
        guard let first = chosen.first else { throw .notEnoughValidShares(valid: 0, needed: nil, verdicts: selection.verdicts) }
        header = first.header
        epoch = first.epoch
        let points = chosen.map { (index: $0.index, key: $0.keyShare) }
        basis = points
        padded = try EMS1.recombine(chosen.map { ($0.index, $0.fragment) }, header: first.header, count: first.count)
        ciphertext = try EMS1.ciphertext(padded, header: first.header)
        guard let dispersal = CauchyDispersal(threshold: first.header.threshold, count: first.count) else {
            throw .invalidThreshold(threshold: first.header.threshold, shares: first.count)
        }
        keyShares = (0..<first.count).map { KeyPolynomial.interpolate(points, at: UInt8($0 + 1)) }
        fragments = dispersal.disperse(ciphertext)
        let again = EMS1.assemble(header: header, epoch: epoch, keyShares: keyShares, fragments: fragments, ciphertext: ciphertext)
        guard again.commitment == commitment else { throw .inconsistentDealer }
    }

    func nextEpoch() throws(EMS1Error) -> UInt32 {
        guard epoch < UInt32.max else { throw .epochExhausted }
        return epoch + 1
    }

    func refreshed(zeroPolynomial: [[UInt8]]) throws(EMS1Error) -> SharedRecord {
        guard zeroPolynomial.count == header.threshold - 1, zeroPolynomial.allSatisfy({ $0.count == KeyPolynomial.keyBytes }) else {
            throw .badSecretLength
        }
        let zero = [UInt8](repeating: 0, count: KeyPolynomial.keyBytes)
        let renewed = keyShares.enumerated().map { index, share in
            KeyPolynomial.exclusiveOr(share, KeyPolynomial.share(constant: zero, coefficients: zeroPolynomial, index: index))
        }
        return EMS1.assemble(header: header, epoch: try nextEpoch(), keyShares: renewed, fragments: fragments, ciphertext: ciphertext)
    }
}
