import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct ConsensusRecordTests {
    static let owner = RecordOwner(
        chain: [UInt8](repeating: 0x11, count: 32), consenter: 4, instance: [UInt8](repeating: 0x33, count: 16),
        machine: [UInt8](repeating: 0x44, count: 32))

    /// A record with every part present.
    static var sample: SafetyRecord {
        let block = Replica.BlockInRound(id: Fake.block(7), round: 1)
        let polka = VoteCertificate(
            height: 8, round: 1, kind: .prevote, choice: .prevote(Fake.block(7), validRound: -1), form: nil,
            entries: [.init(consenter: 1, signature: [0xaa, 0xbb]), .init(consenter: 2, signature: [0xcc])])
        let prevote = Vote(height: 8, round: 1, kind: .prevote, choice: .prevote(Fake.block(7), validRound: -1), signer: 4)
        let precommit = Vote(height: 8, round: 1, kind: .precommit, choice: .precommit(Fake.block(7), lastConfig: 5), signer: 4)
        let nothing = Vote(height: 8, round: 0, kind: .precommit, choice: .nil, signer: 3)
        let earlier = Vote(height: 8, round: 0, kind: .precommit, choice: .precommit(Fake.block(6), lastConfig: 5), signer: 9)
        let reason = RoundCertificate(
            height: 8, round: 1,
            votes: [
                SignedVote(vote: nothing, signature: [0xdd]),
                SignedVote(vote: earlier, form: BlockForm(lastConfig: 5, blockHeader: [0x30], extendedHeader: []), signature: [0xee, 0xff]),
            ])
        return SafetyRecord(
            epoch: 2, height: 8, round: 1, step: .precommit, locked: block, valid: block, polka: polka, roundCertificate: reason,
            messages: [
                .vote(prevote, form: nil), .vote(precommit, form: BlockForm(lastConfig: 5, blockHeader: [0x30, 0], extendedHeader: [9])),
            ])
    }

    // MARK: Bytes

    @Test func `the bytes of a slot are pinned`() throws {
        let owner = try #require(Self.owner)
        let slot = try #require(SafetyRecordFormat.encode(owner: owner, counter: 6, record: Self.sample))
        let id = String(repeating: "00", count: 31) + "07"
        let other = String(repeating: "00", count: 31) + "06"
        let content =
            String(repeating: "11", count: 32) + "00000004" + String(repeating: "33", count: 16) + String(repeating: "44", count: 32)
            + "0000000000000002" + "0000000000000008" + "00000001" + "03" + "01\(id)00000001" + "01\(id)00000001"
            + "0042" + "01" + "0000000000000008" + "00000001" + "01" + "0101\(id)ffffffff" + "02" + "00000001" + "00000002" + "02aabb" + "01cc"
            + "004e" + "03" + "0000000000000008" + "00000001" + "02" + "0200" + "01" + "00000003" + "01dd"
            + "0201\(other)" + "0000000000000005" + "000130" + "0000" + "01" + "00000009" + "02eeff"
            + "02" + "0100000001" + "01\(id)" + "ffffffff" + "00"
            + "0200000001" + "01\(id)" + "fffffffe" + "01" + "0000000000000005" + "00023000" + "000109"
        let digest = "9a23f7729e266e4be8164472bc0dd09b2e85f1b1b8e8b026651179c1fbd2eb6c"
        let length = "000001ad"
        #expect(Hex.encode(slot.prefix(487)) == "53454c564147452d534146452d31" + "0000000000000006" + length + content + digest)
        #expect(slot.count == 4096 && slot.dropFirst(487).allSatisfy { $0 == 0 })
        let read = try SafetyRecordFormat.decode(slot)
        #expect(read.owner == owner && read.counter == 6 && read.record == Self.sample)
    }

    @Test func `the bytes of the signer's guard are pinned`() throws {
        var signerGuard = SignerGuard()
        try signerGuard.claim(height: 8, round: 1, kind: 2, signedBytes: [5])
        let content =
            "53454c564147452d5349474e2d32" + "0000000000000007" + "0000000000000008" + "01" + "0000000102"
            + "e77b9a9ae9e30b0dbdb6f510a264ef9de781501d7b6b92ae89eb059c5ab743db"
        let digest = "89d068371d6ba67aad65dc115c25e472c1c27728d5df218f4c169180a6345a96"
        let slot = try #require(SignerGuardFormat.encode(counter: 7, signerGuard))
        #expect(Hex.encode(slot.prefix(100)) == content + digest)
        #expect(slot.count == 2048 && slot.dropFirst(100).allSatisfy { $0 == 0 })
        let read = try SignerGuardFormat.decode(slot)
        #expect(read.counter == 7 && read.signerGuard == signerGuard)
        for offset in slot.indices {
            var broken = slot
            broken[offset] ^= 1
            #expect(throws: MessageError.self) { try SignerGuardFormat.decode(broken) }
        }
        #expect(throws: MessageError.self) { try SignerGuardFormat.decode([]) }
        #expect(throws: MessageError.self) { try SignerGuardFormat.decode(slot + [0]) }
        #expect(throws: MessageError.self) { try SignerGuardFormat.decode(Array(slot.dropLast())) }
    }

    @Test func `W2: a torn slot of the signer's guard leaves the one before it, and none leaves nothing`() throws {
        var slots = SignerGuardSlots()
        var file = [[UInt8]](repeating: [UInt8](repeating: 0, count: 2048), count: 2)
        var written: [SignerGuard] = []
        for height in 1...5 as ClosedRange<UInt64> {
            var signerGuard = slots.signerGuard
            try signerGuard.claim(height: height, round: 0, kind: 1, signedBytes: [UInt8(height)])
            let write = slots.write(signerGuard)
            let next = try #require(write)
            file[next.slot] = next.bytes
            written.append(signerGuard)
            #expect(SignerGuardSlots(slots: file) == slots)
            var torn = file
            torn[next.slot] = Array(next.bytes.prefix(20)) + [UInt8](repeating: 0, count: 2028)
            #expect(SignerGuardSlots(slots: torn)?.signerGuard == written.dropLast().last)
        }
        #expect(SignerGuardSlots(slots: [file[0], file[0]]) == nil)
        #expect(SignerGuardSlots(slots: []) == nil)
        #expect(SignerGuardSlots(slots: [[UInt8](repeating: 0, count: 2048), [1]]) == nil)
    }

    @Test func `the largest guard fits into its slot`() throws {
        var signerGuard = SignerGuard()
        for round in 0..<100 as Range<Round> {
            for kind in 0..<3 as Range<UInt8> { try signerGuard.claim(height: .max, round: round, kind: kind, signedBytes: [kind]) }
        }
        #expect(signerGuard.claims.count == 3 * Int(ConsensusLimits.recordedRounds))
        #expect(SignerGuardFormat.encode(counter: .max, signerGuard) != nil)
    }

    // MARK: Recovery

    @Test func `W5 and W6: what a node may do after a start follows from record, guard and head`() throws {
        let owner = try #require(Self.owner)
        var slots = SafetyRecordSlots(owner: owner)
        #expect(Recovery.decide(slots: slots, guard: SignerGuard(), owner: owner, head: 0) == .begin(height: 1))
        #expect(Recovery.decide(slots: nil, guard: nil, owner: owner, head: 3) == .burned(.unreadableRecord))
        _ = slots.write(Self.sample)
        #expect(Recovery.decide(slots: slots, guard: nil, owner: owner, head: 8) == .begin(height: 9))
        #expect(Recovery.decide(slots: slots, guard: nil, owner: owner, head: 7) == .resume(Self.sample))
        #expect(Recovery.decide(slots: slots, guard: nil, owner: owner, head: 3) == .abstain(untilStored: 7, then: Self.sample))
        var signerGuard = SignerGuard()
        try signerGuard.claim(height: 8, round: 1, kind: 1, signedBytes: [1])
        #expect(Recovery.decide(slots: slots, guard: signerGuard, owner: owner, head: 7) == .resume(Self.sample))
        try signerGuard.claim(height: 8, round: 2, kind: 1, signedBytes: [2])
        #expect(Recovery.decide(slots: slots, guard: signerGuard, owner: owner, head: 7) == .burned(.staleRecord))
    }

    @Test func `W8: a record of another key or machine is not used`() throws {
        let owner = try #require(Self.owner)
        let slots = SafetyRecordSlots(owner: owner)
        let otherKey = try #require(RecordOwner(chain: owner.chain, consenter: 5, instance: owner.instance, machine: owner.machine))
        let moved = try #require(RecordOwner(chain: owner.chain, consenter: 4, instance: owner.instance, machine: [UInt8](repeating: 9, count: 32)))
        #expect(Recovery.decide(slots: slots, guard: nil, owner: otherKey, head: 0) == .refused(.otherKey))
        #expect(Recovery.decide(slots: slots, guard: nil, owner: moved, head: 0) == .refused(.otherMachine))
        #expect(Recovery.decide(slots: slots, guard: nil, owner: moved, head: 0, isMoveApproved: true) == .begin(height: 1))
        #expect(RecordOwner(chain: [1], consenter: 4, instance: owner.instance, machine: owner.machine) == nil)
    }

    @Test func `W1: everything signed is in the record that comes before it`() {
        var bench = Bench()
        bench.propose(Fake.proposal(1, 7))
        bench.vote(Fake.prevote(1, 7), Fake.prevote(2, 7))
        #expect(bench.signed == ["prevote 0 7 -1", "precommit 0 7"])
        #expect(Replica.violations(in: bench.log) == [])
        // The check itself can fail.
        let withoutRecords = bench.log.filter { if case .persist = $0 { false } else { true } }
        #expect(Replica.violations(in: withoutRecords) != [])
    }

    /// Member 4, locked on 7 in round 0, after a restart with what the disk holds.
    private func restarted(forgetting change: (inout SafetyRecord) -> Void) -> Bench {
        var bench = Bench()
        bench.propose(Fake.proposal(1, 7))
        bench.vote(Fake.prevote(1, 7), Fake.prevote(2, 7))
        var record = bench.replica.record
        change(&record)
        return Bench(record: record)
    }

    @Test func `W5: a restart signs the same messages again, keeps the lock and asks for its block`() {
        var bench = self.restarted { _ in }
        #expect(bench.signed == ["prevote 0 7 -1", "precommit 0 7"])
        #expect(bench.replica.locked == Replica.BlockInRound(id: Fake.block(7), round: 0))
        #expect(bench.replica.step == .precommit)
        #expect(bench.log.fetched == [Fake.block(7)])
        #expect(Replica.violations(in: bench.log) == [])
        // R13 after the restart: only the votes of a quorum start the timer.
        #expect(bench.log.timers == [])
        #expect(bench.timeout(.precommit).isEmpty && bench.replica.round == 0)
        #expect(bench.vote(Fake.precommit(1, nil), Fake.precommit(2, nil)).timers == [.precommit])
        bench.timeout(.precommit)
        bench.propose(Fake.proposal(2, 9, round: 1))
        #expect(bench.signed.last == "prevote 1 nil")
    }

    @Test func `planted: a lock forgotten at a restart is found as evidence against an honest member`() {
        func evidence(_ change: (inout SafetyRecord) -> Void) -> [Evidence] {
            var bench = self.restarted(forgetting: change)
            bench.vote(Fake.precommit(1, nil), Fake.precommit(2, nil))
            bench.timeout(.precommit)
            bench.propose(Fake.proposal(2, 9, round: 1))
            var observer = Bench(me: 3)
            return bench.log.flatMap { output -> [Evidence] in
                guard case .sign(let request) = output else { return [] }
                return observer.feed(.message(FakeKeys.sign(request), from: 4)).evidence
            }
        }
        #expect(evidence { ($0.locked, $0.valid, $0.polka) = (nil, nil, nil) }.map(\.identity.code) == [3])
        #expect(evidence { _ in } == [])
    }

    @Test func `L3: the certificate for which the round was entered survives a restart, and leads the others there`() throws {
        var bench = Bench(me: 1)
        bench.timeout(.propose)
        // Member 4 gives its precommit to member 1 only, which then never precommits in round 0 itself.
        bench.vote(Fake.precommit(2, nil), Fake.precommit(3, nil), Fake.precommit(4, nil))
        bench.timeout(.precommit)
        bench.timeout(.propose, round: 1)
        #expect(bench.signed == ["prevote 0 nil", "prevote 1 nil"])
        let owner = try #require(
            RecordOwner(chain: Self.owner?.chain ?? [], consenter: 1, instance: Self.owner?.instance ?? [], machine: [UInt8](repeating: 1, count: 32))
        )
        func follower(of record: SafetyRecord) throws -> Round {
            let slot = try #require(SafetyRecordFormat.encode(owner: owner, counter: 1, record: record))
            var restarted = Bench(me: 1, record: try SafetyRecordFormat.decode(slot).record)
            restarted.feed(.rebroadcast)
            var other = Bench(me: 2)
            other.timeout(.propose)
            other.timeout(.prevote)
            other.vote(Fake.precommit(3, nil))
            for bundle in restarted.feed(.rebroadcast).relays { other.feed(.message(.bundle(bundle), from: 1)) }
            return other.replica.round
        }
        var record = bench.replica.record
        #expect(record.roundCertificate?.votes.map(\.vote.signer) == [2, 3, 4])
        #expect(try follower(of: record) == 1)
        record.roundCertificate = nil
        #expect(try follower(of: record) == 0)
    }

    @Test func `an old record is no reason to sign anything again`() {
        let bench = Bench(record: SafetyRecord.unused)
        #expect(bench.replica.height == 1 && bench.signed == [])
    }

    // MARK: The signer's guard

    @Test func `W7: the guard refuses a second content, and everything behind what it has seen`() throws {
        var signerGuard = SignerGuard()
        try signerGuard.claim(height: 3, round: 0, kind: 1, signedBytes: [1])
        try signerGuard.claim(height: 3, round: 0, kind: 1, signedBytes: [1])
        #expect(throws: SignerGuard.Refusal.contradiction(height: 3, round: 0)) {
            try signerGuard.claim(height: 3, round: 0, kind: 1, signedBytes: [2])
        }
        try signerGuard.claim(height: 3, round: 2, kind: 1, signedBytes: [3])
        try signerGuard.claim(height: 3, round: 0, kind: 2, signedBytes: [4])
        #expect(throws: SignerGuard.Refusal.tooOld(height: 3, round: 1)) { try signerGuard.claim(height: 3, round: 1, kind: 1, signedBytes: [5]) }
        #expect(throws: SignerGuard.Refusal.tooOld(height: 2, round: 9)) { try signerGuard.claim(height: 2, round: 9, kind: 1, signedBytes: [5]) }
        for round in 3..<50 as Range<Round> { try signerGuard.claim(height: 3, round: round, kind: 1, signedBytes: [6]) }
        #expect(signerGuard.claims.count == 5)
        #expect(throws: SignerGuard.Refusal.tooOld(height: 3, round: 2)) { try signerGuard.claim(height: 3, round: 2, kind: 1, signedBytes: [3]) }
        try signerGuard.claim(height: 4, round: 0, kind: 0, signedBytes: [7])
        #expect(signerGuard.claims.count == 1)
    }
}
