import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Validation

/// Blocks in the form of our own ordering service, each broken in one way.
@Suite struct CanonicalBlockTests {
    private let channel: TestChannel

    init() throws {
        self.channel = try TestChannel(committee: 4)
    }

    /// Everything that a test may want to change of a block.
    private struct Draft {
        var envelopes: [[UInt8]]
        var header: ExtendedHeader
        var round: UInt32 = 0
        var lastConfig: UInt64 = 0
        var signers: [UInt32] = [1, 2, 3]
        var slot1: [UInt8]?
        var slot3: [UInt8] = []
        var identifierHeader: (UInt32) -> [UInt8] = { id in
            var message = Common_IdentifierHeader()
            message.identifier = id
            return message.encoded()
        }
        var value: ([UInt8]) -> [UInt8] = { $0 }
        var slot0: ([UInt8]) -> [UInt8] = { $0 }
        var signature: [UInt8] = ToyVerifier.good
        /// Whose signature is wrong.
        var badSigner: UInt32?
    }

    private var genesisPosition: ChainPosition { ChainPosition(genesis: self.channel.genesis) }

    private func draft(after position: ChainPosition, slot3: [UInt8] = []) throws -> Draft {
        let envelopes = [self.channel.envelope(TestChannel.Draft("n")), self.channel.envelope(TestChannel.Draft("m"))]
        let members = try self.channel.bundle.consenters.map {
            CommitteeHashFormat.Member(
                consenter: $0.id, mspID: $0.mspID,
                publicKey: try self.channel.bundle.membership.identity($0.serializedIdentity).publicKey.spkiDER)
        }
        let header = ExtendedHeader(
            chain: position.chain, height: position.number.rawValue + 1, parentID: position.blockID,
            parentCommitHash: CommitCertificateFormat.hash(ofSlot: slot3), txRoot: TransactionTree.root(of: envelopes), txCount: 2,
            txSeqBase: position.nextSequence ?? 0, timeMs: position.timeMs + 1, proposer: 1,
            committeeHash: CommitteeHashFormat.hash(epoch: 0, members: members), configSeq: 0)
        return Draft(envelopes: envelopes, header: header, slot3: slot3)
    }

    private func block(_ draft: Draft, after position: ChainPosition) -> OrderedBlock {
        let metadata = OrdererBlockMetadata(
            lastConfig: draft.lastConfig,
            consenterMetadata: ExtendedHeaderFormat.encode(ConsenterMetadata(header: draft.header, round: draft.round)))
        let signatures = BlockSignatures(
            value: draft.value(metadata.serialized()),
            entries: draft.signers.map { id in
                BlockSignatures.Entry(
                    signer: .consenter(id, header: draft.identifierHeader(id)), signature: id == draft.badSigner ? [2] : draft.signature)
            })
        return OrderedBlock(
            number: BlockNumber(position.number.rawValue + 1), previousHash: position.headerHash, envelopes: draft.envelopes
        ).with(.signatures, draft.slot0(signatures.slot())).with(.lastConfig, draft.slot1 ?? metadata.lastConfigSlot)
            .with(.orderer, draft.slot3)
    }

    private func error(
        _ block: OrderedBlock, after position: ChainPosition? = nil, form: BlockVerifier.Form = .canonical
    ) -> BlockVerificationError? {
        do {
            try BlockVerifier(bundle: self.channel.bundle, form: form).verify(block, after: position ?? self.genesisPosition)
            return nil
        } catch {
            return error
        }
    }

    private func error(_ change: (inout Draft) -> Void) throws -> BlockVerificationError? {
        var draft = try self.draft(after: self.genesisPosition)
        change(&draft)
        return self.error(self.block(draft, after: self.genesisPosition))
    }

    private func reason(_ change: (inout Draft) -> Void) throws -> String? {
        guard case .notCanonical(_, let reason) = try self.error(change) else { return nil }
        return reason
    }

    @Test func `a block in canonical form passes, with any quorum of signers`() throws {
        #expect(try self.error { _ in } == nil)
        #expect(try self.error { $0.signers = [2, 3, 4] } == nil)
        #expect(try self.error { $0.signers = [1, 2, 3, 4] } == nil)
        #expect(try self.error { $0.round = 3 } == nil)
    }

    /// The rows of the table in decision 0011 that are about one block's bytes.
    @Test func `what our form refuses beyond the stock one passes the stock one`() throws {
        let changes: [(String, (inout Draft) -> Void)] = [
            ("slot 0 with an unknown field", { $0.slot0 = { $0 + [0x18, 0x01] } }),
            ("signers in another order", { $0.signers = [3, 1, 2] }),
            ("a signer twice", { $0.signers = [1, 2, 3, 3] }),
            ("an unknown signer", { $0.signers = [1, 2, 3, 9] }),
            (
                "a wrong signature besides a quorum",
                {
                    $0.signers = [1, 2, 3, 4]; $0.badSigner = 4
                }
            ),
            ("a nonce", { $0.identifierHeader = { [0x08, UInt8($0), 0x12, 0x01, 0x09] } }),
            ("a number that is not minimal", { $0.identifierHeader = { [0x08, 0x80 | UInt8($0), 0x00] } }),
            ("a value with an unknown field", { $0.value = { $0 + [0x18, 0x01] } }),
            ("a value that is garbage", { $0.value = { _ in [0xFF] } }),
            ("another last configuration", { $0.lastConfig = 1 }),
            ("another last configuration in slot 1", { $0.slot1 = [0x0A, 0x00] }),
            ("something in slot 3", { $0.slot3 = [1] }),
            ("an extended header of another chain", { $0.header.chain = [UInt8](repeating: 9, count: 32) }),
            ("an extended header of another committee", { $0.header.committeeHash = [UInt8](repeating: 9, count: 32) }),
            ("an envelope with an unknown field", { $0.envelopes[1] += [0x18, 0x01] }),
        ]
        for (name, change) in changes {
            var draft = try self.draft(after: self.genesisPosition)
            change(&draft)
            let block = self.block(draft, after: self.genesisPosition)
            #expect(self.error(block) != nil, "\(name)")
            #expect(self.error(block, form: .fabric) == nil, "\(name)")
        }
        let good = self.block(try self.draft(after: self.genesisPosition), after: self.genesisPosition)
        let six = OrderedBlock(
            number: good.number, previousHash: good.previousHash, dataHash: good.dataHash, envelopes: good.envelopes,
            metadata: good.metadata + [[]])
        #expect(self.error(six) != nil)
        #expect(self.error(six, form: .fabric) == nil)
    }

    @Test func `what passes our form passes the stock one`() throws {
        for signers: [UInt32] in [[1, 2, 3], [2, 3, 4], [1, 2, 3, 4]] {
            for round: UInt32 in [0, 3] {
                var draft = try self.draft(after: self.genesisPosition)
                draft.signers = signers
                draft.round = round
                let block = self.block(draft, after: self.genesisPosition)
                #expect(self.error(block) == nil)
                #expect(self.error(block, form: .fabric) == nil)
            }
        }
    }

    @Test func `signers must be a quorum, all good, known and in order`() throws {
        guard case .unmetBlockValidation = try self.error({ $0.signers = [1, 2] }) else { return #expect(Bool(false)) }
        #expect(try self.reason { $0.signature = [2] } != nil)
        #expect(try self.reason { $0.signers = [1, 2, 3, 9] } != nil)
        #expect(try self.reason { $0.signers = [2, 1, 3] } != nil)
        #expect(try self.reason { $0.signers = [1, 1, 2, 3] } != nil)
        #expect(try self.reason { $0.signers = [0, 1, 2, 3] } != nil)
    }

    @Test func `every signed byte has one form`() throws {
        #expect(try self.reason { $0.identifierHeader = { [0x08, UInt8($0), 0x12, 0x01, 0x09] } } != nil)
        #expect(try self.reason { $0.identifierHeader = { [0x08, 0x80 | UInt8($0), 0x00] } } != nil)
        #expect(try self.reason { $0.value = { $0 + [0x18, 0x01] } } != nil)
        #expect(try self.reason { $0.slot0 = { $0 + [0x18, 0x01] } } != nil)
        #expect(try self.error { $0.value = { _ in [] } } != nil)
        #expect(try self.error { $0.slot0 = { _ in [0xFF] } } != nil)
        #expect(try self.error { $0.slot0 = { _ in [] } } != nil)
    }

    @Test func `the last configuration is named in both slots alike`() throws {
        #expect(try self.reason { $0.lastConfig = 1 } != nil)
        #expect(try self.reason { $0.slot1 = [0x0A, 0x00] } != nil)
        #expect(try self.reason { $0.slot3 = [1] } != nil)
    }

    @Test func `every field of the extended header is held against the chain`() throws {
        let other = [UInt8](repeating: 9, count: 32)
        let changes: [(String, (inout ExtendedHeader) -> Void)] = [
            ("chain", { $0.chain = other }), ("epoch", { $0.epoch = 1 }), ("height", { $0.height = 2 }), ("parentID", { $0.parentID = other }),
            ("parentCommitHash", { $0.parentCommitHash = other }), ("txRoot", { $0.txRoot = other }), ("txCount", { $0.txCount = 3 }),
            ("txSeqBase", { $0.txSeqBase = 1 }), ("timeMs", { $0.timeMs = 0 }), ("proposer", { $0.proposer = 9 }),
            ("committeeHash", { $0.committeeHash = other }), ("nextCommitteeHash", { $0.nextCommitteeHash = other }),
            ("govRoot", { $0.govRoot = other }), ("evidenceRoot", { $0.evidenceRoot = other }),
            ("checkpointHeight", { $0.checkpointHeight = 1 }), ("checkpointRoot", { $0.checkpointRoot = other }),
            ("configSeq", { $0.configSeq = 1 }),
        ]
        for (name, change) in changes {
            #expect(try self.reason { change(&$0.header) } == "\(name) of its extended header is wrong")
        }
    }

    @Test func `number, previous hash, data hash and envelopes are checked first`() throws {
        let good = self.block(try self.draft(after: self.genesisPosition), after: self.genesisPosition)
        func changed(number: BlockNumber? = nil, previous: [UInt8]? = nil, data: [UInt8]? = nil, envelopes: [[UInt8]]? = nil) -> OrderedBlock {
            OrderedBlock(
                number: number ?? good.number, previousHash: previous ?? good.previousHash, dataHash: data ?? good.dataHash,
                envelopes: envelopes ?? good.envelopes, metadata: good.metadata)
        }
        #expect(self.error(changed(number: 2)) == .wrongNumber(expected: 1, found: 2))
        #expect(self.error(changed(previous: [1])) == .wrongPreviousHash(1))
        #expect(self.error(changed(data: [1])) == .wrongDataHash(1))
        for envelopes: [[UInt8]] in [[], [[]], [[0xFF]], [good.envelopes[0] + [0x18, 0x01]], [Envelope(payload: [1], signature: []).serialized()]] {
            guard case .malformedEnvelope = self.error(changed(envelopes: envelopes)) else {
                #expect(Bool(false), "\(envelopes.first?.count ?? -1) bytes passed")
                continue
            }
        }
        let six = OrderedBlock(
            number: good.number, previousHash: good.previousHash, dataHash: good.dataHash, envelopes: good.envelopes,
            metadata: good.metadata + [[]])
        guard case .notCanonical = self.error(six) else { return #expect(Bool(false)) }
    }

    @Test func `the parent's certificate must be complete, good and of the parent`() throws {
        let first = self.block(try self.draft(after: self.genesisPosition), after: self.genesisPosition)
        let position = try ChainPosition(after: first, chain: self.genesisPosition.chain)
        let certificate = try CommitCertificate(of: first)
        func second(_ certificate: CommitCertificate) throws -> BlockVerificationError? {
            let slot = try #require(CommitCertificateFormat.encode(certificate))
            return self.error(self.block(try self.draft(after: position, slot3: slot), after: position), after: position)
        }
        func with(
            height: UInt64? = nil, id: [UInt8]? = nil, entries: [CommitCertificate.Entry]? = nil
        ) -> CommitCertificate {
            CommitCertificate(
                height: height ?? certificate.height, round: 0, blockID: id ?? certificate.blockID, entries: entries ?? certificate.entries)
        }
        #expect(try second(certificate) == nil)
        let good = ToyVerifier.good
        for broken in [
            with(height: 2), with(id: [UInt8](repeating: 1, count: 32)), with(entries: Array(certificate.entries.prefix(2))),
            with(entries: certificate.entries + [CommitCertificate.Entry(consenter: 9, signature: good)]),
            with(entries: certificate.entries + [CommitCertificate.Entry(consenter: 4, signature: [2])]),
        ] {
            guard case .notCanonical = try second(broken) else {
                #expect(Bool(false), "\(broken) passed")
                continue
            }
        }
        let empty = self.error(self.block(try self.draft(after: position), after: position), after: position)
        #expect(empty == .notCanonical(2, reason: "slot 3 is not a certificate of the parent"))
    }

    @Test func `the signed bytes of a certificate are those of the block`() throws {
        let channel = try TestChannel(committee: 1, verifier: DirectSignatureVerifier())
        let tests = try CanonicalBlockTests(channel)
        let position = ChainPosition(genesis: channel.genesis)
        var draft = try tests.draft(after: position)
        draft.signers = [1]
        draft.round = 7
        let unsigned = tests.block(draft, after: position)
        let signatures = try BlockSignatures(slot: unsigned.metadata(.signatures))
        let signature = try channel.orderers[0].sign(signatures.signedBytes(of: signatures.entries[0], blockHeader: unsigned.headerBytes))
        draft.signature = signature
        let first = tests.block(draft, after: position)
        #expect(tests.error(first) == nil)
        let next = try ChainPosition(after: first, chain: position.chain)
        let slot = try #require(CommitCertificateFormat.encode(try CommitCertificate(of: first)))
        var second = try tests.draft(after: next, slot3: slot)
        second.signers = [1]
        // Its own signature is the parent's and therefore wrong; the certificate before it was accepted.
        second.signature = signature
        let error = tests.error(tests.block(second, after: next), after: next)
        #expect(error == .notCanonical(2, reason: "one of its signatures is wrong, repeated, or of nobody in the committee"))
    }

    private init(_ channel: TestChannel) throws {
        self.channel = channel
    }
}
