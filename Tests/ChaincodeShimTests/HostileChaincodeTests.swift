import Chaincode
import ChaincodeShim
import ContractVM
import FabricMessages
import LedgerModel
import Synchronization
import TestSupport
import Testing

/// Chaincodes that send anything at any time, drawn from seeds: there is an answer, nothing, or the end, and the same again for the same seed.
struct HostileChaincodeTests {
    /// What a session and its exchanges answered, as bytes.
    private static func run(seed: UInt64, steps: Int) throws -> [[UInt8]] {
        let channel = InMemoryChannel()
        channel.define("goods")
        try channel.fill((0..<120).map { ("k\($0)", "v\($0)") })
        let log = Log()
        _ = try? channel.talk { conversation throws in
            var random = SeededGenerator(exactSeed: seed)
            var session = SessionTests.ready()
            let id = conversation.id
            try session.begin(id)
            for _ in 0..<steps {
                let message = Self.message(id, &random)
                switch session.receive(message) {
                case .deliver(let target, let message):
                    #expect(target == id, "seed \(seed)")
                    switch conversation.step(message) {
                    case .reply(let answer):
                        #expect(answer.type == .response || answer.type == .error, "seed \(seed)")
                        #expect(answer.txid == message.txid && answer.channelID == message.channelID, "seed \(seed)")
                        log.append(answer.encoded())
                        session.answered(id)
                    case .completed(let response):
                        log.append(response.payload)
                        session.end(id)
                        try session.begin(id)
                    case .failed(let failure):
                        log.append(Array(failure.reason.utf8))
                        session.end(id)
                        try session.begin(id)
                    }
                case .reply(let answer):
                    #expect(answer.type == .error, "seed \(seed)")
                    log.append(answer.encoded())
                case .nothing: log.append([])
                case .register: Issue.record("a second registration was asked about, seed \(seed)")
                case .end(let reason):
                    log.append(Array(reason.utf8))
                    session = SessionTests.ready()
                    try session.begin(id)
                }
                #expect(session.openCount == 1, "seed \(seed)")
            }
            return Response()
        }
        return log.entries
    }

    /// Mostly requests, with payloads of the right kind, of another, damaged, or random; sometimes of another transaction.
    private static func message(_ id: ShimTransactionID, _ random: inout SeededGenerator) -> ShimMessage {
        let requests: [ShimMessage.TypeEnum] = [
            .getState, .putState, .delState, .getStateByRange, .queryStateNext, .queryStateClose, .getHistoryForKey, .getStateMetadata,
            .putStateMetadata, .getPrivateDataHash, .purgePrivateData, .writeBatchState, .getStateMultiple, .getQueryResult, .invokeChaincode,
        ]
        let kind = random.next() % 100
        let type =
            kind < 92
            ? requests[Int(random.next() % UInt64(requests.count))]
            : (ShimMessage.TypeEnum(rawValue: Int(random.next() % 30)) ?? .undefined)
        let samples = [
            Shim.key("k\(random.next() % 200)"), Shim.put("k\(random.next() % 200)", "w"), Shim.range("", "k3"),
            Shim.range("k", "", page: Int32(truncatingIfNeeded: random.next() % 7), bookmark: "k5"), Shim.next("\(random.next() % 9)"),
            Shim.key("k1", collection: "_implicit_org_Org1MSP"), random.bytes(count: Int(random.next() % 40)), [],
        ]
        var payload = samples[Int(random.next() % UInt64(samples.count))]
        if random.next() % 4 == 0, !payload.isEmpty {
            payload[Int(random.next() % UInt64(payload.count))] ^= UInt8(truncatingIfNeeded: 1 << (random.next() % 8))
        }
        var message = id.message(type, payload)
        if random.next() % 20 == 0 { message.txid = "nobody" }
        if random.next() % 30 == 0 { message.channelID = "" }
        return message
    }

    @Test(arguments: [1, 2, 20_261_122] as [UInt64])
    func `whatever a chaincode sends has an answer, nothing or the end, and always the same one`(seed: UInt64) throws {
        let first = try Self.run(seed: seed, steps: 400)
        #expect(first.count == 400)
        #expect(try Self.run(seed: seed, steps: 400) == first, "seed \(seed)")
    }

    /// A place for what a script has seen.
    private final class Log: Sendable {
        private let list = Mutex<[[UInt8]]>([])
        var entries: [[UInt8]] { self.list.withLock { $0 } }
        func append(_ entry: [UInt8]) { self.list.withLock { $0.append(entry) } }
    }
}
