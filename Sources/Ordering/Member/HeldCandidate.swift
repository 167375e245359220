/// A candidate that arrived, as far as its envelopes are here.
struct HeldCandidate: Sendable {
    let outline: CandidateOutline
    let from: UInt32
    /// Whether its time was near the clock when it came.
    let isTimely: Bool
    /// The whole block, once it is here.
    private(set) var candidate: CandidateBlock?
    /// Whether no block has this id, although all envelopes are here.
    private(set) var isContradictory = false
    /// Envelopes that were asked for, by their hash; those of the pool stay there.
    private var found: [[UInt8]: [UInt8]] = [:]
    private var foundBytes = 0

    /// A candidate whose block is here.
    init(_ candidate: CandidateBlock, from: UInt32, isTimely: Bool) {
        self.outline = CandidateOutline(of: candidate)
        self.candidate = candidate
        self.from = from
        self.isTimely = isTimely
    }

    init(_ outline: CandidateOutline, from: UInt32, isTimely: Bool) {
        self.outline = outline
        self.from = from
        self.isTimely = isTimely
    }

    var id: BlockID { self.outline.id }

    var height: UInt64 { self.outline.height }

    /// Puts the block together if all envelopes are here.
    ///
    /// - Returns: The hashes of those that are not.
    mutating func complete(with pool: EnvelopePool) -> [[UInt8]] {
        guard self.candidate == nil, !self.isContradictory else { return [] }
        var envelopes: [[UInt8]] = []
        var missing: [[UInt8]] = []
        for hash in self.outline.envelopeHashes {
            if let bytes = self.found[hash] ?? pool.envelope(hash)?.serialized { envelopes.append(bytes) } else { missing.append(hash) }
        }
        guard missing.isEmpty else { return missing }
        self.candidate = self.outline.filled(with: envelopes)
        self.isContradictory = self.candidate == nil
        self.found = [:]
        return []
    }

    /// Takes in an envelope that was asked for; others, and more bytes than a valid block can have, are passed over.
    mutating func take(_ envelope: [UInt8], hash: [UInt8], limit: Int) {
        guard self.candidate == nil, self.found[hash] == nil, self.outline.envelopeHashes.contains(hash) else { return }
        guard self.found.isEmpty || envelope.count <= limit - self.foundBytes else { return }
        self.found[hash] = envelope
        self.foundBytes += envelope.count
    }

    /// An envelope of the candidate; nil when it is not one or not here.
    func envelope(_ hash: [UInt8]) -> [UInt8]? {
        if let bytes = self.found[hash] { return bytes }
        guard let candidate = self.candidate, let index = self.outline.envelopeHashes.firstIndex(of: hash) else { return nil }
        return candidate.block.envelopes[index]
    }
}
