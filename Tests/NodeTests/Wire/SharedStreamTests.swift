import FabricMessages
import GRPCCore
import LedgerModel
import NIOCore
import NIOHPACK
import SelvageClient
import Synchronization
import Testing

@testable import Node

/// Many calls on one stream (decision 0033): our client against nodes that do everything by hand, and our server against such clients.
@Suite(.timeLimit(.minutes(10))) struct SharedStreamTests {
    private typealias Connection = ScriptedServer.Connection
    private typealias Request = SharedStreamFormat.Request

    private static let process = MethodDescriptor(fullyQualifiedService: "protos.Endorser", method: "ProcessProposal")
    private static let settings = RawHTTP2.frame(RawHTTP2.settings, [])
    private static let offer = (SharedStreamFormat.header, "1")

    private static func bytes(_ fill: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        fill(&buffer)
        return Array(buffer.readableBytesView)
    }

    private static func data(_ bytes: [UInt8], _ stream: UInt32, ends: Bool = false) -> [UInt8] {
        RawHTTP2.frame(RawHTTP2.data, flags: ends ? RawHTTP2.endOfStream : 0, stream: stream, bytes)
    }

    // MARK: - Our client

    /// What the client says on a shared stream, message by message.
    private struct Reading {
        private var reader = MessageReader(limit: SharedStreamFormat.requestBytes)
        private(set) var stream: UInt32 = 0

        /// Nil when the client has gone, or has ended the stream.
        mutating func next(_ connection: inout ScriptedServer.Connection) async throws -> SharedStreamFormat.Request? {
            while true {
                if let message = try self.reader.next() { return SharedStreamFormat.request(message) }
                guard let frame = await connection.next() else { return nil }
                guard frame.type == RawHTTP2.data else { continue }
                self.stream = frame.stream
                self.reader.take(ByteBuffer(bytes: frame.content))
                if frame.flags & RawHTTP2.endOfStream != 0, frame.content.isEmpty { return nil }
            }
        }
    }

    /// The first call has a stream of its own; its answer says that others can share one.
    private static func offerToShare(_ connection: inout ScriptedServer.Connection) async throws {
        try await connection.write(self.settings)
        guard let stream = await connection.call() else { return }
        try await connection.write(
            Connection.head([(":status", "200"), ("content-type", "application/grpc"), self.offer], stream: stream)
                + RawHTTP2.message([], stream: stream) + Connection.head([("grpc-status", "0")], stream: stream, ends: true))
    }

    private static func begin(_ stream: UInt32) -> [UInt8] {
        Connection.head([(":status", "200"), ("content-type", "application/grpc")], stream: stream)
    }

    private static func whileConnected(
        limits: ClientWireLimits = ClientWireLimits(), _ script: @Sendable @escaping (inout ScriptedServer.Connection) async throws -> Void,
        _ body: @Sendable @escaping (NodeConnection) async throws -> Void
    ) async throws {
        try await ScriptedServer.run(script) { server in
            let connection = try NodeConnection(to: server.address, name: "node", tls: nil, limits: limits)
            try await NodeConnection.whileOpen([connection]) {
                _ = try await connection.unary(Self.process, [0])
                try await body(connection)
            }
        }
    }

    private static func outcome(_ connection: NodeConnection, _ message: [UInt8]) async -> String {
        do {
            return String(decoding: try await connection.unary(Self.process, message), as: UTF8.self)
        } catch NodeConnectionError.failed(_, let code, _, let message) {
            return "\(code): \(message)"
        } catch NodeConnectionError.timedOut {
            return "timed out"
        } catch {
            return error is CancellationError ? "cancelled" : "unreachable"
        }
    }

    @Test func `calls share a stream, and each gets its own answer, in whatever order they come`() async throws {
        try await Self.whileConnected { connection async throws in
            try await Self.offerToShare(&connection)
            var (reading, calls): (Reading, [(UInt64, [UInt8])]) = (Reading(), [])
            while calls.count < 50 {
                guard case .call(let number, let path, let message) = try await reading.next(&connection) else { return }
                #expect(path == "/protos.Endorser/ProcessProposal")
                calls.append((number, Array(message.readableBytesView)))
            }
            var answers = Self.begin(reading.stream)
            for (number, message) in calls.reversed() {
                answers += Self.data(
                    Self.bytes {
                        if message[0] == 7 {
                            SharedStreamFormat.write(status: .notFound, "not é here", of: number, to: &$0)
                        } else {
                            SharedStreamFormat.write(answer: number, [65], message, to: &$0)
                        }
                    }, reading.stream)
            }
            // In pieces, wherever they are cut.
            try await connection.write(Array(answers.prefix(answers.count / 3)))
            try await connection.write(Array(answers.dropFirst(answers.count / 3)))
            while await connection.next() != nil {}
        } _: { connection in
            let outcomes = await withTaskGroup(of: (UInt8, String).self) { group in
                for name in UInt8(0)..<50 { group.addTask { (name, await Self.outcome(connection, [name, 66])) } }
                return await group.reduce(into: [UInt8: String]()) { $0[$1.0] = $1.1 }
            }
            for (name, outcome) in outcomes {
                #expect(outcome == (name == 7 ? "notFound: not é here" : String(decoding: [65, name, 66], as: UTF8.self)))
            }
        }
    }

    @Test func `a node that does not offer it is never asked to share a stream, and a large message has its own`() async throws {
        try await ScriptedServer.run { connection async throws in
            try await connection.write(Self.settings)
            while let stream = await connection.call() { try await connection.write(Connection.answer([65], stream: stream)) }
        } _: { server in
            let connection = try NodeConnection(to: server.address, name: "node", tls: nil)
            try await NodeConnection.whileOpen([connection]) {
                for _ in 0..<3 { #expect(await Self.outcome(connection, [1]) == "A") }
            }
        }
        try await Self.whileConnected { connection async throws in
            try await Self.offerToShare(&connection)
            // Room for all of it, so that windows need not be looked after.
            try await connection.write(
                RawHTTP2.frame(RawHTTP2.settings, [0, 4] + RawHTTP2.bytes(UInt32(1 << 20))) + RawHTTP2.frame(8, RawHTTP2.bytes(UInt32(1 << 20))))
            var bytes = 0
            while let frame = await connection.next() {
                guard frame.type == RawHTTP2.data else { continue }
                bytes += frame.content.count
                guard frame.flags & RawHTTP2.endOfStream != 0 else { continue }
                #expect(bytes == SharedStreamFormat.requestBytes + CallFormat.prefixBytes)
                try await connection.write(Connection.answer([65], stream: frame.stream))
            }
        } _: { connection in
            #expect(await Self.outcome(connection, [UInt8](repeating: 1, count: SharedStreamFormat.requestBytes)) == "A")
        }
    }

    @Test func `the node is told of calls that are given up, by their task or by their time`() async throws {
        var limits = ClientWireLimits()
        limits.callSeconds = 1
        let (given, seen) = (OneTimeSignal<[UInt64]>(), OneTimeSignal<Void>())
        try await Self.whileConnected(limits: limits) { connection async throws in
            try await Self.offerToShare(&connection)
            var (reading, open, givenUp): (Reading, [UInt64], [UInt64]) = (Reading(), [], [])
            while let request = try await reading.next(&connection) {
                switch request {
                case .call(let number, _, let message):
                    open.append(number)
                    if message.readableBytesView.elementsEqual([2]) { seen.fire(()) }
                case .giveUp(let number): givenUp.append(number)
                }
                guard givenUp.count == 2 else { continue }
                #expect(givenUp.sorted() == open.sorted())
                given.fire(givenUp)
                // An answer that comes too late is nobody's.
                try await connection.write(
                    Self.begin(reading.stream)
                        + Self.data(Self.bytes { SharedStreamFormat.write(answer: givenUp[0], [65], [], to: &$0) }, reading.stream))
                guard case .call(let number, _, _) = try await reading.next(&connection) else { return }
                try await connection.write(Self.data(Self.bytes { SharedStreamFormat.write(answer: number, [66], [], to: &$0) }, reading.stream))
                while await connection.next() != nil {}
            }
        } _: { connection in
            await withTaskGroup(of: String.self) { group in
                group.addTask { await Self.outcome(connection, [1]) }
                #expect(await group.next() == "timed out")
                group.addTask { await Self.outcome(connection, [2]) }
                _ = await seen.wait()
                group.cancelAll()
                #expect(await group.next() == "cancelled")
            }
            #expect(await given.wait()?.count == 2)
            #expect(await Self.outcome(connection, [3]) == "B")
        }
    }

    @Test func `a shared stream that ends badly ends its calls alone, and the next call opens another`() async throws {
        let ends: [@Sendable (UInt32) -> [UInt8]] = [
            { Connection.head([(":status", "200"), ("grpc-status", "14"), ("grpc-message", "stopping")], stream: $0, ends: true) },
            { RawHTTP2.frame(RawHTTP2.reset, stream: $0, RawHTTP2.bytes(UInt32(8))) },
            { Self.begin($0) + Self.data([0, 0, 0, 0, 2, 1, 1], $0) },
            { Self.begin($0) + Self.data([1, 0, 0, 0, 0], $0) },
            { Self.begin($0) + Self.data([], $0, ends: true) },
        ]
        try await Self.whileConnected { connection async throws in
            try await Self.offerToShare(&connection)
            for end in ends {
                var reading = Reading()
                guard try await reading.next(&connection) != nil else { return }
                try await connection.write(end(reading.stream))
            }
            var reading = Reading()
            guard case .call(let number, _, _) = try await reading.next(&connection) else { return }
            try await connection.write(
                Self.begin(reading.stream) + Self.data(Self.bytes { SharedStreamFormat.write(answer: number, [65], [], to: &$0) }, reading.stream))
            while await connection.next() != nil {}
        } _: { connection in
            var outcomes: [String] = []
            for name in UInt8(0)...5 { outcomes.append(String(await Self.outcome(connection, [name]).prefix(24))) }
            #expect(outcomes == ["unreachable", "unreachable", "internalError: an answer", "internalError: the answe", "unreachable", "A"])
        }
    }

    // MARK: - Our server

    private static func open(_ stream: UInt32) -> [UInt8] { RawHTTP2.call(SharedStreamFormat.path, stream: stream) }

    private static func call(_ number: UInt64, _ path: String, _ message: [UInt8], _ stream: UInt32) -> [UInt8] {
        self.data(self.bytes { SharedStreamFormat.write(call: number, path: path, message: message, to: &$0) }, stream)
    }

    /// What comes on a shared stream until it ends.
    private static func rest(
        _ stream: UInt32, _ connection: inout RawConnection, _ decoder: inout HPACKDecoder, until count: Int = .max
    ) async throws -> (answers: [SharedStreamFormat.Answer], status: String?) {
        var (answers, reader): ([SharedStreamFormat.Answer], MessageReader) = ([], MessageReader(limit: 1 << 20))
        while answers.count < count, let frame = try await connection.next() {
            switch frame.type {
            case RawHTTP2.data where frame.stream == stream:
                reader.take(ByteBuffer(bytes: frame.content))
                while let message = try reader.next() { if let answer = SharedStreamFormat.answer(message) { answers.append(answer) } }
            case RawHTTP2.headers:
                var block = ByteBuffer(bytes: frame.content)
                let headers = try decoder.decodeHeaders(from: &block)
                if frame.stream == stream, frame.flags & RawHTTP2.endOfStream != 0 { return (answers, headers.first(name: "grpc-status")) }
            case RawHTTP2.reset where frame.stream == stream: return (answers, nil)
            default: break
            }
        }
        return (answers, nil)
    }

    private static let broadcast = "/orderer.AtomicBroadcast/Broadcast"

    @Test func `calls on a shared stream are answered, each by its number, and then the stream ends well`() async throws {
        let network = try NodeNetwork()
        let envelopes = try (UInt8(1)...40).map { try network.envelope(nonce: [3, $0]).serialized() }
        try await network.served { world async throws in
            try await RawConnection.open(world.orderer) { connection in
                var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
                try await connection.begin()
                var bytes = Self.open(1)
                for (index, envelope) in envelopes.enumerated() { bytes += Self.call(UInt64(index) + 1, Self.broadcast, envelope, 1) }
                bytes += Self.call(41, "/orderer.AtomicBroadcast/Deliver", [], 1) + Self.call(42, Self.broadcast, [0xFF], 1)
                // Of a call that is not there any more nothing is heard.
                bytes += Self.data(Self.bytes { SharedStreamFormat.write(giveUp: 99, to: &$0) }, 1)
                try await connection.write(bytes + Self.data([], 1, ends: true))
                let (answers, status) = try await Self.rest(1, &connection, &decoder)
                #expect(status == "0" && answers.count == 42)
                var codes: [UInt64: RPCError.Code?] = [:]
                for answer in answers {
                    switch answer {
                    case .message(let number, let message):
                        codes[number] = .some(nil)
                        #expect(try Orderer_BroadcastResponse.decode(Array(message.readableBytesView), as: "reply").status == .success)
                    case .status(let number, let code, _): codes[number] = code
                    }
                }
                #expect(codes[41] == .unimplemented && codes[42] == .internalError)
                #expect((UInt64(1)...40).allSatisfy { codes[$0] == .some(nil) })
            }
        }
    }

    @Test func `what breaks the rules of a shared stream ends it, and no other call`() async throws {
        let network = try NodeNetwork()
        var limits = WireLimits()
        limits.gatewayWaits = 2
        try await network.withGateway(limits: limits) { world async throws in
            let request = try world.statusRequest(TransactionID("00")).encoded()
            let status = "/gateway.Gateway/CommitStatus"
            try await RawConnection.open(try await world.server.endpoint()) { connection in
                var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
                try await connection.begin()
                // One that waits, and a second one with its number.
                try await connection.write(Self.open(1) + Self.call(1, status, request, 1) + Self.call(1, status, request, 1))
                #expect(try await Self.rest(1, &connection, &decoder).status == "13")
                try await connection.write(Self.open(3) + Self.data([0, 0, 0, 0, 3, 1, 2, 3], 3))
                #expect(try await Self.rest(3, &connection, &decoder).status == "13")
                try await connection.write(Self.open(5) + Self.data([0, 0, 4, 0, 1], 5))
                #expect(try await Self.rest(5, &connection, &decoder).status == "8")
                try await connection.write(Self.open(7) + Self.data([0, 0, 0, 0, 9, 1], 7, ends: true))
                #expect(try await Self.rest(7, &connection, &decoder).status == "13")
                // The places of the calls that ended with their stream are free again: two may wait, a third one may not.
                var number: UInt64 = 3
                try await connection.write(Self.open(9) + Self.call(1, status, request, 9) + Self.call(2, status, request, 9))
                try await connection.write(Self.call(number, status, request, 9))
                let (first, _) = try await Self.rest(9, &connection, &decoder, until: 1)
                #expect(first.allSatisfy { if case .status(_, .resourceExhausted, _) = $0 { true } else { false } })
                // A call that is given up makes room.
                try await connection.write(Self.data(Self.bytes { SharedStreamFormat.write(giveUp: 1, to: &$0) }, 9))
                var isRefused = true
                while isRefused, number < 5_000 {
                    number += 1
                    // Something that is answered at once tells that the one before was taken.
                    try await connection.write(Self.call(number, status, request, 9) + Self.call(number + 10_000, "/none", [], 9))
                    let (answers, _) = try await Self.rest(9, &connection, &decoder, until: 1)
                    isRefused = answers.contains { if case .status(number, _, _) = $0 { true } else { false } }
                    if isRefused { _ = try await Self.rest(9, &connection, &decoder, until: 1) }
                }
                #expect(!isRefused)
                world.server.stop()
                let (answers, end) = try await Self.rest(9, &connection, &decoder)
                #expect(end == "14" && answers.count == 2)
                #expect(answers.allSatisfy { if case .status(_, .unavailable, _) = $0 { true } else { false } })
            }
        }
    }

    @Test func `our client and our server share streams, and their answers are those of single calls`() async throws {
        let network = try NodeNetwork()
        let envelopes = try (UInt8(0)...100).map { try network.envelope(nonce: [4, 0, $0]) }
        try await network.served { world async throws in
            let address = NodeAddress(host: world.orderer.host, port: world.orderer.port)
            let connection = try NodeConnection(to: address, name: "orderer", tls: nil)
            try await NodeConnection.whileOpen([connection]) {
                let orderer = GRPCOrderer(connection)
                #expect(try await orderer.broadcast(envelopes[0]).isSuccess)
                try await withThrowingTaskGroup(of: BroadcastReply.self) { group in
                    for envelope in envelopes.dropFirst() { group.addTask { try await orderer.broadcast(envelope) } }
                    for try await reply in group { #expect(reply.isSuccess) }
                }
            }
        }
    }
}
