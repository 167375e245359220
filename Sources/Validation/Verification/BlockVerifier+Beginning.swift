import ChannelConfiguration
import LedgerModel

/// Judges the block with which a peer begins that has none of the blocks before it.
extension BlockVerifier {
    /// Where the chain stands after a block of which only number and header hash were known: all is checked that can be without its parent.
    ///
    /// The hash holds the header and the envelopes. What the next block is judged by besides, such as time and sequence, stands in the
    /// metadata, which the hash does not hold: the signatures of the committee in office do, the one below the block. Blocks of a stock orderer
    /// have nothing there but the number of the last configuration.
    ///
    /// - Parameter chain: The name of the chain, the header hash of block 0; nil when it is not known: then the committee's word is taken.
    /// - Throws: The first rule that is broken.
    package func position(
        after block: OrderedBlock, number: BlockNumber, headerHash: [UInt8], chain: [UInt8]?
    ) throws(BlockVerificationError) -> ChainPosition {
        guard block.number == number else { throw .wrongNumber(expected: number, found: block.number) }
        guard block.headerHash == headerHash else { throw .wrongHash(number) }
        guard number > 0 else {
            // Nobody signs block 0.
            guard Formulas.dataHash(of: block.envelopes) == block.dataHash else { throw .wrongDataHash(number) }
            guard chain ?? headerHash == headerHash else { throw .notCanonical(number, reason: "it begins another chain") }
            return ChainPosition(genesis: block)
        }
        try Self.checkContent(of: block, form: self.form)
        let signatures: BlockSignatures
        do {
            signatures = try BlockSignatures(slot: block.metadata(.signatures))
        } catch {
            throw .malformedSignatures(block.number, error)
        }
        let chainName = self.form == .canonical ? try self.checkCanonical(block, signatures, chain: chain) : chain ?? headerHash
        try self.checkSignatures(signatures, number: number, headerBytes: block.headerBytes)
        do {
            return try ChainPosition(after: block, chain: chainName)
        } catch {
            throw .malformedSignatures(number, error)
        }
    }

    /// The rules for blocks of our own ordering service, as far as they need no parent.
    ///
    /// - Returns: The name of the chain.
    private func checkCanonical(
        _ block: OrderedBlock, _ signatures: BlockSignatures, chain: [UInt8]?
    ) throws(BlockVerificationError) -> [UInt8] {
        func refuse(_ reason: String) -> BlockVerificationError { .notCanonical(block.number, reason: reason) }
        let (value, header) = try self.canonicalValue(of: block, signatures)
        let number = block.number.rawValue
        let isConfiguration = Self.isConfiguration(block)
        guard isConfiguration ? value.lastConfig == number : value.lastConfig < number else {
            throw refuse("it names block \(value.lastConfig) as the last configuration")
        }
        var wrong = chain.map { $0 == header.chain } ?? true ? self.wrongOwnField(of: header, in: block) : "chain"
        do {
            if wrong == nil, try header.committeeHash != self.bundle.committeeHash(epoch: header.epoch) { wrong = "committeeHash" }
            let successor = isConfiguration ? try ChannelBundle(block: block) : nil
            let allowed = try CommitteeSuccession(after: nil, bundle: self.bundle).nextCommitteeHashes(
                epoch: header.epoch, committeeHash: header.committeeHash, successor: successor)
            if wrong == nil, !allowed.contains(header.nextCommitteeHash) { wrong = "nextCommitteeHash" }
        } catch {
            throw refuse("its committee cannot be named: \(error)")
        }
        if let wrong { throw refuse("\(wrong) of its extended header is wrong") }
        return header.chain
    }
}
