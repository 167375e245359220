import CryptoPrimitives
import Identity
import LedgerModel

/// Where a governance transaction stands.
package struct GovernanceContext: Sendable {
    /// The height of the block.
    package let height: UInt64
    /// Consenter id of the block's proposer, as its header says.
    package let proposer: UInt32
    /// Whether the block holds nothing else.
    package let isAlone: Bool
    package let decided: any DecidedChain
    package let proofs: (any StateProofChecking)?

    package init(height: UInt64, proposer: UInt32, isAlone: Bool, decided: any DecidedChain, proofs: (any StateProofChecking)? = nil) {
        self.height = height
        self.proposer = proposer
        self.isAlone = isAlone
        self.decided = decided
        self.proofs = proofs
    }
}

/// The validity predicate (consensus 1.12, 2.1): a pure function of bytes, this state and the decided chain.
extension ControlPlane {
    /// Judges a block's envelopes in their order; each that may stand is taken in before the next is judged.
    ///
    /// A proposer leaves those out that are refused. In a block that somebody else proposed there must be none.
    package func refusals(
        in envelopes: [[UInt8]], height: UInt64, proposer: UInt32, decided: any DecidedChain, proofs: (any StateProofChecking)? = nil
    ) -> [(index: Int, refusal: GovernanceRefusal)] {
        var trial = self
        trial.beginBlock()
        var refusals: [(index: Int, refusal: GovernanceRefusal)] = []
        let context = GovernanceContext(
            height: height, proposer: proposer, isAlone: envelopes.count == 1, decided: decided, proofs: proofs)
        var events: [GovernanceEvent] = []
        for (index, envelope) in envelopes.enumerated() {
            if let refusal = trial.judge(envelope, context, &events) { refusals.append((index, refusal)) }
        }
        return refusals
    }

    /// Judges one envelope and takes it in unless it is refused.
    mutating func judge(_ envelope: [UInt8], _ context: GovernanceContext, _ events: inout [GovernanceEvent]) -> GovernanceRefusal? {
        if self.isHalted { return .halted }
        switch GovernanceEnvelope.read(envelope) {
        case .other:
            guard self.isWarmingUp(context.height), EnvelopeParts(envelope)?.header.kind != .config else { return nil }
            return .warmingUp(height: context.height, threshold: self.settings.serviceThreshold)
        case .malformed(let error): return .malformed(error)
        case .governance(let transaction, let creator):
            do throws(GovernanceRefusal) {
                try self.take(transaction, creator: creator, context, &events)
                return nil
            } catch {
                return error
            }
        }
    }

    /// Why one transaction may not stand in a block whose earlier transactions are applied; nil when it may.
    package func refusal(of transaction: GovernanceTransaction, creator: [UInt8], in context: GovernanceContext) -> GovernanceRefusal? {
        var trial = self
        var events: [GovernanceEvent] = []
        do throws(GovernanceRefusal) {
            if self.isHalted { throw .halted }
            try trial.take(transaction, creator: creator, context, &events)
            return nil
        } catch {
            return error
        }
    }

    mutating func take(
        _ transaction: GovernanceTransaction, creator: [UInt8], _ context: GovernanceContext, _ events: inout [GovernanceEvent]
    ) throws(GovernanceRefusal) {
        switch transaction {
        case .registerCandidate(let certificate, let action): try self.register(certificate, action, context, &events)
        case .rotateKey(let rotation): try self.rotate(rotation)
        case .resign(let resignation): try self.resign(resignation, &events)
        case .openElection(let opening): try self.open(opening, context, &events)
        case .election(let action): try self.act(action, context, &events)
        case .evidence(let item): try self.charge(item, context, &events)
        case .heartbeat(let height): try self.checkHeartbeat(height, creator: creator, context)
        }
    }

    // MARK: - Keys

    /// The key of a certificate that may become a member's consensus key.
    func consensusKey(in certificate: [UInt8], of member: MSPID) throws(GovernanceRefusal) -> PublicKey {
        let identity: VerifiedIdentity
        do throws(IdentityError) {
            identity = try self.bundle.membership.identity(SerializedIdentity(mspID: member, certificatePEM: certificate).serialized())
        } catch {
            throw .certificate(member, reason: "\(error)")
        }
        guard identity.role == .orderer else { throw .certificate(member, reason: "it is not of the organisational unit 'orderer'") }
        guard identity.publicKey.algorithm == .p256 else { throw .certificate(member, reason: "its key is not on P-256") }
        return identity.publicKey
    }

    private mutating func rotate(_ rotation: KeyRotation) throws(GovernanceRefusal) {
        let member = rotation.member
        guard let seat = self.settings.seat(of: member), let standing = self.members[member] else { throw .notAMember(member) }
        guard standing.key > 0, self.epoch.place(of: member) != nil else { throw .notInOffice(member) }
        let key = try self.consensusKey(in: rotation.certificate, of: member)
        guard !self.isUsed(key.x963) else { throw .keyInUse(member) }
        // Each key stays on a list for ever, so nobody may add them at will.
        guard standing.nextKey == 0 else { throw .alreadyRotated(member) }
        let transaction = GovernanceTransaction.rotateKey(rotation)
        try self.verify(rotation.memberSignature, of: transaction, by: .rotation, key: seat.identityKey, name: member.text)
        try self.verify(rotation.possession, of: transaction, by: .possession, key: key.x963, name: "the new key of \(member)")
        guard let id = self.addKey(key.x963, certificate: rotation.certificate, of: member, at: rotation.endpoint) else { throw .keyInUse(member) }
        self.members[member]?.nextKey = id
    }

    private mutating func resign(_ resignation: Resignation, _ events: inout [GovernanceEvent]) throws(GovernanceRefusal) {
        let member = resignation.member
        guard let seat = self.settings.seat(of: member), let standing = self.members[member] else { throw .notAMember(member) }
        guard resignation.epoch == self.epoch.number else { throw .otherEpoch(named: resignation.epoch, now: self.epoch.number) }
        guard self.epoch.place(of: member) != nil || self.pending?.record.place(of: member) != nil else { throw .notInOffice(member) }
        guard !standing.hasResigned, !self.epoch.leaving.contains(member) else { throw .alreadyResigned(member) }
        let held = self.epoch.place(of: member) != nil ? standing.key : self.pending?.keys[member] ?? 0
        guard resignation.consenter == held else { throw .otherKey(named: resignation.consenter, now: held) }
        try self.verify(resignation.signature, of: .resign(resignation), by: .resignation, key: seat.identityKey, name: member.text)
        self.members[member]?.hasResigned = true
        events.append(.resigned(member))
    }

    func verify(
        _ signature: [UInt8], of transaction: GovernanceTransaction, by signer: GovernanceTransactionFormat.Signer, key: [UInt8], name: String
    ) throws(GovernanceRefusal) {
        let bytes = GovernanceTransactionFormat.signed(transaction, by: signer, chain: self.chain)
        guard let key = try? PublicKey(x963: key), key.isValid(signature: signature, for: bytes) else { throw .wrongSignature(of: name) }
    }

    // MARK: - Heartbeats

    private func checkHeartbeat(_ height: UInt64, creator: [UInt8], _ context: GovernanceContext) throws(GovernanceRefusal) {
        guard height == context.height else { throw .heartbeat("it is for height \(height)") }
        guard context.isAlone else { throw .heartbeat("a block with other envelopes needs none") }
        guard let key = self.keys[context.proposer], let identity = try? self.bundle.membership.identity(creator),
            identity.mspID == key.member, identity.publicKey.x963 == key.publicKey
        else { throw .heartbeat("its creator is not the proposer of the block") }
    }
}
