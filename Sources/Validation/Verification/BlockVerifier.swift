import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel

/// Judges a block as a whole, before anything in it is looked at: does it continue the chain, and did the ordering service sign it?
///
/// The configuration is that of the newest configuration block below the block: a configuration block is signed by the old committee.
package struct BlockVerifier: Sendable {
    /// How much is demanded of a block's bytes.
    package enum Form: Hashable, Sendable {
        /// What a stock peer demands: signers that do not count are skipped (interop 4.7, 13.1).
        case fabric
        /// Blocks of our own ordering service: one way to write each block, and an extended header that fits the chain.
        case canonical
    }

    static let policyPath = "/Channel/Orderer/BlockValidation"

    let authority: BlockAuthority
    let form: Form

    var bundle: ChannelBundle { self.authority.bundle }

    package init(_ authority: BlockAuthority, form: Form) {
        self.authority = authority
        // The genesis block says who orders, and no update changes it: on etcd one orderer's signature is all there is.
        self.form = authority.bundle.isOrderedOnEtcd ? .fabric : form
    }

    /// For a block whose parent changed no configuration.
    package init(bundle: ChannelBundle, form: Form) {
        self.init(BlockAuthority(bundle), form: form)
    }

    /// Checks a block against the chain that it is to continue, in Fabric's order.
    ///
    /// - Throws: The first rule that is broken.
    package func verify(_ block: OrderedBlock, after position: ChainPosition) throws(BlockVerificationError) {
        guard let expected = position.number.next else { throw .numbersExhausted }
        guard block.number == expected else { throw .wrongNumber(expected: expected, found: block.number) }
        guard block.previousHash == position.headerHash else { throw .wrongPreviousHash(block.number) }
        try Self.checkContent(of: block, form: self.form)
        let signatures: BlockSignatures
        do {
            signatures = try BlockSignatures(slot: block.metadata(.signatures))
        } catch {
            throw .malformedSignatures(block.number, error)
        }
        if self.form == .canonical { try self.checkCanonical(block, signatures, after: position) }
        try self.checkSignatures(signatures, number: block.number, headerBytes: block.headerBytes)
    }

    /// Whether a block holds one envelope, and that is a configuration.
    package static func isConfiguration(_ block: OrderedBlock) -> Bool {
        guard block.envelopes.count == 1, let envelope = try? Envelope(serialized: block.envelopes[0]),
            let payload = try? Payload(serialized: envelope.payload),
            let header = try? ChannelHeader(serialized: payload.channelHeaderBytes)
        else { return false }
        return header.kind == .config
    }

    /// What can be said of a block alone, without the chain: its envelopes and the data hash over them.
    package static func checkContent(of block: OrderedBlock, form: Form) throws(BlockVerificationError) {
        try self.checkEnvelopes(of: block, form: form)
        guard Formulas.dataHash(of: block.envelopes) == block.dataHash else { throw .wrongDataHash(block.number) }
    }

    private static func checkEnvelopes(of block: OrderedBlock, form: Form) throws(BlockVerificationError) {
        if block.envelopes.isEmpty { throw .malformedEnvelope(block.number, index: 0, reason: "is missing: a block holds at least one") }
        // As in Fabric: the envelope of a configuration block is judged by the validator alone. Ours are written one way like all others.
        if form == .fabric && self.isConfiguration(block) { return }
        for (index, bytes) in block.envelopes.enumerated() {
            if let fault = EnvelopeForm.fault(in: bytes, allowsUnknownFields: form == .fabric) {
                throw .malformedEnvelope(block.number, index: index, reason: fault)
            }
        }
    }

    /// Evaluates the policy for blocks over the signers that count.
    func checkSignatures(_ signatures: BlockSignatures, number: BlockNumber, headerBytes: [UInt8]) throws(BlockVerificationError) {
        var signed: [SignedMessage] = []
        for entry in signatures.entries {
            let identity: [UInt8]
            switch entry.signer {
            case .identity(let creator, _): identity = creator
            case .consenter(let id, _):
                // An unknown number is skipped, as a bad signature is: others may still reach the quorum.
                guard let consenter = self.bundle.consenter(id: id) else { continue }
                identity = consenter.serializedIdentity
            }
            signed.append(
                SignedMessage(
                    identity: identity, message: signatures.signedBytes(of: entry, blockHeader: headerBytes), signature: entry.signature))
        }
        let accepted = self.bundle.membership.acceptedIdentities(signed)
        if self.form == .canonical && accepted.count != signatures.entries.count {
            throw .notCanonical(number, reason: "one of its signatures is wrong, repeated, or of nobody in the committee")
        }
        let result: PolicyResult
        do {
            result = try self.bundle.evaluate(policy: Self.policyPath, identities: accepted)
        } catch {
            throw .unusablePolicy(number, reason: error.description)
        }
        if case .unsatisfied(let missing) = result { throw .unmetBlockValidation(number, missing: missing) }
        let quorum = CommitteeQuorum.size(of: self.bundle.consenters.count)
        if self.form == .canonical && accepted.count < quorum {
            // One quorum everywhere, whatever the policy has become.
            throw .unmetBlockValidation(number, missing: "\(quorum - accepted.count) of the \(quorum) consenters of a quorum")
        }
    }
}
