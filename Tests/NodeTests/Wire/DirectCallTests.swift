import FabricMessages
import Identity
import LedgerModel
import NIOCore
import NIOHPACK
import Synchronization
import Testing

@testable import Node

/// Calls that the handler of their stream answers, from clients that do everything by hand (decision 0032).
@Suite(.timeLimit(.minutes(10))) struct DirectCallTests {
    private static let broadcast = "/orderer.AtomicBroadcast/Broadcast"
    private static let process = "/protos.Endorser/ProcessProposal"
    private static let status = "/gateway.Gateway/CommitStatus"

    /// How a call ended, and how many messages came before.
    private struct End: Equatable {
        var status: String?
        var message: String?
        var messages = 0
        var isReset = false
    }

    /// Reads until the streams have ended.
    private static func ends(
        of streams: Set<UInt32>, _ connection: inout RawConnection, _ decoder: inout HPACKDecoder
    ) async throws -> [UInt32: End] {
        var (ends, open) = ([UInt32: End](), streams)
        while !open.isEmpty, let frame = try await connection.next() {
            switch frame.type {
            case RawHTTP2.data: if !frame.content.isEmpty { ends[frame.stream, default: End()].messages += 1 }
            case RawHTTP2.headers:
                var block = ByteBuffer(bytes: frame.content)
                let headers = try decoder.decodeHeaders(from: &block)
                guard frame.flags & RawHTTP2.endOfStream != 0 else { continue }
                ends[frame.stream, default: End()].status = headers.first(name: "grpc-status")
                ends[frame.stream, default: End()].message = headers.first(name: "grpc-message")
                open.remove(frame.stream)
            case RawHTTP2.reset:
                ends[frame.stream, default: End()].isReset = true
                open.remove(frame.stream)
            default: break
            }
        }
        return ends
    }

    private static func envelopes(_ count: Int) throws -> [[UInt8]] {
        let network = try NodeNetwork()
        return try (0..<count).map { try network.envelope(nonce: [1, UInt8($0)]).serialized() }
    }

    @Test func `many envelopes in one write are all answered, more than may wait, and the call ends well`() async throws {
        try await NodeNetwork().served { world async throws in
            let envelopes = try Self.envelopes(60)
            try await RawConnection.open(world.orderer) { connection in
                var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
                try await connection.begin()
                var bytes = RawHTTP2.call(Self.broadcast, stream: 1)
                for (index, envelope) in envelopes.enumerated() {
                    bytes += RawHTTP2.message(envelope, stream: 1, ends: index == envelopes.count - 1)
                }
                // More than the first window of a connection is not needed: each is some 1,000 bytes.
                try await connection.write(bytes)
                let end = try await Self.ends(of: [1], &connection, &decoder)[1]
                #expect(end == End(status: "0", messages: 60))
            }
        }
    }

    @Test func `messages that break the rules end their call with the code that says how, and no other call`() async throws {
        try await NodeNetwork().served { world async throws in
            let good = try Self.envelopes(1)[0]
            try await RawConnection.open(world.orderer) { connection in
                var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
                try await connection.begin()
                func data(_ bytes: [UInt8], _ stream: UInt32, ends: Bool) -> [UInt8] {
                    RawHTTP2.frame(RawHTTP2.data, flags: ends ? RawHTTP2.endOfStream : 0, stream: stream, bytes)
                }
                try await connection.write(
                    RawHTTP2.call(Self.broadcast, stream: 1) + data([1, 0, 0, 0, 1, 7], 1, ends: true)
                        + RawHTTP2.call(Self.broadcast, stream: 3) + data([0, 0xFF, 0, 0, 0], 3, ends: false)
                        + RawHTTP2.call(Self.broadcast, stream: 5) + data([0, 0, 0, 0, 9, 1], 5, ends: true)
                        + RawHTTP2.call(Self.broadcast, stream: 7, ends: true)
                        + RawHTTP2.call(Self.broadcast, stream: 9) + RawHTTP2.message([0xFF], stream: 9, ends: true)
                        + RawHTTP2.call(Self.broadcast, stream: 11) + RawHTTP2.message(good, stream: 11, ends: true))
                let ends = try await Self.ends(of: [1, 3, 5, 7, 9, 11], &connection, &decoder)
                #expect(ends[1]?.status == "13" && ends[5]?.status == "13" && ends[9]?.status == "13")
                #expect(
                    ends[3]?.status == "8"
                        && ends[3]?.message == "grpc: received message larger than max (4278190080 vs. 104857600)")
                // Nothing to say is no mistake: such a stream ends as it began.
                #expect(ends[7]?.status == "0" && ends[7]?.messages == 0)
                #expect(ends[11] == End(status: "0", messages: 1))
            }
        }
    }

    @Test func `a call with one message has exactly one`() async throws {
        try await NodeNetwork().served { world async throws in
            try await RawConnection.open(world.peer) { connection in
                var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
                try await connection.begin()
                let message = RawHTTP2.message([1], stream: 3)
                try await connection.write(
                    RawHTTP2.call(Self.process, stream: 1, ends: true) + RawHTTP2.call(Self.process, stream: 3) + message + message
                        + RawHTTP2.call(Self.process, stream: 5) + RawHTTP2.message([], stream: 5, ends: true))
                let ends = try await Self.ends(of: [1, 3, 5], &connection, &decoder)
                #expect(ends[1]?.status == "13" && ends[3]?.status == "13")
                // An empty message is a proposal that is nothing.
                #expect(ends[5]?.status == "2" && ends[5]?.messages == 0)
            }
        }
    }

    @Test func `who waits too long is told, and who goes away makes room`() async throws {
        var limits = WireLimits()
        limits.gatewayWaits = 1
        try await NodeNetwork().withGateway(limits: limits) { world async throws in
            let request = try world.statusRequest(TransactionID("00")).encoded()
            func ask(_ stream: UInt32, _ timeout: String?) -> [UInt8] {
                RawHTTP2.call(Self.status, stream: stream, timeout: timeout) + RawHTTP2.message(request, stream: stream, ends: true)
            }
            try await RawConnection.open(try await world.server.endpoint()) { connection in
                var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
                try await connection.begin()
                try await connection.write(ask(1, "50m"))
                #expect(try await Self.ends(of: [1], &connection, &decoder)[1]?.status == "4")
                try await connection.write(ask(3, nil))
                // The place is taken now; whoever gives it up is not answered.
                try await connection.write(ask(5, nil))
                #expect(try await Self.ends(of: [5], &connection, &decoder)[5]?.status == "8")
                try await connection.write(RawHTTP2.frame(RawHTTP2.reset, stream: 3, RawHTTP2.bytes(UInt32(8))))
                var (stream, last): (UInt32, String?) = (7, "8")
                while last == "8", stream < 2_000 {
                    try await connection.write(ask(stream, "20m"))
                    last = try await Self.ends(of: [stream], &connection, &decoder)[stream]?.status
                    stream += 2
                }
                #expect(last == "4")
            }
        }
    }

    @Test func `a server that stops ends calls on which nobody speaks, and does not wait for clients that take no answer`() async throws {
        try await NodeNetwork().served { world async throws in
            let envelope = try Self.envelopes(1)[0]
            let message = RawHTTP2.message(envelope, stream: 3)
            try await RawConnection.open(world.orderer) { connection in
                var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
                try await connection.begin()
                // One that said something and waits, and one in the middle of a message.
                try await connection.write(
                    RawHTTP2.call(Self.broadcast, stream: 1) + RawHTTP2.message(envelope, stream: 1) + RawHTTP2.call(Self.broadcast, stream: 3)
                        + message.prefix(20))
                while let frame = try await connection.next(), frame.type != RawHTTP2.data {
                    guard frame.type == RawHTTP2.headers else { continue }
                    var block = ByteBuffer(bytes: frame.content)
                    _ = try decoder.decodeHeaders(from: &block)
                }
                world.ordererServer.stop()
                let ends = try await Self.ends(of: [1, 3], &connection, &decoder)
                #expect(ends[1]?.status == "14" && ends[3]?.status == "14")
            }
        }
        // Who takes nothing is cut off when the time is over; the test ends.
        var limits = WireLimits()
        limits.graceMilliseconds = 100
        try await NodeNetwork().withGateway(limits: limits) { world async throws in
            let request = try world.statusRequest(TransactionID("00")).encoded()
            try await RawConnection.open(try await world.server.endpoint()) { connection in
                try await connection.write(RawHTTP2.preface + RawHTTP2.frame(RawHTTP2.settings, [0, 4, 0, 0, 0, 0]))
                try await connection.write(
                    RawHTTP2.call(Self.status, stream: 1) + RawHTTP2.message(request, stream: 1)
                        + RawHTTP2.call(Self.status, stream: 3) + RawHTTP2.message(request, stream: 3, ends: true))
                while let frame = try await connection.next(), frame.type != RawHTTP2.settings || frame.flags == 0 {}
                world.server.stop()
                while try await connection.next() != nil {}
            }
        }
    }

    @Test func `what is odd about a request is refused by the library`() async throws {
        try await NodeNetwork().served { world async throws in
            try await RawConnection.open(world.orderer) { connection in
                var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
                try await connection.begin()
                try await connection.write(
                    RawHTTP2.call(Self.broadcast, stream: 1, encoding: "gzip") + RawHTTP2.message([1], stream: 1, ends: true)
                        + RawHTTP2.call(Self.broadcast, stream: 3, encoding: "identity")
                        + RawHTTP2.message(try Self.envelopes(1)[0], stream: 3, ends: true))
                let ends = try await Self.ends(of: [1, 3], &connection, &decoder)
                #expect(ends[1]?.status == "12" && ends[3] == End(status: "0", messages: 1))
            }
        }
    }
}
