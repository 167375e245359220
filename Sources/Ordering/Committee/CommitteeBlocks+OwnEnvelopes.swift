import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel

/// Envelopes that members make themselves: heartbeats and configurations. Each is alone in its block and signed by the proposer.
extension CommitteeBlocks {
    /// Makes the heartbeat of the next height.
    package func heartbeat(after position: ChainPosition, by proposer: SigningIdentity, now: Timestamp) throws(CryptoError) -> CheckedEnvelope {
        let height = position.number.rawValue &+ 1
        var seed = position.headerHash
        seed.append(bigEndian: height)
        let envelope = try GovernanceEnvelope.make(
            .heartbeat(height: height), channel: self.bundle.channelID, creator: proposer, nonce: Array(SHA256.hash(seed).prefix(24)),
            timestamp: now)
        return Self.checked(envelope, isConfiguration: false)
    }

    /// Makes the CONFIG envelope of a change that enough members have signed.
    package func configuration(
        _ change: ChannelConfiguration.CommitteeChange, signatures: [ConfigurationSignature], by proposer: SigningIdentity, now: Timestamp
    ) throws -> CheckedEnvelope {
        let update = try change.update(signatures: signatures)
        let nonce = Array(SHA256.hash(change.updateBytes).prefix(24))
        let request = try update.envelope(channel: self.bundle.channelID, sender: proposer, nonce: nonce, timestamp: now)
        let transaction = try ConfigurationTransaction(request: request, to: self.bundle)
        return Self.checked(try transaction.envelope(signer: proposer, nonce: nonce, timestamp: now), isConfiguration: true)
    }

    /// A member's consent to the due change.
    func consent(
        to change: ChannelConfiguration.CommitteeChange, by member: SigningIdentity
    ) throws(CryptoError) -> ConfigurationSignature {
        // The change is one of its kind, so its hash is nonce enough.
        try change.signature(by: member, nonce: Array(SHA256.hash(concatenating: self.keys.chain, change.updateBytes).prefix(24)))
    }

    /// Makes the envelope with which someone in office charges another one.
    func charge(_ offence: Misbehaviour, by member: SigningIdentity, now: Timestamp) throws(CryptoError) -> Envelope {
        let fact = offence.identity
        var seed = self.keys.chain + [fact.code, fact.kind]
        for word in [UInt64(fact.offender), fact.height, UInt64(UInt32(bitPattern: fact.round))] { seed.append(bigEndian: word) }
        return try GovernanceEnvelope.make(
            .evidence(offence), channel: self.bundle.channelID, creator: member, nonce: Array(SHA256.hash(seed).prefix(24)), timestamp: now)
    }

    static func checked(_ envelope: Envelope, isConfiguration: Bool) -> CheckedEnvelope {
        let serialized = envelope.serialized()
        return CheckedEnvelope(
            serialized: serialized, digest: SHA256.hash(serialized), sizeBytes: envelope.sizeBytes, isConfiguration: isConfiguration,
            transactionID: TransactionID(""))
    }

    /// Why an envelope of a client cannot be ordered next; nil when it may: governance judges its own at the door already.
    package func refusalAtDoor(_ envelope: CheckedEnvelope, height: UInt64) -> BroadcastRefusal? {
        if self.governance.isHalted { return .unavailable(reason: "ordering is halted until people have looked at the committee's evidence") }
        if envelope.isUpdate { return self.refusal(ofRequest: envelope) }
        guard envelope.isGovernance else { return nil }
        if HeartbeatEnvelope(envelope.serialized) != nil { return .governance(reason: "heartbeats are made by the proposer of a block") }
        return self.governance.fault(in: [envelope.serialized], height: height, proposer: 0).map { .governance(reason: $0.reason) }
    }

    /// Checks a block that holds what only members make.
    ///
    /// - Returns: Whether it is such a block; while a change is due no other one is valid.
    func checkOwnEnvelope(_ candidate: CandidateBlock, after position: ChainPosition, rules: ReplayRules) throws(CandidateFault) -> Bool {
        let change = self.governance.dueChange
        guard candidate.block.envelopes.count == 1, let serialized = candidate.block.envelopes.first,
            let envelope = try? Envelope(serialized: serialized)
        else {
            guard change == nil else { throw .changeIsDue }
            return false
        }
        if let change {
            guard let config = ConfigurationBlock.configEnvelope(in: envelope) else { throw .changeIsDue }
            guard config.header.channelID == self.bundle.channelID, envelope.serialized() == serialized else { throw .envelopeForm(index: 0) }
            do {
                try change.check(configEnvelope: config.data)
            } catch {
                throw .configuration(reason: "\(error)")
            }
            try self.checkSigner(config.signer.creator, of: envelope, is: candidate.header.proposer)
            return true
        }
        if ConfigurationBlock.configEnvelope(in: envelope) != nil {
            try self.checkConfiguration(envelope, serialized, in: candidate, after: position, rules: rules)
            return true
        }
        guard let beat = HeartbeatEnvelope(serialized) else { return false }
        guard let due = rules.heartbeatDue(after: position), candidate.header.timeMs >= due else { throw .heartbeatTooEarly }
        guard beat.height == candidate.height, beat.channel == self.bundle.channelID, beat.hasDerivedID, envelope.serialized() == serialized else {
            throw .envelopeForm(index: 0)
        }
        try self.checkSigner(beat.creator, of: envelope, is: candidate.header.proposer)
        if let fault = self.governance.fault(in: [serialized], height: candidate.height, proposer: candidate.header.proposer) {
            throw .envelope(index: 0, .governance(reason: fault.reason))
        }
        return true
    }

    func checkSigner(_ creator: [UInt8], of envelope: Envelope, is proposer: UInt32) throws(CandidateFault) {
        guard let identity = try? self.bundle.membership.verify(envelope.signature, of: envelope.payload, by: creator),
            self.isMember(proposer, identity)
        else { throw .foreignEnvelope }
    }
}

/// The one envelope of a heartbeat block, as it claims to be (consensus 0.1, 1.12).
struct HeartbeatEnvelope {
    let height: UInt64
    let creator: [UInt8]
    let channel: ChannelID
    let hasDerivedID: Bool

    /// - Returns: nil for anything else.
    init?(_ serialized: [UInt8]) {
        guard case .governance(.heartbeat(let height), let creator) = GovernanceEnvelope.read(serialized), let parts = EnvelopeParts(serialized)
        else { return nil }
        self.height = height
        self.creator = creator
        self.channel = parts.header.channelID
        self.hasDerivedID = parts.hasDerivedID
    }
}
