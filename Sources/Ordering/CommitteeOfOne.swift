import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// The development consenter: one member who decides alone, in the block form of a full committee (consensus 0.1).
///
/// It signs exactly what a member of a larger committee signs, so blocks and their readers do not change when the committee grows.
package struct CommitteeOfOne: BlockConsenter {
    private static let validationPolicy = "/Channel/Orderer/BlockValidation"

    private let identity: SigningIdentity
    private let consenter: UInt32
    /// The serialised `common.IdentifierHeader` with field 1 alone.
    private let identifierHeader: [UInt8]
    private let committeeHash: [UInt8]
    /// The configuration in force.
    private var bundle: ChannelBundle
    package private(set) var position: ChainPosition
    /// The last block's certificate as slot 3 of the next block; empty after a block that has none.
    private var parentCertificate: [UInt8]
    package private(set) var signingGuard: SigningGuard

    package var unavailability: String? { nil }

    /// Continues a chain after its last block, which may be block 0.
    ///
    /// - Parameters:
    ///   - bundle: The configuration in force after that block.
    ///   - lastBlock: The newest block of the node's own ledger; it was verified when it was stored.
    ///   - chain: The header hash of block 0.
    ///   - signingGuard: As stored last; nil for a node that has never signed.
    package init(
        identity: SigningIdentity, bundle: ChannelBundle, after lastBlock: OrderedBlock, chain: [UInt8], signingGuard: SigningGuard?
    ) throws(OrderingError) {
        let member = try Self.member(identity, of: bundle)
        self.identity = identity
        self.consenter = member.consenter
        self.committeeHash = CommitteeHashFormat.hash(epoch: 0, members: [member])
        self.bundle = bundle
        var identifier = Common_IdentifierHeader()
        identifier.identifier = member.consenter
        self.identifierHeader = identifier.encoded()
        do throws(MessageError) {
            self.position = try ChainPosition(after: lastBlock, chain: chain)
            self.parentCertificate = self.position.metadata == nil ? [] : try Self.certificate(of: lastBlock)
        } catch {
            throw .unusableLastBlock(lastBlock.number, reason: error.description)
        }
        guard self.position.chain == chain else {
            throw .unusableLastBlock(lastBlock.number, reason: "it is the first block of another chain")
        }
        var record = signingGuard ?? SigningGuard(chain: chain, consenter: member.consenter)
        guard record.consenter == member.consenter else { throw .foreignGuard }
        try record.resume(at: self.position)
        self.signingGuard = record
    }

    package mutating func order(_ batch: Batch, now: Timestamp) throws(OrderingError) -> [Decision] {
        let successor = batch.isConfiguration ? try self.successor(in: batch.envelopes[0]) : nil
        if batch.envelopes.isEmpty { throw .emptyBatch }
        guard let number = self.position.number.next else { throw .exhausted(self.position.number) }
        let unsigned = OrderedBlock(number: number, previousHash: self.position.headerHash, envelopes: batch.envelopes.map(\.serialized))
        let header = try self.extendedHeader(of: unsigned, now: now)
        let headerBytes = unsigned.headerBytes
        // Claimed before the key is used: a signature that exists is never unknown to the guard.
        try self.signingGuard.claim(number, blockID: ExtendedHeaderFormat.blockID(blockHeader: headerBytes, header: header))
        let metadata = OrdererBlockMetadata(
            lastConfig: successor == nil ? self.position.lastConfig : number.rawValue,
            consenterMetadata: ExtendedHeaderFormat.encode(ConsenterMetadata(header: header, round: 0)))
        let value = metadata.serialized()
        let signature: [UInt8]
        do {
            signature = try self.identity.sign(value + self.identifierHeader + headerBytes)
        } catch {
            throw .signing(error)
        }
        let signer = BlockSignatures.Signer.consenter(self.consenter, header: self.identifierHeader)
        let signatures = BlockSignatures(value: value, entries: [BlockSignatures.Entry(signer: signer, signature: signature)])
        let block = unsigned.with(.signatures, signatures.slot()).with(.lastConfig, metadata.lastConfigSlot)
            .with(.orderer, self.parentCertificate)
        do throws(MessageError) {
            self.parentCertificate = try Self.certificate(of: block)
            self.position = try ChainPosition(after: block, chain: self.position.chain)
        } catch {
            throw .unusableLastBlock(number, reason: error.description)
        }
        if let successor { self.bundle = successor }
        return [Decision(block: block, batch: batch, signingGuard: self.signingGuard)]
    }

    /// The next configuration, which must leave this consenter in office: a committee of one has nobody to hand over to.
    package func configuration(_ transaction: ConfigurationTransaction, now: Timestamp) throws(BroadcastRefusal) -> Envelope {
        let member = try? Self.member(self.identity, of: transaction.bundle)
        guard let member, CommitteeHashFormat.hash(epoch: 0, members: [member]) == self.committeeHash else {
            throw .refusedUpdate(
                .forbiddenChange(
                    ConfigurationElement(.value, "/Channel/Orderer/Orderers"),
                    reason: "this ordering service has one member, which must stay the channel's only consenter with the key that it has"))
        }
        // A request leads to one configuration only, so its hash is nonce enough.
        let nonce = Array(SHA256.hash(concatenating: self.position.chain, transaction.configEnvelope).prefix(24))
        do {
            return try transaction.envelope(signer: self.identity, nonce: nonce, timestamp: now)
        } catch {
            throw .unavailable(reason: OrderingError.signing(error).description)
        }
    }

    private func successor(in envelope: CheckedEnvelope) throws(OrderingError) -> ChannelBundle {
        guard let message = try? Envelope(serialized: envelope.serialized), let config = ConfigurationBlock.configEnvelope(in: message),
            let successor = try? self.bundle.successor(verifying: config.data, strictness: .ordering)
        else { throw .configurationUpdate }
        return successor
    }

    private func extendedHeader(of block: OrderedBlock, now: Timestamp) throws(OrderingError) -> ExtendedHeader {
        guard let count = UInt32(exactly: block.envelopes.count), let sequence = self.position.nextSequence, self.position.timeMs < .max else {
            throw .exhausted(self.position.number)
        }
        return ExtendedHeader(
            chain: self.position.chain, height: block.number.rawValue, parentID: self.position.blockID,
            parentCommitHash: CommitCertificateFormat.hash(ofSlot: self.parentCertificate), txRoot: TransactionTree.root(of: block.envelopes),
            txCount: count, txSeqBase: sequence, timeMs: max(now.millisecondsSince1970, self.position.timeMs + 1), proposer: self.consenter,
            committeeHash: self.committeeHash, configSeq: self.bundle.sequence)
    }

    private static func certificate(of block: OrderedBlock) throws(MessageError) -> [UInt8] {
        guard let bytes = CommitCertificateFormat.encode(try CommitCertificate(of: block)) else {
            throw MessageError(part: "block signatures", reason: "cannot be written as a certificate")
        }
        return bytes
    }

    /// The one member of the committee, when the identity is that.
    private static func member(_ identity: SigningIdentity, of bundle: ChannelBundle) throws(OrderingError) -> CommitteeHashFormat.Member {
        guard bundle.consenters.count == 1, let consenter = bundle.consenters.first else {
            throw .notTheCommittee(
                reason: "its consensus type is \(bundle.consensusType) with \(bundle.consenters.count) members, this version signs for BFT with one")
        }
        guard consenter.id > 0 else { throw .notTheCommittee(reason: "consenter ids begin at 1") }
        let verified: VerifiedIdentity
        let result: PolicyResult
        do {
            verified = try bundle.membership.identity(consenter.serializedIdentity)
            result = try bundle.evaluate(policy: Self.validationPolicy, identities: [verified])
        } catch {
            throw .notTheCommittee(reason: "\(error)")
        }
        guard verified.publicKey == identity.certificate.publicKey, consenter.mspID == identity.mspID else {
            throw .notTheCommittee(reason: "the channel's consenter \(consenter.id) has another certificate than \(identity)")
        }
        if case .unsatisfied(let missing) = result { throw .notTheCommittee(reason: "its signature does not satisfy BlockValidation: \(missing)") }
        return CommitteeHashFormat.Member(consenter: consenter.id, mspID: consenter.mspID, publicKey: verified.publicKey.spkiDER)
    }
}
