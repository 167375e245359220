import ChannelConfiguration
import ConfigurationText
import FabricMessages
import Identity
import LedgerModel

/// Configurations: trees, the bundle made of one, updates and their application, endorsement policies, and policies as text.
struct ConfigurationTarget {
    let channel: FuzzChannel
    let probe: FuzzProbe

    func offer(_ bytes: [UInt8]) throws(FuzzFinding) {
        try self.offerPolicies(bytes)
        try self.offerText(bytes)
        try self.offerEnvelope(bytes)
        if let update = try self.probe.attempt({ try ConfigurationUpdate(serialized: bytes) }) { try self.apply(update) }
        if let envelope = try? Envelope(serialized: bytes), !envelope.payload.isEmpty {
            if let update = try self.probe.attempt({ try ConfigurationUpdate(envelope: envelope) }) { try self.apply(update) }
            let made = try self.probe.attempt { try ConfigurationTransaction(request: envelope, to: self.channel.bundle) }
            if let made {
                let verified = try self.probe.attempt {
                    try self.channel.bundle.successor(verifying: made.configEnvelope)
                }
                try self.probe.expect(verified != nil, "what an orderer makes of an update is what a peer expects")
            }
        }
    }

    private func offerEnvelope(_ bytes: [UInt8]) throws(FuzzFinding) {
        if let bundle = try self.probe.attempt({
            try ChannelBundle(configEnvelope: bytes, channelID: FuzzChannel.name, verifier: ToySignatures())
        }) {
            try self.ask(bundle)
        }
        _ = try self.probe.attempt { try self.channel.bundle.successor(verifying: bytes) }
        if let update = try self.probe.attempt({ try ConfigurationTransaction.update(in: bytes) }) { try self.apply(update) }
        guard let envelope = try? Common_ConfigEnvelope.decode(bytes, as: "configuration envelope"), envelope.hasConfig else { return }
        for (old, new) in [(self.channel.bundle.config, envelope.config), (envelope.config, self.channel.bundle.config)] {
            let update = try self.probe.attempt { try ConfigurationUpdate.compute(from: old, to: new, channelID: FuzzChannel.name) }
            if let update { try self.apply(update) }
        }
    }

    private func apply(_ update: ConfigurationUpdate) throws(FuzzFinding) {
        for strictness in [ConfigurationUpdate.Strictness.ordering, .replay] {
            let successor = try self.probe.attempt { try self.channel.bundle.successor(applying: update, strictness: strictness) }
            if let successor { try self.ask(successor) }
        }
    }

    /// Asks a bundle what nodes ask of it.
    private func ask(_ bundle: ChannelBundle) throws(FuzzFinding) {
        let people = ([self.channel.client] + self.channel.peers).compactMap { try? bundle.membership.identity($0) }
        self.probe.note(people.count)
        for path in bundle.policyPaths {
            if let result = try self.probe.attempt({ try bundle.evaluate(policy: path, identities: people) }) {
                self.probe.note(result.isSatisfied ? 1 : 0)
            }
            if let policy = bundle.signaturePolicy(path) { self.probe.note(policy.satisfyingSets(limit: 8).count) }
        }
        _ = try self.probe.attempt { try bundle.committeeHash(epoch: 1) }
        self.probe.note(bundle.ordererEndpoints.count)
        self.probe.note(bundle.policyPath(forResource: "peer/Propose", fallback: "/Channel/Application/Writers").utf8.count)
        for consenter in bundle.consenters { self.probe.note(bundle.consenter(id: consenter.id)?.port ?? 0) }
    }

    private func offerText(_ bytes: [UInt8]) throws(FuzzFinding) {
        guard let document = try self.probe.attempt({ try ConfigurationDocument(text: String(decoding: bytes, as: UTF8.self)) }) else { return }
        self.probe.note(document.yaml.utf8.count)
        self.probe.note(document.json.utf8.count)
    }

    private func offerPolicies(_ bytes: [UInt8]) throws(FuzzFinding) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let policy = try self.probe.attempt({ try SignaturePolicy(text: text) }) { try self.ask(policy) }
        if let policy = try self.probe.attempt({ try SignaturePolicy(envelope: bytes) }) { try self.ask(policy) }
        guard let policy = try self.probe.attempt({ try EndorsementPolicy(serialized: bytes) }) else { return }
        let again = try self.probe.attempt { try EndorsementPolicy(serialized: policy.serialized()) }
        try self.probe.expect(again == policy, "an endorsement policy is the same after writing and reading")
        _ = try self.probe.attempt { try self.channel.bundle.evaluate(policy, identities: []) }
        if case .signature(let policy) = policy { try self.ask(policy) }
    }

    private func ask(_ policy: SignaturePolicy) throws(FuzzFinding) {
        let again = try self.probe.attempt { try SignaturePolicy(envelope: policy.envelope()) }
        try self.probe.expect(again == policy, "a signature policy is the same after writing and reading")
        let people = self.channel.bundle.membership.acceptedIdentities(
            self.channel.peers.map { SignedMessage(identity: $0, message: [], signature: ToySignatures.good) })
        let result = policy.evaluate(people)
        try self.probe.expect(result.isSatisfied == policy.isSatisfied(by: people), "a policy answers the same with words and without")
        self.probe.note(policy.satisfyingSets(limit: 8).count)
    }
}
