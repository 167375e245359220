import GRPCCore
import LedgerModel
import SelvageClient
import Synchronization
import Testing

@testable import Node

/// Our client's own calls against nodes that do everything by hand (decision 0032).
@Suite(.timeLimit(.minutes(5))) struct DirectConnectionTests {
    private typealias Connection = ScriptedServer.Connection

    private static let method = MethodDescriptor(fullyQualifiedService: "protos.Endorser", method: "ProcessProposal")
    private static let settings = RawHTTP2.frame(RawHTTP2.settings, [])

    private static var quick: ClientWireLimits {
        var limits = ClientWireLimits()
        limits.pingSeconds = 1
        limits.pingAnswerSeconds = 1
        limits.firstRetryMilliseconds = 1
        return limits
    }

    /// What calls one after the other give: the answer's bytes as text, or the error's kind.
    private static func outcomes(
        _ count: Int, limits: ClientWireLimits = ClientWireLimits(),
        _ script: @Sendable @escaping (inout ScriptedServer.Connection) async throws -> Void
    ) async throws -> [String] {
        let outcomes = Mutex<[String]>([])
        try await ScriptedServer.run(script) { server in
            let connection = try NodeConnection(to: server.address, name: "node", tls: nil, limits: limits)
            try await NodeConnection.whileOpen([connection]) {
                for _ in 0..<count {
                    let outcome: String
                    do {
                        outcome = String(decoding: try await connection.unary(Self.method, [1]), as: UTF8.self)
                    } catch NodeConnectionError.failed(_, let code, _, let message) {
                        outcome = "\(code): \(message)"
                    } catch NodeConnectionError.unreachable {
                        outcome = "unreachable"
                    } catch {
                        outcome = "\(error)"
                    }
                    outcomes.withLock { $0.append(outcome) }
                    // Longer than a failed connection is left alone here.
                    if outcome == "unreachable" { try await Task.sleep(for: .milliseconds(300)) }
                }
            }
        }
        return outcomes.withLock { $0 }
    }

    @Test func `answers come on one connection, and after a GOAWAY on the next one`() async throws {
        let outcomes = try await Self.outcomes(4) { connection async throws in
            try await connection.write(Self.settings)
            for turn in 0..<2 {
                guard let stream = await connection.call() else { return }
                // The second call is the last one here; it is answered all the same.
                if turn == 1 { try await connection.write(RawHTTP2.frame(RawHTTP2.goAway, RawHTTP2.bytes(UInt32(3)) + RawHTTP2.bytes(UInt32(0)))) }
                try await connection.write(Connection.answer(Array("\(connection.number)\(turn)".utf8), stream: stream))
            }
            while await connection.next() != nil {}
        }
        #expect(outcomes == ["00", "01", "10", "11"])
    }

    @Test func `what is wrong with an answer is told`() async throws {
        let answers: [@Sendable (UInt32) -> [UInt8]] = [
            { Connection.head([(":status", "200"), ("grpc-status", "5"), ("grpc-message", "not %C3%A9 here")], stream: $0, ends: true) },
            { Connection.head([(":status", "404"), ("content-type", "text/html")], stream: $0, ends: true) },
            { Connection.head([(":status", "503")], stream: $0, ends: true) },
            { RawHTTP2.frame(RawHTTP2.reset, stream: $0, RawHTTP2.bytes(UInt32(7))) },
            { RawHTTP2.frame(RawHTTP2.reset, stream: $0, RawHTTP2.bytes(UInt32(11))) },
            { Connection.head([(":status", "200")], stream: $0) + RawHTTP2.message([65], stream: $0, ends: true) },
            { Connection.head([(":status", "200"), ("content-type", "application/grpc")], stream: $0, ends: true) },
            { Connection.head([(":status", "200"), ("grpc-status", "0")], stream: $0, ends: true) },
            { Connection.head([(":status", "200")], stream: $0) + RawHTTP2.frame(RawHTTP2.data, stream: $0, [1, 0, 0, 0, 0]) },
            { Connection.head([(":status", "200")], stream: $0) + RawHTTP2.frame(RawHTTP2.data, stream: $0, [0, 0xFF, 0, 0, 0]) },
            {
                Connection.head([(":status", "200")], stream: $0) + RawHTTP2.message([65], stream: $0) + RawHTTP2.message([66], stream: $0)
                    + Connection.head([("grpc-status", "0")], stream: $0, ends: true)
            },
            { Connection.answer([65], stream: $0) },
        ]
        let outcomes = try await Self.outcomes(answers.count) { connection async throws in
            try await connection.write(Self.settings)
            for answer in answers {
                guard let stream = await connection.call() else { return }
                try await connection.write(answer(stream))
            }
            while await connection.next() != nil {}
        }
        #expect(
            outcomes.map { String($0.prefix(40)) } == [
                "notFound: not é here", "unknown: unexpected HTTP status 404", "unreachable", "unreachable",
                "resourceExhausted: the node reset the ca", "internalError: the answer ends without a", "unknown: the answer ends without a statu",
                "node ended the call without an answer; a", "internalError: the answer is compressed,", "resourceExhausted: the answer has 427819",
                "internalError: the answer has more than ", "A",
            ])
    }

    @Test func `a node that never becomes ready, falls silent or breaks off is given up, and asked again`() async throws {
        let outcomes = try await Self.outcomes(4, limits: Self.quick) { connection async throws in
            switch connection.number {
            // Says nothing at all.
            case 0: while await connection.next() != nil {}
            // Takes the call, and says nothing more, not even to pings.
            case 1:
                try await connection.write(Self.settings)
                while await connection.next() != nil {}
            // Takes the call and goes.
            case 2:
                try await connection.write(Self.settings)
                _ = await connection.call()
            default:
                try await connection.write(Self.settings)
                guard let stream = await connection.call() else { return }
                try await connection.write(Connection.answer([65], stream: stream))
                while await connection.next() != nil {}
            }
        }
        #expect(outcomes == ["unreachable", "unreachable", "unreachable", "A"])
    }

    @Test func `a node that answers pings is waited for, and a call ends with its time or its task`() async throws {
        // A node whose answers are held up by other tests is rightly given up: then once more, with more time for them.
        for seconds in [1, 4, 16] as [Int64] {
            do {
                return try await self.waiting(answerSeconds: seconds)
            } catch NodeConnectionError.unreachable where seconds < 16 {}
        }
    }

    private func waiting(answerSeconds: Int64) async throws {
        var limits = Self.quick
        limits.pingAnswerSeconds = answerSeconds
        limits.callSeconds = 3 * answerSeconds
        try await ScriptedServer.run { connection async throws in
            try await connection.write(Self.settings)
            while let frame = await connection.next() {
                if frame.type == RawHTTP2.pingType { try await connection.write(RawHTTP2.frame(RawHTTP2.pingType, flags: 1, frame.content)) }
            }
        } _: { [limits] server in
            let connection = try NodeConnection(to: server.address, name: "node", tls: nil, limits: limits)
            try await NodeConnection.whileOpen([connection]) {
                do {
                    _ = try await connection.unary(Self.method, [1])
                    Issue.record("a node that only answers pings has answered a call")
                } catch NodeConnectionError.timedOut(node: "node", address: server.address) {}
                // Without a time limit, by its task alone: before it has begun, and while it waits.
                for delay in [Duration.zero, .milliseconds(50)] {
                    await #expect(throws: CancellationError.self) {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            group.addTask { _ = try await connection.unary(Self.method, [1], hasDeadline: false) }
                            if delay > .zero { try await Task.sleep(for: delay) }
                            group.cancelAll()
                            try await group.waitForAll()
                        }
                    }
                }
            }
        }
    }
}
