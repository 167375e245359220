import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// Two slots, written in turn, on a disk that tears writes, forgets caches and fails (W2, W3, W5).
@Suite struct SafetyRecordSlotTests {
    private static let owner = ConsensusRecordTests.owner

    private func slots() throws -> SafetyRecordSlots { SafetyRecordSlots(owner: try #require(Self.owner)) }

    private static func write(_ slots: inout SafetyRecordSlots, _ record: SafetyRecord) throws -> (slot: Int, bytes: [UInt8]) {
        let written = slots.write(record)
        return try #require(written)
    }

    private func load(_ slots: [[UInt8]]) -> SafetyRecordSlots? { SafetyRecordSlots(slots: slots) { _, _ in } }

    private func numbered(_ number: UInt64) -> SafetyRecord {
        var record = SafetyRecord.unused
        record.height = number
        return record
    }

    // MARK: Damage

    @Test func `every truncation and every change of one byte of a slot is found, and the other slot is taken`() throws {
        var slots = try self.slots()
        let older = try Self.write(&slots, self.numbered(7))
        let newer = try Self.write(&slots, ConsensusRecordTests.sample)
        #expect(older.slot == 1 && newer.slot == 0)
        #expect(self.load([newer.bytes, older.bytes])?.record == ConsensusRecordTests.sample)
        for length in newer.bytes.indices {
            #expect(throws: MessageError.self, "\(length) bytes") { try SafetyRecordFormat.decode(Array(newer.bytes.prefix(length))) }
        }
        for offset in newer.bytes.indices {
            var damaged = newer.bytes
            damaged[offset] ^= UInt8(1 + offset % 255)
            #expect(throws: MessageError.self, "byte \(offset)") { try SafetyRecordFormat.decode(damaged) }
            // Both ways around, for a few: what is read is the other slot's record.
            if offset.isMultiple(of: 97) {
                #expect(self.load([damaged, older.bytes])?.record.height == 7)
                #expect(self.load([damaged, damaged]) == nil)
            }
        }
    }

    @Test func `a write that is torn anywhere leaves the new record or the one before it`() throws {
        var slots = try self.slots()
        let long = try Self.write(&slots, Self.largest(members: 30))
        let short = try Self.write(&slots, self.numbered(7))
        let next = try Self.write(&slots, ConsensusRecordTests.sample)
        #expect(long.slot == next.slot && long.bytes.count > next.bytes.count)
        for kept in stride(from: 0, through: next.bytes.count, by: 1) where kept < 600 || kept > 4090 {
            // The slot holds an older and longer record, of which the end remains.
            let torn = Array(next.bytes.prefix(kept)) + long.bytes.dropFirst(kept)
            let read = try #require(self.load([short.bytes, torn]), "torn after \(kept) bytes")
            // The zeros of the last bytes are the new record's; before them the older record shows through, and gives it away.
            #expect(read.record == (torn.starts(with: next.bytes) ? ConsensusRecordTests.sample : self.numbered(7)), "torn after \(kept) bytes")
        }
    }

    @Test func `two slots that contradict each other, and none at all, burn the key`() throws {
        var (left, right) = (try self.slots(), try self.slots())
        let one = try Self.write(&left, self.numbered(7)).bytes
        let other = try Self.write(&right, self.numbered(8)).bytes
        #expect(self.load([one, other]) == nil)
        #expect(self.load([]) == nil)
        #expect(self.load([[], []]) == nil)
        let base = try #require(Self.owner)
        let stranger = try #require(RecordOwner(chain: base.chain, consenter: 5, instance: base.instance, machine: base.machine))
        let foreign = try #require(SafetyRecordFormat.encode(owner: stranger, counter: 9, record: self.numbered(9)))
        #expect(self.load([one, foreign]) == nil)
        #expect(self.load([[], foreign])?.owner == stranger)
    }

    @Test func `after a start the next record goes to the slot that was not loaded`() throws {
        var slots = try self.slots()
        let bytes = try Self.write(&slots, self.numbered(7)).bytes
        for place in [0, 1] {
            var file: [[UInt8]] = [[], []]
            file[place] = bytes
            var rewritten: [Int] = []
            let read = SafetyRecordSlots(slots: file) { slot, again in
                rewritten.append(slot)
                #expect(again == bytes)
            }
            var loaded = try #require(read)
            #expect(rewritten == [place])
            let places = try (8...9).map { try Self.write(&loaded, self.numbered($0)).slot }
            #expect(places == [1 - place, place])
        }
    }

    @Test func `a record that cannot be made durable again starts nothing`() throws {
        struct Failure: Error {}
        var slots = try self.slots()
        let bytes = try Self.write(&slots, self.numbered(7)).bytes
        #expect(throws: Failure.self) { try SafetyRecordSlots(slots: [bytes]) { _, _ throws(Failure) in throw Failure() } }
    }

    // MARK: Size

    /// The longest record of a committee: every certificate full, and no two votes for the same block, which takes more liars than it may have.
    static func largest(members: UInt32) -> SafetyRecord {
        let signature = [UInt8](repeating: 0xff, count: ConsensusLimits.signatureBytes)
        func block(_ number: UInt32) -> BlockID { BlockID(number: UInt64(number)) }
        func form(_ number: UInt32) -> BlockForm {
            BlockForm(
                lastConfig: .max, blockHeader: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: ConsensusLimits.blockHeaderBytes),
                extendedHeader: [UInt8](repeating: 1, count: ConsensusLimits.extendedHeaderBytes))
        }
        let round: Round = 9
        let quorum = members - (members - 1) / 3
        let reason = RoundCertificate(
            height: .max, round: round,
            votes: (1...quorum).map { signer in
                let choice = VoteChoice.precommit(block(signer), lastConfig: .max)
                let vote = Vote(height: .max, round: round - 1, kind: .precommit, choice: choice, signer: signer)
                return SignedVote(vote: vote, form: form(signer), signature: signature)
            })
        let polka = VoteCertificate(
            height: .max, round: round, kind: .prevote, choice: .prevote(block(1), validRound: 3), form: nil,
            entries: (1...members).map { CommitCertificate.Entry(consenter: $0, signature: signature) })
        let messages = (round - ConsensusLimits.recordedRounds + 1...round).flatMap { round -> [SignRequest] in
            let id = block(UInt32(round))
            return [
                .proposal(BlockProposal(height: .max, round: round, id: id, validRound: -1, signer: 4), polka: nil),
                .vote(Vote(height: .max, round: round, kind: .prevote, choice: .prevote(id, validRound: -1), signer: 4), form: nil),
                .vote(
                    Vote(height: .max, round: round, kind: .precommit, choice: .precommit(id, lastConfig: .max), signer: 4), form: form(UInt32(round))
                ),
            ]
        }
        let valid = Replica.BlockInRound(id: block(1), round: round)
        return SafetyRecord(
            epoch: .max, height: .max, round: round, step: .precommit, locked: valid, valid: valid, polka: polka, roundCertificate: reason,
            messages: messages)
    }

    @Test(arguments: [4, 30, 64] as [UInt32]) func `the longest record of every committee fits into a slot`(members: UInt32) throws {
        #expect(members <= ConsensusLimits.members)
        var slots = try self.slots()
        let record = Self.largest(members: members)
        let written = try Self.write(&slots, record)
        #expect(written.bytes.count <= ConsensusLimits.slotBytes && written.bytes.count.isMultiple(of: ConsensusLimits.slotPageBytes))
        #expect(self.load([[], written.bytes])?.record == record)
        // It is close to what there is room for, so the slot is not larger than it needs to be.
        if Int(members) == ConsensusLimits.members { #expect(written.bytes.count > ConsensusLimits.slotBytes - 4096) }
    }

    @Test func `a record that is too long or does not fit together is not written`() throws {
        var slots = try self.slots()
        var record = ConsensusRecordTests.sample
        record.roundCertificate = RoundCertificate(height: 8, round: 2, votes: record.roundCertificate?.votes ?? [])
        #expect(slots.write(record) == nil)
        record = ConsensusRecordTests.sample
        record.polka = nil
        #expect(slots.write(record) == nil)
        record = ConsensusRecordTests.sample
        record.messages = Array(repeating: record.messages[1], count: 300)
        #expect(slots.write(record) == nil)
        #expect(slots.counter == 0)
    }

    @Test func `a round certificate keeps no more votes than it needs, and the cheapest`() throws {
        let votes =
            [Fake.precommit(1, 5), Fake.precommit(2, nil), Fake.precommit(3, 6), Fake.precommit(4, 6), Fake.precommit(5, nil), Fake.precommit(6, 7)]
        let trimmed = RoundCertificate(height: 1, round: 1, votes: votes).trimmed(to: 4)
        #expect(trimmed.votes.map(\.vote.signer) == [2, 3, 4, 5])
        let one = RoundCertificate(height: 1, round: 1, votes: votes).trimmed(to: 5)
        #expect(one.votes.map(\.vote.signer) == [1, 2, 3, 4, 5])
        var bench = Bench(me: 7, of: 7)
        bench.feed(.message(.round(RoundCertificate(height: 1, round: 1, votes: votes)), from: 1))
        #expect(bench.replica.roundCertificate?.votes.count == 5)
    }

    // MARK: What the cache of the system hides

    /// What a start does with the record that it has read.
    enum Start: CaseIterable, Sendable {
        /// As the production code asks for.
        case writesAgain
        /// Believes what it has read.
        case believes
        /// Writes it again, but over the only other record.
        case writesOver
    }

    /// A file of two slots under a cache: reads see the cache, a loss of power leaves the platter.
    private struct CachedFile {
        var cache: [[UInt8]] = [[], []]
        var platter: [[UInt8]] = [[], []]
        var isDirty = [false, false]

        mutating func write(_ bytes: [UInt8], slot: Int) {
            self.cache[slot] = bytes + self.cache[slot].dropFirst(bytes.count)
            self.isDirty[slot] = true
        }

        /// A sync that fails has dropped what it should have written, and the cache still shows it.
        mutating func sync(fails: Bool) -> Bool {
            for slot in [0, 1] where self.isDirty[slot] {
                if !fails { self.platter[slot] = self.cache[slot] }
                self.isDirty[slot] = false
            }
            return !fails
        }

        /// What was not synced is there, or not, or in part.
        mutating func losePower(_ random: inout SeededGenerator) {
            for slot in [0, 1] where self.isDirty[slot] {
                switch random.next() % 3 {
                case 0: break
                case 1: self.platter[slot] = self.cache[slot]
                default: self.platter[slot] = Array(self.cache[slot].prefix(200)) + self.platter[slot].dropFirst(200)
                }
            }
            self.cache = self.platter
            self.isDirty = [false, false]
        }
    }

    /// One life after the other on one disk.
    ///
    /// - Returns: Whether a start found an older record than one on which an earlier life had acted.
    private func forgets(seed: UInt64, start: Start) throws -> Bool {
        var random = SeededGenerator(exactSeed: seed)
        var file = CachedFile()
        var slots = try self.slots()
        var acted: UInt64 = 1
        let first = try Self.write(&slots, self.numbered(1))
        file.write(first.bytes, slot: first.slot)
        _ = file.sync(fails: false)
        var life: SafetyRecordSlots? = slots
        for _ in 0..<24 {
            guard var running = life else {
                // A start, after a loss of power or not.
                if random.next() % 3 == 0 { file.losePower(&random) }
                let (fails, endsBefore) = (random.next() % 4 == 0, random.next() % 4 == 0)
                struct Stop: Error {}
                life = try? SafetyRecordSlots(slots: file.cache) { slot, bytes throws(Stop) in
                    guard start != .believes else { return }
                    file.write(bytes, slot: start == .writesOver ? 1 - slot : slot)
                    guard !endsBefore, file.sync(fails: fails) else { throw Stop() }
                }
                guard let life else {
                    // Neither slot can be read: what was acted on is lost.
                    if self.load(file.cache) == nil { return true }
                    continue
                }
                if life.record.height < acted { return true }
                acted = life.record.height
                continue
            }
            let written = try Self.write(&running, self.numbered(running.record.height + 1))
            file.write(written.bytes, slot: written.slot)
            life = nil
            switch random.next() % 6 {
            case 0: break  // Killed before the sync.
            case 1: _ = file.sync(fails: true)  // W3: the process stops.
            case 2: file.losePower(&random)
            default:
                _ = file.sync(fails: false)
                acted = running.record.height
                life = running
            }
        }
        return false
    }

    @Test func `W5: no start finds less than what an earlier one has acted on`() throws {
        for seed in 1...60 as ClosedRange<UInt64> { #expect(try !self.forgets(seed: seed, start: .writesAgain), "seed \(seed)") }
    }

    @Test(arguments: [Start.believes, .writesOver])
    func `planted: a start that does not write the record again, or over the other one, is found`(start: Start) throws {
        #expect(try (1...60 as ClosedRange<UInt64>).contains { try self.forgets(seed: $0, start: start) })
    }
}
