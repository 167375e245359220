import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct GovernanceFormatTests {
    private static func bytes(_ value: UInt8, _ count: Int = 32) -> [UInt8] { [UInt8](repeating: value, count: count) }

    /// Every encoding reads back, and every cut, padding and most changed bytes are refused or read as something else.
    private func check<Value: Equatable>(_ value: Value, _ encoded: [UInt8], decode: ([UInt8]) throws -> Value) throws {
        #expect(try decode(encoded) == value)
        #expect(throws: (any Error).self) { try decode(encoded + [0]) }
        for length in stride(from: 0, to: encoded.count, by: max(1, encoded.count / 40)) {
            #expect(throws: (any Error).self) { try decode(Array(encoded[..<length])) }
        }
        for place in stride(from: 0, to: encoded.count, by: max(1, encoded.count / 60)) {
            var changed = encoded
            changed[place] ^= 1
            if let other = try? decode(changed) { #expect(other != value, "byte \(place)") }
        }
    }

    private func settings() throws -> GovernanceSettings {
        let network = try GovernanceNetwork.shared.get()
        let id = GovernanceNetwork.id(1)
        var settings = GovernanceSettings(
            .dev, seats: [PoolSeat(member: id, identityKey: try found(network.identityKeys[id]).publicKey.x963)],
            agencies: try GovernanceWorld.agencies())
        settings.barring = .forGood
        return settings
    }

    @Test func `settings have the documented bytes`() throws {
        let encoded = GovernanceSettingsFormat.encode(try self.settings())
        let start =
            "53454c564147452d474f532d31" + "0006" + "0004" + "0002" + "0004" + "0000000000000190" + "000000000000000a" + "0000000000000014"
            + "0000000000000014" + "0000000000000014" + "0000000000000014" + "00" + "0000000000001388" + "005f" + "0064" + "03" + "0032"
            + "000000000036ee80" + "00000064" + "0000000000000000" + "00007530" + "02" + "0000000000000004" + "0000000000000001"
        #expect(Base16.encode(encoded).hasPrefix(start))
        let rest = Array(encoded.dropFirst(start.count / 2))
        #expect(Array(rest.prefix(64)) == Self.bytes(0, 64))
        #expect(Array(rest[64..<78]) == [0, 1, 0, 10] + Array("Member1MSP".utf8))
        // identity key[65], not excluded, no pardons, stake 1; then one authority, threshold 1.
        #expect(Array(rest[143..<158]) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
        #expect(encoded.suffix(2) == [0, 0])
        try self.check(try self.settings(), encoded) { try GovernanceSettingsFormat.decode($0) }
    }

    @Test func `settings with reserves and by stake read back`() throws {
        let world = try GovernanceWorld()
        try self.check(world.plane.settings, GovernanceSettingsFormat.encode(world.plane.settings)) { try GovernanceSettingsFormat.decode($0) }
        var stake = try self.settings()
        stake.weightMode = .stake
        stake.seats[0] = PoolSeat(member: stake.seats[0].member, identityKey: stake.seats[0].identityKey, stake: 900)
        #expect(try GovernanceSettingsFormat.decode(GovernanceSettingsFormat.encode(stake)) == stake)
    }

    @Test func `settings that do not fit together are refused by name`() throws {
        let right = try self.settings()
        func error(_ change: (inout GovernanceSettings) throws -> Void) throws -> GovernanceSettingsError? {
            var settings = right
            try change(&settings)
            do {
                try settings.check()
                return nil
            } catch {
                return error
            }
        }
        #expect(try error { _ in } == nil)
        #expect(try error { $0.epochBlocks = 3 } == .number("an epoch, turn or age"))
        #expect(try error { $0.missedLimit = 100 } == .number("the limit of missed slots"))
        #expect(try error { $0.missedWindow = 2_000 } == .number("the limit of missed slots"))
        #expect(try error { $0.strikeLimit = 0 } == .number("the limit of strikes or turns"))
        #expect(try error { $0.phases.commit = 0 } == .number("a phase"))
        #expect(try error { $0.seed = [1] } == .number("the seed or the hash of the bylaws"))
        #expect(try error { $0.seats = [] } == .seats(count: 0, pool: 6))
        #expect(try error { $0.seats += $0.seats } == .order)
        #expect(try error { $0.seats[0] = PoolSeat(member: "A", identityKey: Self.bytes(4, 65)) } == .key(of: "A"))
        #expect(try error { $0.seats[0] = PoolSeat(member: "A", identityKey: $0.seats[0].identityKey, stake: 2) } == .number("a stake"))
        #expect(try error { $0.agencies = Agencies(authorities: [], tabulator: []) } == .number("the number of authorities"))
        #expect(
            try error { $0.reserves = [ReserveSeat(member: "Z", certificate: [1], endpoint: Endpoint(host: "h", port: 1))] } == .reserve)
    }

    @Test func `receipts have the documented bytes`() throws {
        let receipt = Receipt(
            envelopeHash: Self.bytes(1), transactionID: TransactionID(utf8: Self.bytes(0x61, 64)), ingress: 3, height: 4, deadline: 5)
        let signed = try found(ReceiptFormat.signedBytes(receipt, chain: Self.bytes(2)))
        let content = Self.bytes(1) + Self.bytes(0x61, 64) + [0, 0, 0, 3] + [0, 0, 0, 0, 0, 0, 0, 4] + [0, 0, 0, 0, 0, 0, 0, 5]
        #expect(signed == Array("SELVAGE-RCP-1".utf8) + Self.bytes(2) + content)
        #expect(signed.count == 161)
        let full = SignedReceipt(receipt: receipt, signature: [7, 8])
        let encoded = try found(ReceiptFormat.encode(full))
        #expect(encoded == [1] + content + [0, 2, 7, 8])
        try self.check(full, encoded) { try ReceiptFormat.decode($0) }
        let short = Receipt(envelopeHash: [1], transactionID: "x", ingress: 1, height: 1, deadline: 1)
        #expect(ReceiptFormat.signedBytes(short, chain: Self.bytes(2)) == nil)
    }

    @Test func `attestations and answers are signed over the documented bytes`() throws {
        let attestation = Attestation(height: 9, blockID: try found(BlockID(Self.bytes(1))), stateRoot: Self.bytes(2), validityRoot: Self.bytes(3))
        let height: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 9]
        #expect(
            AttestationFormat.signedBytes(attestation, chain: Self.bytes(4))
                == Array("SELVAGE-CKPT-1".utf8) + Self.bytes(4) + height + Self.bytes(1) + Self.bytes(2) + Self.bytes(3))
        let answer = StateAnswer(query: [1], height: 9, result: [2], checkpoint: Self.bytes(5))
        #expect(
            AttestationFormat.signedBytes(answer, chain: Self.bytes(4))
                == Array("SELVAGE-ANS-1".utf8) + Self.bytes(4) + height + Self.bytes(5) + SHA256.hash([1]) + SHA256.hash([2]))
    }

    /// One of each kind, with signatures that are only bytes.
    private func samples(_ world: inout GovernanceWorld) throws -> [Misbehaviour] {
        let block = world.blocks[0]
        let facts = try found(world.decided.decided(1))
        let proposal = SignedBlockProposal(
            proposal: BlockProposal(height: 1, round: 0, id: facts.id, validRound: -1, signer: 2), signature: [9])
        func invalid(_ fault: ProposalFault) -> Misbehaviour {
            .invalidProposal(
                InvalidProposal(proposal: proposal, blockHeader: facts.blockHeader, extendedHeader: facts.header, fault: fault))
        }
        let step = TransactionTree.Step(sibling: Self.bytes(1), isLeft: true)
        let place = EnvelopePlace(envelope: block.envelopes[0], index: 1, path: [step])
        let envelope = try world.plainEnvelope()
        let answer = StateAnswer(query: [1], height: 2, result: [2], checkpoint: Self.bytes(1))
        return [
            try world.doublePrevote(2), .consensus(.doubleVote(try world.precommit(2, 1), try world.prevotelessNil(2))),
            .consensus(.doubleProposal(try world.proposal(BlockID(number: 1)), try world.proposal(BlockID(number: 2)))),
            .consensus(.lockViolation(precommit: try world.precommit(2, 1, round: 1), prevote: try world.prevote(2, 9, round: 2, valid: 0))),
            invalid(.field(.time)), invalid(.transactionRoot(envelopes: block.envelopes)), invalid(.repeatedTransaction(place)),
            invalid(.malformedGovernance(place)), .wrongProposer(proposal),
            .censorship(Censorship(receipt: try world.receipt(for: envelope, by: 3, at: 1), envelope: envelope, proposedAt: 7)),
            .wrongAnswer(SignedStateAnswer(answer: answer, signer: 2, signature: [4]), proof: [5]),
            .conflictingAttestation(try world.attestation(2, root: 1), try world.attestation(2, root: 2)),
        ]
    }

    @Test func `evidence of every code reads back, in one form only`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 2)
        for item in try self.samples(&world) {
            let encoded = MisbehaviourFormat.encode(item)
            let read = try MisbehaviourFormat.decode(encoded)
            #expect(read.identity == item.identity)
            #expect(MisbehaviourFormat.encode(read) == encoded, "\(item.code)")
            try self.check(read, encoded) { try MisbehaviourFormat.decode($0) }
        }
    }

    @Test func `evidence has the documented bytes, and its two messages one order`() throws {
        func vote(_ number: UInt64) -> SignedVote {
            SignedVote(
                vote: Vote(height: 5, round: 1, kind: .prevote, choice: .prevote(BlockID(number: number), validRound: 0), signer: 2),
                signature: [UInt8(number)])
        }
        func choice(_ number: UInt8) -> [UInt8] { [1] + Self.bytes(0, 31) + [number, 0, 0, 0, 0, 0, 1, number] }
        let expected: [UInt8] = [1, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 1] + choice(3) + choice(4)
        #expect(MisbehaviourFormat.encode(.consensus(.doubleVote(vote(3), vote(4)))) == expected)
        #expect(MisbehaviourFormat.encode(.consensus(.doubleVote(vote(4), vote(3)))) == expected)
        let swapped = Array(expected.prefix(19)) + choice(4) + choice(3)
        #expect(throws: MessageError.self) { try MisbehaviourFormat.decode(swapped) }
    }

    @Test func `governance transactions have the documented bytes`() throws {
        #expect(GovernanceTransactionFormat.encode(.heartbeat(height: 258)) == [1, 7, 0, 0, 0, 0, 0, 0, 1, 2])
        let resignation = GovernanceTransaction.resign(Resignation(member: "M", epoch: 3, consenter: 5, signature: [9, 9]))
        #expect(GovernanceTransactionFormat.encode(resignation) == [1, 3, 0, 1, 0x4D, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 5, 0, 2, 9, 9])
        #expect(
            GovernanceTransactionFormat.signed(resignation, by: .resignation, chain: Self.bytes(1))
                == Array("SELVAGE-RSG-1".utf8) + Self.bytes(1) + [1, 3, 0, 1, 0x4D, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 5])
        let rotation = GovernanceTransaction.rotateKey(
            KeyRotation(member: "M", certificate: [5], endpoint: Endpoint(host: "h", port: 1), memberSignature: [6], possession: [7]))
        #expect(
            GovernanceTransactionFormat.encode(rotation) == [1, 2, 0, 1, 0x4D, 0, 1, 5, 0, 3, 0x68, 0x3A, 0x31, 0, 1, 6, 0, 1, 7])
        let schedule = ElectionSchedule(registration: 1, issue: 2, commit: 3, reveal: 4, tally: 5)
        let opening = GovernanceTransaction.openElection(
            ElectionOpening(epoch: 1, seats: nil, schedule: schedule, blindKeys: [[8]], signatures: [[9]]))
        let heights = (1...5 as ClosedRange<UInt8>).flatMap { Self.bytes(0, 7) + [$0] }
        #expect(GovernanceTransactionFormat.encode(opening) == [1, 4] + Self.bytes(0, 7) + [1, 0, 0] + heights + [1, 0, 1, 8, 1, 0, 1, 9])
        for transaction in [.heartbeat(height: 1), resignation, rotation, opening] {
            try self.check(transaction, GovernanceTransactionFormat.encode(transaction)) { try GovernanceTransactionFormat.decode($0) }
        }
    }

    @Test func `transactions that carry an action or evidence hold its bytes and nothing else`() throws {
        let statement = TallyStatement(issued: 1, committed: 2, revealed: 3, tallyHash: Self.bytes(4), signature: [9])
        let action = ElectionAction(election: Self.bytes(5), step: .state(statement))
        let content = [1] + Self.bytes(5) + [5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3] + Self.bytes(4) + [0, 1, 9]
        #expect(GovernanceTransactionFormat.encode(.election(action)) == [1, 5] + content)
        let key = try found(GovernanceNetwork.shared.get().firstKeys[GovernanceNetwork.id(1)]).publicKey.x963
        let registration = Registration(member: "M", consensusKey: key, endpoint: "h:1", memberSignature: [6], possession: [7])
        let candidate = GovernanceTransaction.registerCandidate(
            certificate: [8], ElectionAction(election: Self.bytes(5), step: .register(registration)))
        let expected = [1, 1, 0, 1, 8, 1] + Self.bytes(5) + [1, 0, 1, 0x4D] + key + [0, 3, 0x68, 0x3A, 0x31, 0, 1, 6, 0, 1, 7]
        #expect(GovernanceTransactionFormat.encode(candidate) == expected)
        let evidence = try GovernanceWorld().doublePrevote(2)
        #expect(GovernanceTransactionFormat.encode(.evidence(evidence)) == [1, 6] + MisbehaviourFormat.encode(evidence))
        for transaction in [.election(action), candidate, .evidence(try MisbehaviourFormat.decode(MisbehaviourFormat.encode(evidence)))] {
            #expect(try GovernanceTransactionFormat.decode(GovernanceTransactionFormat.encode(transaction)) == transaction)
        }
        // A registration has its certificate, and nothing else has one.
        #expect(throws: MessageError.self) { try GovernanceTransactionFormat.decode([1, 1, 0, 1, 8] + content) }
        #expect(throws: MessageError.self) { try GovernanceTransactionFormat.decode([1, 5] + expected.dropFirst(5)) }
        for kind in [0, 8, 255] as [UInt8] { #expect(throws: MessageError.self) { try GovernanceTransactionFormat.decode([1, kind]) } }
    }

    @Test func `the state has a known root at block 0`() throws {
        let entries = ControlPlaneFormat.entries(try GovernanceWorld(reserves: 0).plane)
        #expect(
            entries.map { Array($0.key.prefix(1)) }.reduce(into: [[UInt8]]()) { if $0.last != $1 { $0.append($1) } } == [
                [1], [2], [3], [5], [6], [8],
            ])
        let first = try found(entries.first)
        let genesis = try GovernanceWorld(reserves: 0).chain
        #expect(first.bytes == [0, 1, 1, 0, 0, 0, 53] + genesis + Self.bytes(0, 8) + [0] + [0, 0, 0, 5] + Self.bytes(0, 8))
        let term = try found(entries.first { $0.key[0] == 5 })
        #expect(term.key == [5] + Self.bytes(0, 7) + [1])
        #expect(term.value.suffix(2) == [0, 0])
        let order = CommitteeTerm.order([1, 2, 3, 4], epoch: 0, seed: Self.bytes(9))
        #expect(term.value == Self.bytes(0, 23) + [1, 0, 4] + order.flatMap { [0, 0, 0, UInt8($0)] } + [0, 0])
        let member = try found(entries.first { $0.key[0] == 8 })
        #expect(member.key == [8] + Array("Member1MSP".utf8))
        #expect(member.value == Self.bytes(0, 37) + [0, 0, 0, 1] + Self.bytes(0, 4 + 8 + 1 + 4 + 2))
    }

    @Test func `endpoints have one form`() {
        #expect(Endpoint("h.example:7050") == Endpoint(host: "h.example", port: 7050))
        #expect(Endpoint("[::1]:1")?.description == "[::1]:1")
        for text in ["", "h", ":1", "h:", "h:0", "h:01", "h:65536", "h:999999", "h:1a", "h:-1"] { #expect(Endpoint(text) == nil, "\(text)") }
    }
}

extension GovernanceWorld {
    /// A precommit for nothing.
    func prevotelessNil(_ signer: UInt32) throws -> SignedVote {
        try self.signed(Vote(height: 1, round: 0, kind: .precommit, choice: .nil, signer: signer))
    }
}
