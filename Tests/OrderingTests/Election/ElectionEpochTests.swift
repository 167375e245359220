import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct ElectionEpochTests {
    private func ids(_ range: ClosedRange<Int>) -> [MSPID] { range.map { ElectionWorld.id($0) } }

    private func result(_ count: Int, _ sizes: ElectionSizes, epoch: UInt64 = 1, from first: Int = 1) -> CommitteeResult {
        let seed = [UInt8](repeating: 5, count: 32)
        let ranking = count > 0 ? self.ids(first...(first + count - 1)) : []
        return ElectionTally(
            election: seed, issued: 0, committed: 0, revealed: 0, seed: seed,
            ranking: ranking.map { ElectionTally.Standing(member: $0, approvals: 0, offencePoints: 0) }
        ).result(sizes: sizes, epoch: epoch)
    }

    private func record(_ preset: ElectionSizes.Preset, count: Int? = nil) -> EpochRecord {
        EpochRecord(self.result(count ?? preset.sizes.pool, preset.sizes), sizes: preset.sizes, firstHeight: 100)
    }

    /// Nobody in two places, nobody from outside, lists within their sizes.
    private func check(_ record: EpochRecord, _ context: String) {
        let all = record.producers + record.auditNodes + record.standbys
        #expect(Set(all).count == all.count, "\(context)")
        #expect(record.producers.count <= record.sizes.producers && record.auditNodes.count <= record.sizes.auditNodes, "\(context)")
        #expect(record.producers.count >= record.fewestProducers, "\(context)")
        #expect(Set(record.producers).isSuperset(of: record.leaving), "\(context)")
        #expect(record.auditNodes.count == record.sizes.auditNodes || record.standbys.isEmpty, "\(context)")
    }

    @Test func `an election takes effect at the first boundary two heights after it closed`() throws {
        let calendar = try #require(EpochCalendar(blocks: 100))
        for (closed, first) in [(0, 100), (97, 100), (98, 100), (99, 200), (100, 200), (198, 200), (199, 300)] as [(UInt64, UInt64)] {
            #expect(calendar.firstHeight(afterElectionClosedAt: BlockNumber(closed)) == BlockNumber(first))
        }
        #expect(calendar.firstHeight(afterElectionClosedAt: BlockNumber(.max)) == nil)
        #expect(calendar.firstHeight(afterElectionClosedAt: BlockNumber(.max - 5)) == nil)
        #expect(EpochCalendar(blocks: 0) == nil)
        #expect(HandOver.acts(decidedAt: 7) == 9)
        #expect(HandOver.acts(decidedAt: BlockNumber(.max - 1)) == nil)
    }

    @Test func `the highest audit node takes the place of an evicted producer, the highest standby fills up, the rest keep their order`() {
        let before = self.record(.medium)
        let change = before.evicting([ElectionWorld.id(3)])
        let after = change.record
        #expect(after.producers == [1, 2, 8, 4, 5, 6, 7].map { ElectionWorld.id($0) })
        #expect(after.auditNodes == self.ids(9...12))
        #expect(after.standbys == self.ids(13...21))
        #expect(after.vacantSeats == 1 && !after.needsByElection && after.leaving.isEmpty && change.alarms.isEmpty)
        #expect(
            change.moves == [
                EpochChange.Move(ElectionWorld.id(8), from: .auditNode, to: .producer),
                EpochChange.Move(ElectionWorld.id(3), from: .producer, to: nil),
                EpochChange.Move(ElectionWorld.id(12), from: .standby, to: .auditNode),
            ])
        #expect(after.place(of: ElectionWorld.id(3)) == nil)
        // The same proof again changes nothing.
        #expect(after.evicting([ElectionWorld.id(3)]).record == after)
    }

    @Test func `B-R: after any eviction while there are standbys the lists stay 30 and 20`() {
        let generator = SeededGenerator(seed: 3_020)
        var random = generator
        for _ in 0..<20 {
            var record = self.record(.paper)
            for _ in 0..<40 {
                let all = record.producers + record.auditNodes + record.standbys
                let offender = all[Int(random.next() % UInt64(all.count))]
                record = record.evicting([offender]).record
                self.check(record, "\(generator)")
                #expect(record.place(of: offender) == nil)
                #expect(record.producers.count == 30 && record.auditNodes.count == 20, "\(generator)")
            }
            #expect(record.vacantSeats == 40)
        }
    }

    @Test func `at most f producers leave at one height, the rest at the next ones, and more than f raise the alarm`() {
        let before = self.record(.medium)
        #expect(before.faults == 2 && before.quorum == 5)
        var change = before.evicting(self.ids(1...5))
        #expect(change.alarms == [.possibleFork(convicted: 5, faults: 2)])
        #expect(change.record.producers == [8, 9, 3, 4, 5, 6, 7].map { ElectionWorld.id($0) })
        #expect(change.record.leaving == self.ids(3...5))
        change = change.record.evicting([])
        #expect(change.record.producers == [8, 9, 10, 11, 5, 6, 7].map { ElectionWorld.id($0) })
        #expect(change.alarms.isEmpty)
        change = change.record.evicting([])
        #expect(change.record.leaving.isEmpty)
        #expect(change.record.producers == [8, 9, 10, 11, 12, 6, 7].map { ElectionWorld.id($0) })
        #expect(before.evicting(self.ids(1...2)).alarms.isEmpty)
    }

    @Test func `who is convicted at the same height is not promoted`() {
        let change = self.record(.medium).evicting([ElectionWorld.id(1), ElectionWorld.id(8), ElectionWorld.id(12), ElectionWorld.id(8)])
        #expect(change.record.producers.first == ElectionWorld.id(9))
        #expect(change.record.auditNodes == [10, 11, 13, 14].map { ElectionWorld.id($0) })
        #expect(change.record.vacantSeats == 3)
        #expect(change.record.evicting(["nobody"]).record == change.record)
    }

    @Test func `without anybody to promote the committee shrinks to four and not below, and a convicted member then waits`() {
        let five = try? ElectionSizes(pool: 6, producers: 5, auditNodes: 0, maxChoices: 4)
        let sizes = five ?? ElectionSizes.Preset.dev.sizes
        var record = EpochRecord(self.result(5, sizes), sizes: sizes, firstHeight: 1)
        #expect(record.hadFour && record.fewestProducers == 4)
        record = record.evicting([ElectionWorld.id(2)]).record
        #expect(record.producers == [1, 3, 4, 5].map { ElectionWorld.id($0) })
        #expect(record.needsByElection)
        let change = record.evicting([ElectionWorld.id(1)])
        #expect(change.alarms == [.nobodyToPromote(ElectionWorld.id(1))])
        #expect(change.record.producers == record.producers && change.record.leaving == [ElectionWorld.id(1)])
        // The by-election brings two for the one empty seat: one is taken in, and at once takes the convicted member's place.
        let admitted = change.record.admitting(self.result(2, sizes, from: 10), seats: 2)
        #expect(admitted.record.producers == [10, 3, 4, 5].map { ElectionWorld.id($0) })
        #expect(admitted.record.leaving.isEmpty)
        #expect(admitted.record.vacantSeats == 1)
        #expect(admitted.record.admitting(self.result(2, sizes, from: 11), seats: 0).record == admitted.record)
        let full = admitted.record.admitting(self.result(2, sizes, from: 11), seats: 5).record
        #expect(full.producers == [10, 3, 4, 5, 11].map { ElectionWorld.id($0) } && full.vacantSeats == 0)
    }

    @Test func `a committee of one keeps its only member until another comes`() {
        let solo = self.record(.solo)
        let change = solo.evicting([ElectionWorld.id(1)])
        #expect(change.record.producers == self.ids(1...1))
        #expect(change.alarms == [.possibleFork(convicted: 1, faults: 0), .nobodyToPromote(ElectionWorld.id(1))])
        #expect(solo.demoting(ElectionWorld.id(1)).record == solo)
    }

    @Test func `who misses too much goes behind the last standby and is not barred`() {
        let before = self.record(.medium)
        let producer = before.demoting(ElectionWorld.id(2)).record
        #expect(producer.producers == [1, 8, 3, 4, 5, 6, 7].map { ElectionWorld.id($0) })
        #expect(producer.standbys == self.ids(13...21) + [ElectionWorld.id(2)])
        #expect(producer.vacantSeats == 0)
        let auditNode = before.demoting(ElectionWorld.id(9)).record
        #expect(auditNode.auditNodes == [8, 10, 11, 12].map { ElectionWorld.id($0) })
        #expect(auditNode.standbys.last == ElectionWorld.id(9))
        #expect(before.demoting(ElectionWorld.id(12)).record.standbys == self.ids(13...21) + [ElectionWorld.id(12)])
        #expect(before.demoting("nobody").record == before)
        // Without standbys an audit node stays: there is nobody behind whom it could go.
        let dev = self.record(.dev)
        #expect(dev.demoting(ElectionWorld.id(5)).record == dev)
    }

    @Test func `too few candidates: the largest committee possible, and never below four once there were four`() throws {
        let sizes = ElectionSizes.Preset.medium.sizes
        let old = self.record(.medium)
        for count in 4...21 {
            guard case .takesOffice(let next) = old.next(self.result(count, sizes, epoch: 2), sizes: sizes, firstHeight: 200) else {
                Issue.record("\(count) candidates do not take office")
                continue
            }
            #expect(next.producers.count == min(7, count) && next.auditNodes.count == min(4, max(0, count - 7)))
            #expect(next.number == 2 && next.firstHeight == 200 && next.hadFour)
        }
        for count in 0...3 {
            #expect(
                old.next(self.result(count, sizes), sizes: sizes, firstHeight: 200)
                    == .oldCommitteeStays(.tooFewCandidates(found: count, needed: 4)))
        }
        let solo = self.record(.solo)
        #expect(!solo.hadFour)
        guard case .takesOffice(let grown) = solo.next(self.result(3, sizes), sizes: sizes, firstHeight: 2) else {
            throw ElectionWorld.Missing(what: "")
        }
        #expect(grown.producers.count == 3 && !grown.hadFour)
        #expect(
            grown.next(self.result(0, sizes), sizes: sizes, firstHeight: 2) == .oldCommitteeStays(.tooFewCandidates(found: 0, needed: 1)))
    }

    @Test func `any sequence of changes keeps the lists apart and within their sizes`() {
        let generator = SeededGenerator(seed: 2_025)
        var random = generator
        for preset in [ElectionSizes.Preset.dev, .medium, .solo] {
            for _ in 0..<60 {
                var record = self.record(preset, count: Int(random.next() % UInt64(preset.sizes.pool)) + 1)
                var newcomer = 500
                for _ in 0..<30 {
                    let all = record.producers + record.auditNodes + record.standbys
                    let anybody = all[Int(random.next() % UInt64(all.count))]
                    switch random.next() % 4 {
                    case 0: record = record.evicting([anybody, record.producers[0]]).record
                    case 1: record = record.demoting(anybody).record
                    case 2: record = record.evicting([]).record
                    default:
                        record = record.admitting(self.result(2, preset.sizes, from: newcomer), seats: Int(random.next() % 3)).record
                        newcomer += 2
                    }
                    self.check(record, "\(generator)")
                    #expect((try? EpochRecordFormat.decode(EpochRecordFormat.encode(record))) == record, "\(generator)")
                }
            }
        }
    }

    @Test func `the bytes of an epoch record are fixed, and damaged ones are refused`() throws {
        let sizes = ElectionSizes.Preset.dev.sizes
        let record = EpochRecord(
            number: 2, firstHeight: 0x0102, sizes: sizes, producers: ["a", "b", "c", "d"], auditNodes: ["e"], standbys: [],
            seed: [UInt8](repeating: 5, count: 32), leaving: ["b"], vacantSeats: 1)
        let golden = """
            53454c564147452d45504f2d31
            0000000000000002 0000000000000102 0006 0004 0002 0004
            0505050505050505050505050505050505050505050505050505050505050505
            01 0001
            0004 0001 61 0001 62 0001 63 0001 64
            0001 0001 65
            0000
            0001 0001 62
            """
        let bytes = EpochRecordFormat.encode(record)
        #expect(Hex.encode(bytes) == Hex.decode(golden).map { Hex.encode($0) })
        #expect(EpochRecordFormat.hash(record) == SHA256.hash(bytes))
        #expect(try EpochRecordFormat.decode(bytes) == record)
        for length in 0..<bytes.count { #expect(throws: MessageError.self) { try EpochRecordFormat.decode(Array(bytes.prefix(length))) } }
        #expect(throws: MessageError.self) { try EpochRecordFormat.decode(bytes + [0]) }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0xff
            #expect((try? EpochRecordFormat.decode(changed)) != record)
        }
        for wrong in ["0001 0001 7a", "0001 0001 65"] {
            var changed = bytes.dropLast(5)
            changed += Hex.decode(wrong) ?? []
            #expect(throws: MessageError.self) { try EpochRecordFormat.decode(Array(changed)) }
        }
    }
}

@Suite struct ElectionBarringTests {
    private let a = ElectionWorld.id(1)
    private let b = ElectionWorld.id(2)

    @Test func `proof bars for the epoch or for good, burns the key for ever, and a vote can lift the bar`() throws {
        var register = BarringRegister()
        let key = try SigningKey(rawScalar: ElectionKeys.scalar(1)).publicKey.x963
        register.bar(self.a, consensusKey: key, epoch: 5, policy: .forTheEpoch)
        #expect(!register.mayHoldOffice(self.a, in: 5) && register.mayHoldOffice(self.a, in: 6) && register.mayHoldOffice(self.b, in: 5))
        #expect(register.isBurned(key) && register.burnedKeys == [SHA256.hash(key)])
        register.bar(self.a, consensusKey: key, epoch: 3, policy: .forTheEpoch)
        #expect(!register.mayHoldOffice(self.a, in: 5))
        register.bar(self.a, consensusKey: key, epoch: 6, policy: .forGood)
        register.bar(self.a, consensusKey: key, epoch: 9, policy: .forTheEpoch)
        #expect(!register.mayHoldOffice(self.a, in: .max))
        register.readmit(self.a)
        #expect(register.mayHoldOffice(self.a, in: 5) && register.isBurned(key))
        register.barForGood(self.b)
        #expect(register.barred.map(\.member) == [self.b] && !register.mayHoldOffice(self.b, in: .max))
    }

    @Test func `every offence has its price`() {
        let evicted = OffenceCode.allCases.filter { $0.sanction == .evictAndBar }.map(\.rawValue)
        #expect(evicted == ["E1", "E2", "E3", "E7"])
        #expect(OffenceCode.allCases.filter { $0.sanction == .evict }.map(\.rawValue) == ["E4", "E5", "E8"])
        #expect(OffenceCode.censorship.sanction == .strike && OffenceCode.strikesToEvict == 3)
        #expect(OffenceCode.missedSignatures.sanction == .demote && OffenceCode.missedProposals.sanction == .demote)
    }

    @Test func `a burned or used key cannot stand for election again`() throws {
        var register = BarringRegister()
        let key = try SigningKey(rawScalar: ElectionKeys.scalar(5_000)).publicKey.x963
        register.bar(self.b, consensusKey: key, epoch: 1, policy: .forTheEpoch)
        var world = try ElectionWorld(usedKeys: register.burnedKeys)
        #expect(throws: ElectionRefusal.keyInUse(self.a)) { try world.register([self.a]) }
        try world.register([self.b])
    }

    @Test func `consensus keys count from the next epoch, are never used twice, and have to be replaced in time`() throws {
        func key(_ number: Int) throws -> [UInt8] { try SigningKey(rawScalar: ElectionKeys.scalar(number)).publicKey.x963 }
        var register = ConsensusKeyRegister()
        var barring = BarringRegister()
        try register.register(key(1), of: self.a, in: 0, barring: barring)
        #expect(register.key(of: self.a, in: 0) == nil)
        #expect(try register.key(of: self.a, in: 1) == key(1))
        #expect(throws: ConsensusKeyRefusal.used(self.a)) { try register.register(key(1), of: self.a, in: 1, barring: barring) }
        #expect(throws: ConsensusKeyRefusal.used(self.b)) { try register.register(key(1), of: self.b, in: 1, barring: barring) }
        barring.bar(self.b, consensusKey: try key(9), epoch: 1, policy: .forTheEpoch)
        #expect(throws: ConsensusKeyRefusal.burned(self.a)) { try register.register(key(9), of: self.a, in: 1, barring: barring) }
        #expect(throws: ConsensusKeyRefusal.notAKey(self.a)) { try register.register([4, 5], of: self.a, in: 1, barring: barring) }
        #expect(throws: ConsensusKeyRefusal.lastEpoch) { try register.register(key(2), of: self.a, in: .max, barring: barring) }
        #expect(!register.mustReplace(of: self.a, in: 2, lifetime: 3) && register.mustReplace(of: self.a, in: 3, lifetime: 3))
        try register.register(key(2), of: self.a, in: 3, barring: barring)
        try register.register(key(3), of: self.a, in: 3, barring: barring)
        #expect(!register.mustReplace(of: self.a, in: 3, lifetime: 3))
        #expect(try register.key(of: self.a, in: 3) == key(1) && register.key(of: self.a, in: 4) == key(3))
        // The key that was replaced before it counted is used up too.
        #expect(throws: ConsensusKeyRefusal.used(self.b)) { try register.register(key(2), of: self.b, in: 4, barring: barring) }
        #expect(register.usedKeys.count == 3 && !register.mustReplace(of: self.b, in: 9, lifetime: 1))
    }
}
