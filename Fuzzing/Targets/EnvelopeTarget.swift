import Endorsement
import FabricMessages
import LedgerModel
import Ordering
import Validation

/// Envelopes and proposals: every layer down to the read-write set, the ordering service's checks, and the validation of a block of them.
struct EnvelopeTarget {
    let channel: FuzzChannel
    let probe: FuzzProbe

    func offer(_ bytes: [UInt8]) async throws(FuzzFinding) {
        try self.offerLayers(bytes)
        try self.offerProposal(bytes)
        try self.offerGovernance(bytes)
        try await self.validate([bytes])
        if let repaired = FuzzTransaction.repaired(bytes) {
            try await self.validate([repaired, FuzzTransaction(of: self.channel).envelope(), repaired])
        }
    }

    private func offerLayers(_ bytes: [UInt8]) throws(FuzzFinding) {
        guard let envelope = try self.probe.attempt({ try Envelope(serialized: bytes) }) else { return }
        let checks = BroadcastChecks(bundle: self.channel.bundle)
        _ = try self.probe.attempt { try checks.check(envelope, now: FuzzChannel.time) }
        guard let payload = try self.probe.attempt({ try Payload(serialized: envelope.payload) }) else { return }
        _ = try self.probe.attempt { try SignatureHeader(serialized: payload.signatureHeaderBytes) }
        if let header = try self.probe.attempt({ try ChannelHeader(serialized: payload.channelHeaderBytes) }) {
            let again = try self.probe.attempt { try ChannelHeader(serialized: header.serialized()) }
            try self.probe.expect(again == header, "a channel header is the same after writing and reading")
            _ = try self.probe.attempt { try header.chaincodeName() }
        }
        guard let transaction = try self.probe.attempt({ try EndorserTransaction(serialized: payload.data) }) else { return }
        let again = try self.probe.attempt { try EndorserTransaction(serialized: transaction.serialized()) }
        try self.probe.expect(again == transaction, "a transaction is the same after writing and reading")
        _ = try self.probe.attempt { try ProposalPayload(serialized: transaction.proposalPayloadBytes).invocation() }
        guard let response = try self.probe.attempt({ try ProposalResponsePayload(serialized: transaction.responsePayloadBytes) }),
            let action = try self.probe.attempt({ try ChaincodeAction(serialized: response.actionBytes) })
        else { return }
        let written = try self.probe.attempt { try ChaincodeAction(serialized: action.serialized()) }
        try self.probe.expect(written == action, "an action is the same after writing and reading")
        _ = try self.probe.attempt { try ChaincodeEvent(serialized: action.events) }
        _ = try self.probe.attempt { try ReadWriteSet(serialized: action.results) }
    }

    private func offerProposal(_ bytes: [UInt8]) throws(FuzzFinding) {
        let received = try self.probe.attempt { try ReceivedProposal(SignedProposal(proposalBytes: bytes, signature: ToySignatures.good)) }
        guard let received else { return }
        self.probe.note(received.hash)
        let payload = try self.probe.attempt { try ProposalPayload(serialized: received.payload.serialized()) }
        try self.probe.expect(payload == received.payload, "a proposal's payload is the same after writing and reading")
    }

    private func offerGovernance(_ bytes: [UInt8]) throws(FuzzFinding) {
        switch GovernanceEnvelope.read(bytes) {
        case .other: self.probe.note(0)
        case .governance: self.probe.note(1)
        case .malformed(let error): _ = try self.probe.attempt { throw error }
        }
        guard let transaction = try self.probe.attempt({ try GovernanceTransactionFormat.decode(bytes) }) else { return }
        try self.probe.expect(GovernanceTransactionFormat.encode(transaction) == bytes, "a governance transaction has one form")
    }

    /// Validates envelopes as a block, and holds the result against the replay of the same block with the same codes.
    func validate(_ envelopes: [[UInt8]]) async throws(FuzzFinding) {
        let block = self.channel.block(envelopes)
        let validator = BlockValidator(bundle: self.channel.bundle)
        let result: Result<ValidationOutcome, any Error>
        do {
            result = .success(
                try await validator.validate(block, state: self.channel.state, transactions: self.channel.state, previousCommitHash: [1]))
        } catch {
            result = .failure(error)
        }
        guard let outcome = try self.probe.took(result) else { return }
        for verdict in outcome.verdicts { self.probe.note(verdict.code.rawValue) }
        let codes = outcome.verdicts.map(\.code)
        let replayed = try self.probe.attempt {
            try BlockEffects.derive(from: block, codes: codes, state: self.channel.state, previousCommitHash: [1])
        }
        try self.probe.expect(replayed != nil, "a block that was validated can be replayed")
        try self.probe.expect(
            replayed?.updates == outcome.block.updates && replayed?.commitHash == outcome.block.commitHash
                && replayed?.history == outcome.block.history && replayed?.transactionIDs == outcome.block.transactionIDs,
            "the replay of a validated block changes what its validation changed")
    }
}
