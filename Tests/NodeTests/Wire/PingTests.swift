import CryptoPrimitives
import FabricServices
import GRPCCore
import LedgerModel
import NIOCore
import SelvageClient
import TestSupport
import Testing

@testable import Node

/// Clients that ping a server, as often as those that are written in Go, and more often than anybody needs.
@Suite(.timeLimit(.minutes(5))) struct PingTests {
    /// A server, without a service unless one is given.
    static func served(
        limits: WireLimits = WireLimits(), tls: ServerTLS? = nil, services: [any RegistrableRPCService] = [],
        _ body: (WireServer, WireEndpoint) async throws -> Void
    ) async throws {
        let server = try WireServer(
            listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: tls, limits: limits, clock: { SystemEnvironment().now() },
            services: { _ in services })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            do {
                defer { server.stop() }
                try await body(server, try await server.endpoint())
            }
            try await group.waitForAll()
        }
    }

    private static func answers(_ frames: [RawHTTP2.Frame]) -> [UInt64] {
        frames.filter { $0.type == RawHTTP2.pingType && $0.flags == 1 }.map { $0.content.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    @Test func `thousands of pings between calls are answered in their order, and the connection goes on`() async throws {
        try await Self.served { _, endpoint in
            try await RawConnection.open(endpoint) { connection in
                try await connection.begin()
                var (sent, frames): ([UInt64], [RawHTTP2.Frame]) = ([], [])
                for round in 0..<30 as Range<UInt32> {
                    let pings = (0..<90).map { UInt64(round) << 32 | UInt64($0) }
                    sent += pings
                    // Calls of a method that is not there: each is answered, which earns pings.
                    var bytes = pings.flatMap { RawHTTP2.ping($0) }
                    for call in 0..<30 as Range<UInt32> { bytes += RawHTTP2.call("/nothing/Here", stream: 2 * (30 * round + call) + 1, ends: true) }
                    try await connection.write(bytes)
                    var ended = 0
                    while ended < 30, let frame = try await connection.next() {
                        frames.append(frame)
                        if frame.type == RawHTTP2.headers, frame.flags & RawHTTP2.endOfStream != 0 { ended += 1 }
                    }
                    #expect(ended == 30)
                }
                #expect(sent.count == 2_700 && Self.answers(frames) == sent)
            }
        }
    }

    @Test func `a flood of pings is ended with the reason, and costs nobody else anything`() async throws {
        try await Self.served { server, endpoint in
            try await RawConnection.open(endpoint) { other in
                try await other.begin()
                try await RawConnection.open(endpoint) { connection in
                    try await connection.begin()
                    // All at once, and nothing is read meanwhile. The server may close while the end of it is on its way.
                    try? await connection.write((0..<20_000).flatMap { RawHTTP2.ping($0) })
                    let frames = try await connection.rest()
                    let answers = Self.answers(frames)
                    #expect(answers.count <= PingBudget.stock + 200 && answers == Array(0..<UInt64(answers.count)))
                }
                try await other.write(RawHTTP2.ping(7))
                while let frame = try await other.next(), frame.type != RawHTTP2.pingType {}
                #expect(server.connectionCount >= 1)
            }
        }
    }

    @Test func `a flood that reads its answers hears why it is over`() async throws {
        try await Self.served { _, endpoint in
            try await RawConnection.open(endpoint) { connection in
                try await connection.begin()
                var (answers, end): (Int, RawHTTP2.Frame?) = (0, nil)
                // One after the other, so that nothing is unread when the server closes.
                flood: for number in 0..<100_000 as Range<UInt64> {
                    try await connection.write(RawHTTP2.ping(number))
                    while let frame = try await connection.next() {
                        if frame.type == RawHTTP2.goAway {
                            end = frame
                            break flood
                        }
                        if frame.type == RawHTTP2.pingType {
                            answers += 1
                            break
                        }
                    }
                }
                #expect(answers >= PingBudget.stock)
                #expect(end?.content.suffix(14) == ArraySlice(Array("too_many_pings".utf8)))
                let after = try await connection.next()
                #expect(after == nil)
            }
        }
    }
}
