import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel

/// A chain of blocks that a committee signs with real keys and that changes its committee; written without the ordering service's code.
package struct CommitteeChain {
    /// A block in the making: everything that a test may want to change of it before it is signed.
    package struct Draft {
        package var envelopes: [[UInt8]]
        package var header: ExtendedHeader
        package var lastConfig: UInt64
        /// Consenter ids of those who sign; ascending.
        package var signers: [UInt32]
        package var parentCertificate: [UInt8]
    }

    package let members: CommitteeMembers
    package private(set) var blocks: [OrderedBlock]
    /// In office after the last block.
    package private(set) var bundle: ChannelBundle
    package private(set) var position: ChainPosition
    private var nonce: UInt8 = 0

    package init(members: CommitteeMembers, committee ids: [UInt32]) throws {
        let genesis = try members.genesis(committee: ids)
        self.members = members
        self.blocks = [genesis]
        self.bundle = try ChannelBundle(block: genesis)
        self.position = ChainPosition(genesis: genesis)
    }

    /// The consenter ids of a quorum of the committee in office, the first ones.
    package var quorum: [UInt32] { Array(self.committee.sorted().prefix(CommitteeQuorum.size(of: self.committee.count))) }

    package var committee: [UInt32] { self.bundle.consenters.map(\.id) }

    /// Adds a block of two envelopes for the reserved contract.
    @discardableResult
    package mutating func append(_ change: (inout Draft) throws -> Void = { _ in }) throws -> OrderedBlock {
        let block = try self.block(change)
        try self.add(block, successor: nil)
        return block
    }

    /// The block that `append` would add.
    package func block(_ change: (inout Draft) throws -> Void = { _ in }) throws -> OrderedBlock {
        let number = self.position.number.rawValue + 1
        var draft = try self.draft([
            self.members.governanceEnvelope("\(number) a"), self.members.governanceEnvelope("\(number) b", endorsers: [self.members.peer]),
        ])
        try change(&draft)
        return try self.signed(draft)
    }

    /// Adds the configuration block that puts another committee into office.
    @discardableResult
    package mutating func change(to ids: [UInt32], isNewEpoch: Bool = false) throws -> OrderedBlock {
        let (block, successor) = try self.changeBlock(to: ids, isNewEpoch: isNewEpoch)
        try self.add(block, successor: successor)
        return block
    }

    /// The block that `change` would add, and the configuration in it.
    package func changeBlock(
        to ids: [UInt32], isNewEpoch: Bool = false, consents: [UInt32]? = nil, _ change: (inout Draft) throws -> Void = { _ in }
    ) throws -> (OrderedBlock, ChannelBundle) {
        let update = try CommitteeChange(
            from: self.bundle, to: self.members.consenters(ids), organizations: self.members.organizations(ids))
        let signatures = try (consents ?? self.quorum).enumerated().compactMap { index, id in
            try self.members.identities[id].map { try update.signature(by: $0, nonce: [UInt8(index)]) }
        }
        let proposer = try self.identity(self.quorum[0])
        let request = try ConfigurationUpdate(updateBytes: update.updateBytes, signatures: signatures).envelope(
            channel: CommitteeMembers.channel, sender: proposer, nonce: [1], timestamp: CommitteeMembers.time)
        let data = ConfigurationTransaction.configEnvelope(update.successor.config, lastUpdate: request)
        let payload = Payload(
            channelHeaderBytes: ChannelHeader(
                kind: .config, timestamp: CommitteeMembers.time, channelID: CommitteeMembers.channel, transactionID: ""
            ).serialized(), signatureHeaderBytes: SignatureHeader(creator: proposer.serialized, nonce: [2]).serialized(), data: data
        ).serialized()
        var draft = try self.draft([Envelope(payload: payload, signature: try proposer.sign(payload)).serialized()])
        draft.lastConfig = draft.header.height
        draft.header.nextCommitteeHash = try Self.committeeHash(update.successor, epoch: draft.header.epoch + (isNewEpoch ? 1 : 0))
        try change(&draft)
        return (try self.signed(draft), update.successor)
    }

    package static func committeeHash(_ bundle: ChannelBundle, epoch: UInt64) throws -> [UInt8] {
        let members = try bundle.consenters.map {
            CommitteeHashFormat.Member(
                consenter: $0.id, mspID: $0.mspID, publicKey: try bundle.membership.identity($0.serializedIdentity).publicKey.spkiDER)
        }
        return CommitteeHashFormat.hash(epoch: epoch, members: members)
    }

    // MARK: - Making

    private func draft(_ envelopes: [[UInt8]]) throws -> Draft {
        let last = self.blocks[self.blocks.count - 1]
        let certificate = last.number == 0 ? [] : CommitCertificateFormat.encode(try CommitCertificate(of: last)) ?? []
        let parent = self.position.metadata?.header
        // An epoch ends where the parent has named the same or another committee under the next epoch.
        let formerEpoch = parent?.epoch ?? 0
        let announced = parent?.nextCommitteeHash ?? ExtendedHeader.zeroHash
        let sameEpoch = try Self.committeeHash(self.bundle, epoch: formerEpoch)
        let isNewEpoch = announced != ExtendedHeader.zeroHash && announced != sameEpoch
        let epoch = formerEpoch + (isNewEpoch ? 1 : 0)
        let header = ExtendedHeader(
            chain: self.position.chain, epoch: epoch, height: self.position.number.rawValue + 1, parentID: self.position.blockID,
            parentCommitHash: CommitCertificateFormat.hash(ofSlot: certificate), txRoot: TransactionTree.root(of: envelopes),
            txCount: UInt32(envelopes.count), txSeqBase: self.position.nextSequence ?? 0, timeMs: self.position.timeMs + 1,
            proposer: self.quorum[0], committeeHash: try Self.committeeHash(self.bundle, epoch: epoch), configSeq: self.bundle.sequence)
        return Draft(
            envelopes: envelopes, header: header, lastConfig: self.position.lastConfig, signers: self.quorum, parentCertificate: certificate)
    }

    private func signed(_ draft: Draft) throws -> OrderedBlock {
        let metadata = OrdererBlockMetadata(
            lastConfig: draft.lastConfig, consenterMetadata: ExtendedHeaderFormat.encode(ConsenterMetadata(header: draft.header, round: 0)))
        let value = metadata.serialized()
        let unsigned = OrderedBlock(
            number: BlockNumber(self.position.number.rawValue + 1), previousHash: self.position.headerHash, envelopes: draft.envelopes)
        let entries = try draft.signers.map { id in
            var identifier = Common_IdentifierHeader()
            identifier.identifier = id
            let header = identifier.encoded()
            return BlockSignatures.Entry(
                signer: .consenter(id, header: header), signature: try self.identity(id).sign(value + header + unsigned.headerBytes))
        }
        return unsigned.with(.signatures, BlockSignatures(value: value, entries: entries).slot()).with(.lastConfig, metadata.lastConfigSlot)
            .with(.orderer, draft.parentCertificate)
    }

    private func identity(_ id: UInt32) throws -> SigningIdentity {
        guard let identity = self.members.identities[id] else { throw UnknownMember(id: id) }
        return identity
    }

    private mutating func add(_ block: OrderedBlock, successor: ChannelBundle?) throws {
        self.position = try ChainPosition(after: block, chain: self.position.chain)
        self.blocks.append(block)
        if let successor { self.bundle = successor }
    }
}

/// A test asks for a member that was never made.
package struct UnknownMember: Error {
    package let id: UInt32

    package init(id: UInt32) { self.id = id }
}
