import ChannelConfiguration
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

struct OrderingServiceTests {
    private typealias Service = OrderingService<CommitteeOfOne>

    let network: TestNetwork
    private let now = TestNetwork.now

    init() throws {
        self.network = try TestNetwork.shared.get()
    }

    private func service(
        _ settings: OrderingSettings = OrderingSettings(cutsWhenIdle: false), after blocks: [OrderedBlock] = [], bundle: ChannelBundle? = nil
    ) throws -> Service {
        OrderingService(
            bundle: bundle ?? self.network.bundle, consenter: try self.network.consenter(after: blocks.last), settings: settings, recent: blocks)
    }

    private func send(_ envelope: Envelope, to service: inout Service) -> BroadcastVerdict? {
        guard case .reply(let verdict)? = service.step(.broadcast(envelope, now: self.now)).first else { return nil }
        return verdict
    }

    private func blocks(_ outputs: [Service.Output]) -> [OrderedBlock] {
        outputs.compactMap { if case .block(let decision) = $0 { decision.block } else { nil } }
    }

    @Test func `three envelopes make a block: reply, timer, reply, reply, cancelled timer, block`() throws {
        var service = try self.service()
        let envelopes = try [1, 2, 3].map { try self.network.envelope($0) }
        #expect(
            service.step(.broadcast(envelopes[0], now: self.now)) == [.reply(.accepted), .startTimer(generation: 1, milliseconds: 200)])
        #expect(service.step(.broadcast(envelopes[1], now: self.now)) == [.reply(.accepted)])
        #expect(service.waitingCount == 2)
        let outputs = service.step(.broadcast(envelopes[2], now: self.now))
        #expect(outputs.count == 3)
        #expect(outputs.prefix(2) == [.reply(.accepted), .cancelTimer(generation: 1)])
        let block = try #require(self.blocks(outputs).first)
        #expect(block.envelopes == envelopes.map { $0.serialized() })
        #expect(try CanonicalBlock.fault(in: block, after: self.network.genesis, in: self.network) == nil)
        #expect(service.waitingCount == 0 && service.position.number == 1)
    }

    @Test func `the timer makes a block of what waits, at the timer's time`() throws {
        var service = try self.service()
        _ = service.step(.broadcast(try self.network.envelope(1), now: self.now))
        #expect(service.step(.timerFired(generation: 9, now: self.now)) == [])
        let later = Timestamp(seconds: self.now.seconds + 1)
        let block = try #require(self.blocks(service.step(.timerFired(generation: 1, now: later))).first)
        #expect(block.envelopes.count == 1)
        #expect(service.position.timeMs == later.millisecondsSince1970)
    }

    @Test func `an idle host gets a block at once, a busy one gets the rest when it is done`() throws {
        var service = try self.service(OrderingSettings())
        #expect(self.blocks(service.step(.broadcast(try self.network.envelope(1), now: self.now))).count == 1)
        #expect(
            service.step(.broadcast(try self.network.envelope(2), now: self.now))
                == [.reply(.accepted), .startTimer(generation: 1, milliseconds: 200)])
        let outputs = service.step(.blockTaken(now: self.now))
        #expect(outputs.first == .cancelTimer(generation: 1))
        #expect(self.blocks(outputs).map(\.number) == [2])
        #expect(service.step(.blockTaken(now: self.now)) == [])
    }

    @Test func `a refused envelope is answered and changes nothing`() throws {
        var service = try self.service(OrderingSettings())
        let outputs = service.step(.broadcast(try self.network.envelope(1, channel: "other"), now: self.now))
        #expect(outputs == [.reply(BroadcastVerdict(status: 400, info: "channel does not exist"))])
        #expect(service.position.number == 0 && service.waitingCount == 0)
    }

    @Test func `an envelope that still waits is answered with success and ordered once`() throws {
        var service = try self.service()
        let envelope = try self.network.envelope(1)
        #expect(self.send(envelope, to: &service)?.status == 200)
        #expect(service.step(.broadcast(envelope, now: self.now)) == [.reply(.accepted)])
        #expect(self.blocks(service.step(.timerFired(generation: 1, now: self.now))).first?.envelopes == [envelope.serialized()])
    }

    @Test func `another envelope of a waiting or ordered transaction is refused, and the same one again is taken without being ordered`() throws {
        var service = try self.service()
        let envelope = try self.network.envelope(1)
        _ = self.send(envelope, to: &service)
        let pending = self.send(try self.network.envelope(1, bytes: 7), to: &service)
        #expect(pending?.status == 400 && pending?.info.contains("already waiting") == true)
        _ = service.step(.timerFired(generation: 1, now: self.now))
        let ordered = self.send(try self.network.envelope(1, bytes: 7), to: &service)
        #expect(ordered == BroadcastVerdict(status: 400, info: "transaction \(self.network.id(1)) is already in block 1"))
        let again = service.step(.broadcast(envelope, now: self.now))
        #expect(again == [.reply(BroadcastVerdict(status: 200, info: "transaction \(self.network.id(1)) was taken: it is in block 1"))])
    }

    @Test func `the window reaches back W blocks, and a restart fills it from the ledger`() throws {
        var service = try self.service(OrderingSettings(replayBlocks: 2))
        var ledger = [self.network.genesis]
        for number in 1...3 as ClosedRange<UInt8> {
            ledger += self.blocks(service.step(.broadcast(try self.network.envelope(number), now: self.now)))
            _ = service.step(.blockTaken(now: self.now))
        }
        var restarted = try self.service(OrderingSettings(replayBlocks: 2), after: ledger)
        for number in [2, 3] as [UInt8] {
            let envelope = try self.network.envelope(number)
            #expect(self.send(envelope, to: &service)?.status == 400)
            #expect(self.send(envelope, to: &restarted)?.status == 400)
        }
        let old = try self.network.envelope(1)
        #expect(self.send(old, to: &service)?.status == 200)
        let blocks = self.blocks(restarted.step(.broadcast(old, now: self.now)))
        #expect(blocks.map(\.number) == [4])
        #expect(try CanonicalBlock.fault(in: try #require(blocks.first), after: ledger[3], in: self.network) == nil)
    }

    @Test func `with a window ids must be derived, without one nobody looks at them`() throws {
        let envelope = try self.network.envelope(1) { $0.transactionID = self.network.id(2) }
        var service = try self.service()
        #expect(self.send(envelope, to: &service)?.status == 400)
        #expect(self.send(try self.network.envelope(2), to: &service)?.status == 200)
        var open = try self.service(OrderingSettings(replayBlocks: 0))
        #expect(self.send(envelope, to: &open)?.status == 200)
        #expect(self.send(envelope, to: &open)?.status == 200)
        #expect(self.blocks(open.step(.blockTaken(now: self.now))).map(\.number) == [2])
    }

    @Test func `time is judged by the last block, and a chain at rest does not shut out anybody`() throws {
        var service = try self.service(OrderingSettings(maxAgeMilliseconds: 10_000))
        func verdict(_ number: UInt8, seconds: Int64?, now: Int64) throws -> Int32? {
            let time = seconds.map { Timestamp(seconds: $0) }
            let outputs = service.step(.broadcast(try self.network.envelope(number, time: time), now: Timestamp(seconds: now)))
            for case .block in outputs { _ = service.step(.blockTaken(now: Timestamp(seconds: now))) }
            guard case .reply(let verdict)? = outputs.first else { return nil }
            return verdict.status
        }
        let start = self.now.seconds
        // Block 0 has no time: only the future is judged.
        #expect(try verdict(1, seconds: start + 11, now: start) == 400)
        #expect(try verdict(1, seconds: nil, now: start) == 400)
        #expect(try verdict(1, seconds: start - 100, now: start) == 200)
        #expect(try verdict(2, seconds: start - 11, now: start) == 400)
        #expect(try verdict(2, seconds: start - 10, now: start) == 200)
        // An hour of rest later.
        #expect(try verdict(3, seconds: start + 3_600, now: start + 3_600) == 200)
        #expect(try verdict(4, seconds: start + 1, now: start + 3_600) == 400)
        #expect(try verdict(5, seconds: .max, now: start + 3_600) == 400)
        #expect(try verdict(6, seconds: -5, now: start + 3_600) == 400)
    }

    @Test func `a full queue answers 503 until the host has taken a block`() throws {
        var service = try self.service(OrderingSettings(cutsWhenIdle: false, unfinishedEnvelopes: 3))
        for number in 1...3 as ClosedRange<UInt8> { #expect(self.send(try self.network.envelope(number), to: &service)?.status == 200) }
        let fourth = try self.network.envelope(4)
        #expect(self.send(fourth, to: &service)?.status == 503)
        _ = service.step(.blockTaken(now: self.now))
        #expect(self.send(fourth, to: &service)?.status == 200)
    }

    @Test func `a consenter that cannot go on halts the service: told once, then 503 for all`() throws {
        let end = OrderedBlock(number: BlockNumber(.max), previousHash: [], envelopes: [[1]])
        var service = try self.service(OrderingSettings(), after: [end])
        let outputs = service.step(.broadcast(try self.network.envelope(1), now: self.now))
        #expect(outputs.count == 2)
        #expect(outputs.last == .halted(.exhausted(BlockNumber(.max))))
        guard case .reply(let verdict)? = outputs.first else { throw MessageError(part: "outputs", reason: "have no reply") }
        #expect(verdict.status == 503)
        #expect(self.send(try self.network.envelope(1), to: &service)?.status == 503)
        #expect(service.step(.blockTaken(now: self.now)) == [])
    }

    @Test func `a consenter without a leader answers 503 and takes nothing`() throws {
        let position = ChainPosition(genesis: self.network.genesis)
        var service = OrderingService(bundle: self.network.bundle, consenter: Leaderless(position: position), recent: [])
        let outputs = service.step(.broadcast(try self.network.envelope(1), now: self.now))
        #expect(outputs == [.reply(BroadcastVerdict(status: 503, info: "this orderer cannot order now: no leader"))])
        #expect(service.waitingCount == 0)
    }

    @Test func `a host may check envelopes by itself`() throws {
        var service = try self.service(OrderingSettings())
        let checked = try service.checks.check(self.network.envelope(1), now: self.now)
        #expect(self.blocks(service.step(.checked(checked, now: self.now))).count == 1)
    }

    @Test func `in any order of events every accepted envelope is in exactly one block, in order`() throws {
        let source = SeededGenerator(seed: 4_011)
        for round in 0..<8 as Range<UInt64> {
            var generator = SeededGenerator(exactSeed: source.seed &+ round)
            var service = try self.service(OrderingSettings(cutsWhenIdle: Bool.random(using: &generator), unfinishedEnvelopes: 7))
            var (accepted, ordered, generation, parent) = ([[UInt8]](), [[UInt8]](), UInt64(0), self.network.genesis)
            var number: UInt8 = 0
            for _ in 0..<60 {
                let input: Service.Input
                var sent: Envelope?
                switch Int.random(in: 0..<10, using: &generator) {
                case 0..<6:
                    number += 1
                    let size = [10, 3_000, 9_000][Int.random(in: 0..<3, using: &generator)]
                    let envelope = try self.network.envelope(number, bytes: size)
                    sent = envelope
                    input = .broadcast(envelope, now: self.now)
                case 6: input = .timerFired(generation: generation, now: self.now)
                default: input = .blockTaken(now: self.now)
                }
                for output in service.step(input) {
                    switch output {
                    case .reply(let verdict): if verdict.isAccepted, let sent { accepted.append(sent.serialized()) }
                    case .startTimer(let next, _): generation = next
                    case .cancelTimer: break
                    case .halted(let error): Issue.record("\(error), \(generator)")
                    case .block(let decision):
                        #expect(try CanonicalBlock.fault(in: decision.block, after: parent, in: self.network) == nil, "\(generator)")
                        parent = decision.block
                        ordered += decision.block.envelopes
                    }
                }
            }
            ordered += self.blocks(service.step(.timerFired(generation: generation, now: self.now))).flatMap(\.envelopes)
            #expect(ordered == accepted, "\(generator)")
        }
    }
}

/// A consenter that waits for its leader.
private struct Leaderless: BlockConsenter {
    let position: ChainPosition
    var unavailability: String? { "no leader" }
    mutating func order(_ batch: Batch, now: Timestamp) throws(OrderingError) -> [Decision] { [] }
}
