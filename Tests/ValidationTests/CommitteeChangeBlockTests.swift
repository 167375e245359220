import ChannelConfiguration
import CommitteeTestSupport
import Identity
import LedgerModel
import Testing

@testable import Validation

/// Chains whose committee changes, with real keys throughout.
@Suite struct CommitteeChangeBlockTests {
    static let members = Result { try CommitteeMembers() }

    /// One replaced, one more, one fewer.
    static let changes: [[UInt32]] = [[1, 2, 3, 5], [1, 2, 3, 4, 5], [1, 2, 4]]

    private func chain(_ committee: [UInt32] = [1, 2, 3, 4]) throws -> CommitteeChain {
        var chain = try CommitteeChain(members: Self.members.get(), committee: committee)
        try chain.append()
        return chain
    }

    /// What follows a chain block by block, as a peer does.
    private struct Follower {
        var authority: BlockAuthority
        var position: ChainPosition
        var state = MemoryState()

        init(_ genesis: OrderedBlock) throws {
            let outcome = try BlockValidator.acceptGenesis(genesis)
            self.authority = BlockAuthority(try ChannelBundle(block: genesis))
            self.position = ChainPosition(genesis: genesis)
            self.state.commit(outcome.block)
        }

        func error(_ block: OrderedBlock) -> BlockVerificationError? {
            do throws(BlockVerificationError) {
                try BlockVerifier(self.authority, form: .canonical).verify(block, after: self.position)
                return nil
            } catch {
                return error
            }
        }

        @discardableResult
        mutating func take(_ block: OrderedBlock) async throws -> [ValidationCode] {
            try BlockVerifier(self.authority, form: .canonical).verify(block, after: self.position)
            // What our verifier takes, a stock one takes too.
            try BlockVerifier(self.authority, form: .fabric).verify(block, after: self.position)
            let outcome = try await BlockValidator(bundle: self.authority.bundle).validate(
                block, state: self.state, transactions: self.state, previousCommitHash: self.state.commitHash)
            self.state.commit(outcome.block)
            self.authority = self.authority.after(newBundle: outcome.newBundle)
            self.position = try ChainPosition(after: block, chain: self.position.chain)
            return outcome.block.codes
        }
    }

    private func follower(_ chain: CommitteeChain) async throws -> Follower {
        var follower = try Follower(chain.blocks[0])
        for block in chain.blocks.dropFirst() { try await follower.take(block) }
        return follower
    }

    private func reason(_ error: BlockVerificationError?) -> String? {
        if case .notCanonical(_, let reason) = error { reason } else { nil }
    }

    @Test(arguments: changes)
    func `a change of the committee is followed: the old one signs it, the new one signs on`(to committee: [UInt32]) async throws {
        var chain = try self.chain()
        let change = try chain.change(to: committee)
        let old = try await self.follower(chain).authority.parentBundle
        #expect(old.consenters.map(\.id) == [1, 2, 3, 4])
        try chain.append()
        try chain.append()
        var follower = try Follower(chain.blocks[0])
        var codes: [[ValidationCode]] = []
        for block in chain.blocks.dropFirst() { codes.append(try await follower.take(block)) }
        #expect(
            codes == [[.invalidChaincode, .invalidChaincode], [.valid]] + [
                [.invalidChaincode, .invalidChaincode], [.invalidChaincode, .invalidChaincode],
            ])
        #expect(follower.authority.bundle.consenters.map(\.id) == committee)
        #expect(follower.authority.bundle.sequence == 1)
        #expect(follower.position.lastConfig == change.number.rawValue)
    }

    @Test func `many changes in a row are followed, directly after one another and across epochs`() async throws {
        var chain = try self.chain()
        for (index, committee) in [[1, 2, 3, 5], [1, 2, 3, 5, 6], [2, 3, 5, 6], [2, 3, 4], [4], [1, 4]].enumerated() {
            try chain.change(to: committee.map(UInt32.init), isNewEpoch: index % 2 == 1)
            if index % 3 == 0 { try chain.append() }
        }
        // An epoch may also end with the same committee.
        let bundle = chain.bundle
        let epoch = try #require(chain.position.metadata?.header.epoch)
        try chain.append()
        let before = try #require(chain.position.metadata?.header.epoch)
        #expect(before == epoch + 1)
        try chain.append { $0.header.nextCommitteeHash = try CommitteeChain.committeeHash(bundle, epoch: before + 1) }
        try chain.append()
        #expect(chain.position.metadata?.header.epoch == before + 1)
        let follower = try await self.follower(chain)
        #expect(follower.authority.bundle.sequence == 6)
        #expect(follower.position.number == chain.blocks.last?.number)
    }

    @Test(arguments: changes)
    func `after the change a block of the old committee is refused`(to committee: [UInt32]) async throws {
        var chain = try self.chain()
        try chain.change(to: committee)
        let follower = try await self.follower(chain)
        let old: [UInt32] = [2, 3, 4]
        #expect(follower.error(try chain.block()) == nil)
        #expect(follower.error(try chain.block { $0.signers = old }) != nil)
        // Not even when the old committee writes its own name.
        let bundle = follower.authority.parentBundle
        let renamed = try chain.block {
            $0.signers = old
            $0.header.committeeHash = try CommitteeChain.committeeHash(bundle, epoch: 0)
        }
        #expect(self.reason(follower.error(renamed)) == "committeeHash of its extended header is wrong")
        let outdated = try chain.block { $0.header.configSeq = 0 }
        #expect(self.reason(follower.error(outdated)) == "configSeq of its extended header is wrong")
        let former = try chain.block { $0.lastConfig = 0 }
        #expect(self.reason(follower.error(former)) == "it names block 0 as the last configuration, which is 2")
    }

    @Test func `the certificate of a configuration block is held against the committee that signed it`() async throws {
        var chain = try self.chain()
        try chain.change(to: [3, 4, 5, 6])
        let follower = try await self.follower(chain)
        #expect(follower.error(try chain.block()) == nil)
        // Who forgets the former committee finds strangers in the certificate.
        var forgetful = follower
        forgetful.authority = BlockAuthority(follower.authority.bundle)
        #expect(self.reason(forgetful.error(try chain.block())) == "slot 3 names a signer outside the committee")
        // A certificate by the new committee over the configuration block is worth nothing.
        let change = chain.blocks[2]
        let certificate = try CommitCertificate(of: change)
        let signatures = try BlockSignatures(slot: change.metadata(.signatures))
        let entries = try [3, 4, 5].map { (id: UInt32) in
            let entry = BlockSignatures.Entry(signer: .consenter(id, header: [0x08, UInt8(id)]), signature: [])
            let signature = try #require(chain.members.identities[id]).sign(signatures.signedBytes(of: entry, blockHeader: change.headerBytes))
            return CommitCertificate.Entry(consenter: id, signature: signature)
        }
        let forged = CommitCertificate(height: certificate.height, round: certificate.round, blockID: certificate.blockID, entries: entries)
        let slot = try #require(CommitCertificateFormat.encode(forged))
        let block = try chain.block {
            $0.parentCertificate = slot
            $0.header.parentCommitHash = CommitCertificateFormat.hash(ofSlot: slot)
        }
        #expect(self.reason(follower.error(block)) == "slot 3 names a signer outside the committee")
        // One block later nobody of the former committee counts any more.
        try chain.append()
        let later = try await self.follower(chain)
        #expect(later.authority.parentBundle.consenters.map(\.id) == [3, 4, 5, 6])
        #expect(later.error(try chain.block()) == nil)
    }

    @Test func `the new committee cannot sign its own way into office`() async throws {
        let chain = try self.chain()
        let follower = try await self.follower(chain)
        let (good, _) = try chain.changeBlock(to: [3, 4, 5, 6])
        #expect(follower.error(good) == nil)
        let (own, _) = try chain.changeBlock(to: [3, 4, 5, 6]) { $0.signers = [3, 4, 5, 6] }
        #expect(follower.error(own) != nil)
        let (renamed, _) = try chain.changeBlock(to: [3, 4, 5, 6]) {
            $0.signers = [3, 4, 5, 6]
            $0.header.committeeHash = $0.header.nextCommitteeHash
        }
        #expect(self.reason(follower.error(renamed)) == "committeeHash of its extended header is wrong")
        let (few, _) = try chain.changeBlock(to: [3, 4, 5, 6]) { $0.signers = [1, 2] }
        guard case .unmetBlockValidation = follower.error(few) else { return #expect(Bool(false)) }
    }

    @Test func `without the consent of a quorum the channel stops, however well the block is signed`() async throws {
        let chain = try self.chain()
        var follower = try await self.follower(chain)
        let (block, _) = try chain.changeBlock(to: [1, 2, 3, 5], consents: [1, 2])
        #expect(follower.error(block) == nil)
        await #expect(throws: BlockValidationError.self) { try await follower.take(block) }
        // Those who are to come in do not count.
        let (stranger, _) = try chain.changeBlock(to: [1, 2, 3, 5], consents: [1, 2, 5])
        await #expect(throws: BlockValidationError.self) { try await follower.take(stranger) }
        #expect(follower.position.number == 1)
        let (good, _) = try chain.changeBlock(to: [1, 2, 3, 5])
        #expect(try await follower.take(good) == [.valid])
    }

    @Test func `a configuration block names the committee that it brings, others name none`() async throws {
        let chain = try self.chain()
        let follower = try await self.follower(chain)
        let zero = ExtendedHeader.zeroHash
        func verdict(_ change: (inout CommitteeChain.Draft) throws -> Void) throws -> String? {
            self.reason(follower.error(try chain.changeBlock(to: [1, 2, 3, 5], change).0))
        }
        let wrong = "nextCommitteeHash of its extended header is wrong"
        #expect(try verdict { $0.header.nextCommitteeHash = zero } == wrong)
        #expect(try verdict { $0.header.nextCommitteeHash = $0.header.committeeHash } == wrong)
        #expect(try verdict { $0.header.nextCommitteeHash = [UInt8](repeating: 1, count: 32) } == wrong)
        #expect(try verdict { $0.lastConfig = 0 } == "it names block 0 as the last configuration, which is 2")
        #expect(try verdict { $0.header.configSeq = 1 } == "configSeq of its extended header is wrong")
        #expect(try verdict { $0.header.epoch = 1 } == "epoch of its extended header is wrong")
        let (_, successor) = try chain.changeBlock(to: [1, 2, 3, 5])
        let other = try CommitteeChain.committeeHash(successor, epoch: 0)
        let named = try chain.block { $0.header.nextCommitteeHash = other }
        #expect(self.reason(follower.error(named)) == wrong)
        let twoEpochs = try CommitteeChain.committeeHash(chain.bundle, epoch: 2)
        #expect(self.reason(follower.error(try chain.block { $0.header.nextCommitteeHash = twoEpochs })) == wrong)
    }

    @Test func `an epoch begins where the block before has said so, and only there`() async throws {
        var chain = try self.chain()
        var follower = try await self.follower(chain)
        func nextEpoch(_ draft: inout CommitteeChain.Draft) throws {
            draft.header.epoch += 1
            draft.header.committeeHash = try CommitteeChain.committeeHash(chain.bundle, epoch: draft.header.epoch)
        }
        #expect(self.reason(follower.error(try chain.block(nextEpoch))) == "epoch of its extended header is wrong")
        let change = try chain.change(to: [1, 2, 3, 5], isNewEpoch: true)
        try await follower.take(change)
        let block = try chain.block()
        #expect(try ChainPosition(after: block, chain: chain.position.chain).metadata?.header.epoch == 1)
        #expect(follower.error(block) == nil)
        let late = try chain.block {
            $0.header.epoch = 0
            $0.header.committeeHash = try CommitteeChain.committeeHash(chain.bundle, epoch: 0)
        }
        #expect(self.reason(follower.error(late)) == "committeeHash of its extended header is wrong")
        #expect(self.reason(follower.error(try chain.block(nextEpoch))) == "epoch of its extended header is wrong")
    }

    @Test func `a configuration block's envelope has one form, and its configuration can be read`() async throws {
        let chain = try self.chain()
        let follower = try await self.follower(chain)
        let (padded, _) = try chain.changeBlock(to: [1, 2, 3, 5]) {
            $0.envelopes[0] += [0x18, 0x01]
            $0.header.txRoot = TransactionTree.root(of: $0.envelopes)
        }
        guard case .malformedEnvelope(2, 0, _) = follower.error(padded) else { return #expect(Bool(false)) }
        let (unreadable, _) = try chain.changeBlock(to: [1, 2, 3, 5]) {
            let payload = Payload(
                channelHeaderBytes: ChannelHeader(
                    kind: .config, timestamp: CommitteeMembers.time, channelID: CommitteeMembers.channel, transactionID: ""
                ).serialized(), signatureHeaderBytes: [], data: [0xFF])
            $0.envelopes = [Envelope(payload: payload.serialized(), signature: [1]).serialized()]
            $0.header.txRoot = TransactionTree.root(of: $0.envelopes)
        }
        #expect(self.reason(follower.error(unreadable))?.hasPrefix("its committee cannot be named") == true)
    }

    // MARK: - Governance

    @Test func `an envelope for the reserved contract gets the code of an undefined chaincode, endorsed or not`() async throws {
        let members = try Self.members.get()
        let bundle = try ChannelBundle(block: members.genesis(committee: [1]))
        func verdicts(_ envelopes: [[UInt8]], _ state: MemoryState = MemoryState()) async throws -> [TransactionVerdict] {
            try await BlockValidator(bundle: bundle).validate(
                OrderedBlock(number: 5, previousHash: [], envelopes: envelopes), state: state, transactions: state, previousCommitHash: []
            ).verdicts
        }
        let found = try await verdicts([
            members.governanceEnvelope("a"), members.governanceEnvelope("b", endorsers: [members.peer]),
            members.envelope("c", chaincode: "undefined", endorsers: [members.peer]),
        ])
        #expect(found.map(\.code.rawValue) == [25, 25, 25])
        #expect(found[0].reason == "namespace 'committee' has no committed definition")
        // Everything that comes before in Fabric's order still comes before.
        var broken = try Envelope(serialized: members.governanceEnvelope("a"))
        broken.signature = [1]
        #expect(try await verdicts([broken.serialized()]).map(\.code) == [.badCreatorSignature])
        var state = MemoryState()
        let outcome = try await BlockValidator(bundle: bundle).validate(
            OrderedBlock(number: 5, previousHash: [], envelopes: [members.governanceEnvelope("a")]), state: state, transactions: state,
            previousCommitHash: [])
        #expect(outcome.block.updates.isEmpty)
        state.commit(outcome.block)
        #expect(try await verdicts([members.governanceEnvelope("a")], state).map(\.code) == [.duplicateTransactionID])
    }
}
