import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// The bytes of evidence of every code, written out.
@Suite struct EvidenceFormatTests {
    private static func bytes(_ value: UInt8, _ count: Int = 32) -> [UInt8] { [UInt8](repeating: value, count: count) }
    /// Version, code, offender 2, height 5.
    private static func start(_ code: UInt8) -> [UInt8] { [1, code, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5] }

    private func id(_ value: UInt8) throws -> BlockID { try found(BlockID(Self.bytes(value))) }

    private func proposal(_ value: UInt8, valid: Round = -1) throws -> SignedBlockProposal {
        SignedBlockProposal(
            proposal: BlockProposal(height: 5, round: 1, id: try self.id(value), validRound: valid, signer: 2), signature: [value])
    }

    private var header: ExtendedHeader {
        ExtendedHeader(
            chain: Self.bytes(1), epoch: 3, height: 5, parentID: Self.bytes(2), parentCommitHash: Self.bytes(3), txRoot: Self.bytes(4), txCount: 2,
            txSeqBase: 9, timeMs: 10, proposer: 2, committeeHash: Self.bytes(5), govRoot: Self.bytes(6), configSeq: 1)
    }

    private var der: [UInt8] { BlockHeaderFormat.encode(number: 5, previousHash: Self.bytes(7), dataHash: Self.bytes(8)) }
    /// Length and DER of the block's header, then its extended header.
    private var headers: [UInt8] { [0, UInt8(self.der.count)] + self.der + ExtendedHeaderFormat.encode(self.header) }

    private func check(_ item: Misbehaviour, _ expected: [UInt8]) throws {
        #expect(MisbehaviourFormat.encode(item) == expected)
        #expect(try MisbehaviourFormat.decode(expected) == item)
    }

    @Test func `E1 with precommits carries the headers that they sign`() throws {
        #expect(self.der.count < 128)
        let form = BlockForm(lastConfig: 4, blockHeader: self.der, extendedHeader: ExtendedHeaderFormat.encode(self.header))
        func vote(_ choice: VoteChoice, _ form: BlockForm?) -> SignedVote {
            SignedVote(vote: Vote(height: 5, round: 1, kind: .precommit, choice: choice, signer: 2), form: form, signature: [9])
        }
        let block = try found(PrecommitFormat.blockID(of: form)).id
        try self.check(
            .consensus(.doubleVote(vote(.nil, nil), vote(.precommit(block, lastConfig: 4), form))),
            Self.start(1) + [2, 0, 0, 0, 1] + [0, 0, 1, 9] + [1, 0, 0, 0, 0, 0, 0, 0, 4] + self.headers + [0, 1, 9])
    }

    @Test func `E2 and E5 carry drafts of proposals`() throws {
        let first = Self.bytes(3) + [255, 255, 255, 255, 0, 1, 3]
        let second = Self.bytes(4) + [0, 0, 0, 0, 0, 1, 4]
        try self.check(
            .consensus(.doubleProposal(try self.proposal(3), try self.proposal(4, valid: 0))), Self.start(2) + [0, 0, 0, 1] + first + second)
        let swapped = Self.start(2) + [0, 0, 0, 1] + second + first
        #expect(throws: MessageError.self) { try MisbehaviourFormat.decode(swapped) }
        try self.check(.wrongProposer(try self.proposal(3)), Self.start(5) + [0, 0, 0, 1] + first)
    }

    @Test func `E3 carries a precommit and a later prevote`() throws {
        let form = BlockForm(lastConfig: 0, blockHeader: self.der, extendedHeader: ExtendedHeaderFormat.encode(self.header))
        let block = try found(PrecommitFormat.blockID(of: form)).id
        let precommit = SignedVote(
            vote: Vote(height: 5, round: 1, kind: .precommit, choice: .precommit(block, lastConfig: 0), signer: 2), form: form, signature: [9])
        let prevote = SignedVote(
            vote: Vote(height: 5, round: 2, kind: .prevote, choice: .prevote(try self.id(3), validRound: 0), signer: 2), signature: [8])
        try self.check(
            .consensus(.lockViolation(precommit: precommit, prevote: prevote)),
            Self.start(3) + [0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0] + self.headers + [0, 1, 9] + [0, 0, 0, 2, 1] + Self.bytes(3)
                + [0, 0, 0, 0, 0, 1, 8])
    }

    @Test func `E4 carries the headers and what it takes to see the fault`() throws {
        let block = try found(BlockID(ExtendedHeaderFormat.blockID(blockHeader: self.der, header: self.header)))
        let proposal = SignedBlockProposal(
            proposal: BlockProposal(height: 5, round: 1, id: block, validRound: 0, signer: 2), signature: [9])
        func check(_ fault: ProposalFault, _ detail: [UInt8]) throws {
            try self.check(
                .invalidProposal(InvalidProposal(proposal: proposal, blockHeader: self.der, extendedHeader: self.header, fault: fault)),
                Self.start(4) + [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 9] + self.headers + detail)
        }
        for (number, field) in HeaderField.allCases.enumerated() { try check(.field(field), [UInt8(number + 1)]) }
        try check(.transactionRoot(envelopes: [[5, 6], [7]]), [64, 0, 2, 0, 0, 0, 2, 5, 6, 0, 0, 0, 1, 7])
        let steps = [TransactionTree.Step(sibling: Self.bytes(1), isLeft: true), TransactionTree.Step(sibling: Self.bytes(2), isLeft: false)]
        let place = EnvelopePlace(envelope: [5], index: 3, path: steps)
        let detail = [0, 0, 0, 3, 2, 1] + Self.bytes(1) + [0] + Self.bytes(2) + [0, 0, 0, 1, 5]
        try check(.repeatedTransaction(place), [65] + detail)
        try check(.malformedGovernance(place), [66] + detail)
        let start = Self.start(4) + [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 9] + self.headers
        for fault in [0, 13, 63, 67, 255] as [UInt8] {
            #expect(throws: MessageError.self) { try MisbehaviourFormat.decode(start + [fault]) }
        }
    }

    @Test func `E6 carries the receipt and its envelope`() throws {
        var world = try GovernanceWorld()
        let envelope = try world.plainEnvelope()
        let receipt = try found(Receipt(of: envelope, ingress: 2, height: 5, deadline: 7))
        let length = [0, 0, UInt8(envelope.count >> 8), UInt8(envelope.count & 255)]
        try self.check(
            .censorship(Censorship(receipt: SignedReceipt(receipt: receipt, signature: [9, 8]), envelope: envelope, proposedAt: 11)),
            Self.start(6) + [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 11, 0, 2, 9, 8] + length + envelope)
    }

    @Test func `E7 and E8 carry what was said about the state`() throws {
        let answer = StateAnswer(query: [1, 2], height: 5, result: [3], checkpoint: Self.bytes(4))
        try self.check(
            .wrongAnswer(SignedStateAnswer(answer: answer, signer: 2, signature: [9]), proof: [6]),
            Self.start(7) + Self.bytes(4) + [0, 0, 0, 2, 1, 2, 0, 0, 0, 1, 3, 0, 1, 9, 0, 0, 0, 1, 6])
        func attested(_ root: UInt8) throws -> SignedAttestation {
            SignedAttestation(
                attestation: Attestation(height: 5, blockID: try self.id(1), stateRoot: Self.bytes(root), validityRoot: Self.bytes(3)), signer: 2,
                signature: [root])
        }
        func part(_ root: UInt8) -> [UInt8] { Self.bytes(1) + Self.bytes(root) + Self.bytes(3) + [0, 1, root] }
        try self.check(.conflictingAttestation(try attested(4), try attested(5)), Self.start(8) + part(4) + part(5))
        #expect(throws: MessageError.self) { try MisbehaviourFormat.decode(Self.start(8) + part(5) + part(4)) }
    }

    @Test func `other versions and codes are refused`() {
        for code in [0, 9, 255] as [UInt8] { #expect(throws: MessageError.self) { try MisbehaviourFormat.decode(Self.start(code)) } }
        #expect(throws: MessageError.self) { try MisbehaviourFormat.decode([2] + Self.start(5).dropFirst()) }
    }

    // MARK: - The entries of the control plane

    @Test func `every entry of the state has the documented bytes`() throws {
        var plane = try GovernanceWorld(reserves: 0).plane
        let member = GovernanceNetwork.id(1)
        let name = Array("Member1MSP".utf8)
        plane.isHalted = true
        plane.pending = PendingEpoch(record: plane.epoch, keys: [member: 7])
        plane.spentKeys = [Self.bytes(1), Self.bytes(2)]
        plane.barring = BarringRegister(barred: [(member, .forGood), (GovernanceNetwork.id(2), .through(epoch: 6))], burnedKeys: [Self.bytes(3)])
        plane.facts = [Evidence.Identity(offender: 2, code: 1, height: 5, round: 3, kind: 2): 8]
        plane.due = CommitteeDue(configurationHeight: 9, consenters: [1, 4])
        plane.keys = [1: try found(plane.keys[1])]
        plane.keys[1]?.lastUse = 10
        plane.keys[1]?.isBurned = true
        var standing = MemberStanding()
        (standing.produced, standing.lastProduced, standing.missedSignatures, standing.missedProposals) = (1, 2, 3, 4)
        (standing.strikes, standing.offencePoints, standing.key, standing.nextKey, standing.keyAge) = (5, 6, 1, 8, 9)
        (standing.hasResigned, standing.pardons, standing.window) = (true, 10, SlotWindow(slots: [true, false]))
        plane.members = [member: standing]
        let entries = ControlPlaneFormat.entries(plane)
        func value(_ key: [UInt8]) -> [UInt8]? { entries.first { $0.key == key }?.value }
        func u64(_ value: UInt8) -> [UInt8] { Self.bytes(0, 7) + [value] }
        #expect(value([1]) == plane.chain + u64(0) + [1, 0, 0, 0, 5] + u64(0))
        #expect(value([2]) == GovernanceSettingsFormat.encode(plane.settings))
        #expect(value([3]) == EpochRecordFormat.encode(plane.epoch))
        #expect(value([4]) == [0, 1, 0, 10] + name + [0, 0, 0, 7] + EpochRecordFormat.encode(plane.epoch))
        let key = try found(plane.keys[1])
        let certificate = [UInt8(key.certificate.count >> 8), UInt8(key.certificate.count & 255)] + key.certificate
        let endpoint = Array("m1.example:7050".utf8)
        #expect(value([6, 0, 0, 0, 1]) == [0, 10] + name + certificate + key.publicKey + [0, 15] + endpoint + u64(10) + [1])
        #expect(value([7]) == [0, 0, 0, 2] + Self.bytes(1) + Self.bytes(2))
        let counts = u64(1) + u64(2) + u64(3) + u64(4) + [5, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 8] + u64(9)
        #expect(value([8] + name) == counts + [1, 0, 0, 0, 10, 0, 2, 1, 0])
        #expect(value([9] + name) == [0])
        #expect(value([9] + Array("Member2MSP".utf8)) == [1] + u64(6))
        #expect(value([10] + Self.bytes(3)) == [])
        #expect(value([11] + u64(5) + [0, 0, 0, 2, 1, 0, 0, 0, 3, 2]) == u64(8))
        #expect(value([14]) == u64(9) + [0, 2, 0, 0, 0, 1, 0, 0, 0, 4])
        #expect(entries.map(\.key).elementsEqual(entries.map(\.key).sorted { $0.lexicographicallyPrecedes($1) }))
        #expect(entries.count == 13)
        let bytes = ControlPlaneFormat.encode(plane)
        #expect(bytes == Array("SELVAGE-GOV-1".utf8) + [0, 0, 0, 13] + entries.flatMap(\.bytes))
        #expect(entries[0].bytes == [0, 1, 1, 0, 0, 0, 53] + (value([1]) ?? []))
    }

    @Test func `the entries of an election hold its parameters and every act with its height`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 9)
        try world.decide([try world.opening()])
        try world.register([GovernanceNetwork.id(5)])
        let running = try found(world.plane.election)
        let parameters = ElectionParametersFormat.encode(running.record.parameters)
        let entries = ControlPlaneFormat.entries(world.plane)
        let count = UInt32(parameters.count)
        let length = [UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
        #expect(
            entries.first { $0.key == [12] }?.value == length + parameters + [0, 1, 0, 10] + Array("Member5MSP".utf8) + [0, 0, 0, 10] + [0])
        let act = try found(running.record.entries.first)
        #expect(entries.filter { $0.key[0] == 13 }.map(\.key) == [[13, 0, 0, 0, 0]])
        #expect(
            entries.first { $0.key[0] == 13 }?.value == Self.bytes(0, 7) + [UInt8(act.height.rawValue)] + ElectionActionFormat.encode(act.action))
    }
}
