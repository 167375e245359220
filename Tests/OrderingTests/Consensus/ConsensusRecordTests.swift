import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct ConsensusRecordTests {
    private let owner = RecordOwner(
        chain: [UInt8](repeating: 0x11, count: 32), consenter: 4, instance: [UInt8](repeating: 0x33, count: 16),
        machine: [UInt8](repeating: 0x44, count: 32))

    /// A record with every part present.
    private var sample: SafetyRecord {
        let block = Replica.BlockInRound(id: Fake.block(7), round: 1)
        let polka = VoteCertificate(
            height: 8, round: 1, kind: .prevote, choice: .prevote(Fake.block(7), validRound: -1), form: nil,
            entries: [.init(consenter: 1, signature: [0xaa, 0xbb]), .init(consenter: 2, signature: [0xcc])])
        let prevote = Vote(height: 8, round: 1, kind: .prevote, choice: .prevote(Fake.block(7), validRound: -1), signer: 4)
        let precommit = Vote(height: 8, round: 1, kind: .precommit, choice: .precommit(Fake.block(7), lastConfig: 5), signer: 4)
        return SafetyRecord(
            epoch: 2, height: 8, round: 1, step: .precommit, locked: block, valid: block, polka: polka,
            messages: [
                .vote(prevote, form: nil), .vote(precommit, form: BlockForm(lastConfig: 5, blockHeader: [0x30, 0], extendedHeader: [9])),
            ])
    }

    // MARK: Bytes

    @Test func `the bytes of a slot are pinned`() throws {
        let owner = try #require(self.owner)
        let slot = try #require(SafetyRecordFormat.encode(owner: owner, counter: 6, record: self.sample))
        let id = String(repeating: "00", count: 31) + "07"
        let content =
            String(repeating: "11", count: 32) + "00000004" + String(repeating: "33", count: 16) + String(repeating: "44", count: 32)
            + "0000000000000002" + "0000000000000008" + "00000001" + "03" + "01\(id)00000001" + "01\(id)00000001"
            + "01" + "00000001\(id)ffffffff" + "02" + "0000000102aabb" + "0000000201cc"
            + "02" + "0100000001" + "01\(id)" + "ffffffff" + "0000000000000000" + "00"
            + "0200000001" + "01\(id)" + "fffffffe" + "0000000000000005" + "01" + "00023000" + "000109"
        let digest = "270ecebab290f8a91255b3b8d91fb5ce9695e90880aa2d78590da08901b97926"
        #expect(Hex.encode(slot.prefix(402)) == "53454c564147452d534146452d31" + "0000000000000006" + "00000158" + content + digest)
        #expect(slot.count == 8192 && slot.dropFirst(402).allSatisfy { $0 == 0 })
        let read = try SafetyRecordFormat.decode(slot)
        #expect(read.owner == owner && read.counter == 6 && read.record == self.sample)
    }

    @Test func `the bytes of the signer's guard are pinned`() throws {
        var signerGuard = SignerGuard()
        try signerGuard.claim(height: 8, round: 1, kind: 2, signedBytes: [5])
        let hex =
            "53454c564147452d5349474e2d310000000000000008010000000102e77b9a9ae9e30b0dbdb6f510a264ef9de781501d7b6b92ae89eb059c5ab743db"
            + "3fecd2d86206269ee27ef57e6ad05e3aa36225b9da2fc0e04279cdf343255dad"
        let bytes = SignerGuardFormat.encode(signerGuard)
        #expect(Hex.encode(bytes) == hex)
        #expect(try SignerGuardFormat.decode(bytes) == signerGuard)
        for offset in bytes.indices {
            var broken = bytes
            broken[offset] ^= 1
            #expect(throws: MessageError.self) { try SignerGuardFormat.decode(broken) }
        }
        #expect(throws: MessageError.self) { try SignerGuardFormat.decode([]) }
        #expect(throws: MessageError.self) { try SignerGuardFormat.decode(bytes + [0]) }
    }

    @Test func `W2: a slot that is torn or flipped anywhere is not read`() throws {
        let owner = try #require(self.owner)
        let slot = try #require(SafetyRecordFormat.encode(owner: owner, counter: 6, record: self.sample))
        for offset in stride(from: 0, to: 420, by: 1) {
            var broken = slot
            broken[offset] ^= 0x40
            #expect(throws: MessageError.self) { try SafetyRecordFormat.decode(broken) }
        }
        for length in [0, 1, 14, 26, 401, 8191] { #expect(throws: MessageError.self) { try SafetyRecordFormat.decode(Array(slot.prefix(length))) } }
        // A length field that points outside.
        var long = slot
        long[22] = 0xff
        #expect(throws: MessageError.self) { try SafetyRecordFormat.decode(long) }
    }

    // MARK: Recovery

    @Test func `W5 and W6: what a node may do after a start follows from record, guard and head`() throws {
        let owner = try #require(self.owner)
        var slots = SafetyRecordSlots(owner: owner)
        #expect(Recovery.decide(slots: slots, guard: SignerGuard(), owner: owner, head: 0) == .begin(height: 1))
        #expect(Recovery.decide(slots: nil, guard: nil, owner: owner, head: 3) == .burned(.unreadableRecord))
        _ = slots.write(self.sample)
        #expect(Recovery.decide(slots: slots, guard: nil, owner: owner, head: 8) == .begin(height: 9))
        #expect(Recovery.decide(slots: slots, guard: nil, owner: owner, head: 7) == .resume(self.sample))
        #expect(Recovery.decide(slots: slots, guard: nil, owner: owner, head: 3) == .abstain(untilStored: 7, then: self.sample))
        var signerGuard = SignerGuard()
        try signerGuard.claim(height: 8, round: 1, kind: 1, signedBytes: [1])
        #expect(Recovery.decide(slots: slots, guard: signerGuard, owner: owner, head: 7) == .resume(self.sample))
        try signerGuard.claim(height: 8, round: 2, kind: 1, signedBytes: [2])
        #expect(Recovery.decide(slots: slots, guard: signerGuard, owner: owner, head: 7) == .burned(.staleRecord))
    }

    @Test func `W8: a record of another key or machine is not used`() throws {
        let owner = try #require(self.owner)
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
        bench.timeout(.precommit)
        bench.propose(Fake.proposal(2, 9, round: 1))
        #expect(bench.signed.last == "prevote 1 nil")
    }

    @Test func `planted: a lock forgotten at a restart is found as evidence against an honest member`() {
        func evidence(_ change: (inout SafetyRecord) -> Void) -> [Evidence] {
            var bench = self.restarted(forgetting: change)
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
