import FabricMessages
import FabricServices
import GRPCCore
import Identity
import LedgerModel
import NIOCore
import NIOSSL
import SelvageClient
import TestSupport
import Testing

@testable import Node

/// Clients that break the rules, or only stretch them, and what the others notice of it: nothing.
@Suite(.timeLimit(.minutes(10))) struct HostileClientTests {
    private static let deliver = "/orderer.AtomicBroadcast/Deliver"

    private static func summary(_ world: WireWorld) async throws -> [String] {
        let request = try world.request(WireCalls.seek(WireCalls.oldest, WireCalls.oldest))
        return try await world.withClient(of: world.orderer) { client async throws in
            try await WireCalls.deliver(client, Orderer_AtomicBroadcast.Method.Deliver.descriptor, [request]).map(\.summary)
        }
    }

    /// Whether somebody else is served as if nothing had happened.
    private static func isServed(_ world: WireWorld) async throws -> Bool { try await self.summary(world) == ["block 0", "status 200"] }

    /// More to read at once, for a connection and for its streams to come.
    private static func wide() -> [UInt8] {
        RawHTTP2.frame(8, RawHTTP2.bytes(UInt32(1 << 30)))
    }

    @Test func `a client that ends its side in the middle of a message hears an error, and its other calls go on`() async throws {
        try await NodeNetwork().served { world async throws in
            let request = try world.request(WireCalls.seek(WireCalls.oldest, WireCalls.oldest)).encoded()
            try await RawConnection.open(world.orderer) { connection in
                try await connection.begin()
                try await connection.write(
                    RawHTTP2.call(Self.deliver, stream: 1)
                        + RawHTTP2.frame(RawHTTP2.data, flags: RawHTTP2.endOfStream, stream: 1, [0, 0, 0, 0, 100, 1, 2, 3])
                        + RawHTTP2.call(Self.deliver, stream: 3) + RawHTTP2.message(request, stream: 3, ends: true))
                var ended: Set<UInt32> = []
                var blocks = 0
                while ended.count < 2, let frame = try await connection.next() {
                    if frame.type == RawHTTP2.data, frame.stream == 3, frame.content.count > 100 { blocks += 1 }
                    let isEnd = frame.type == RawHTTP2.reset || frame.type == RawHTTP2.headers && frame.flags & RawHTTP2.endOfStream != 0
                    if isEnd { ended.insert(frame.stream) }
                }
                #expect(ended == [1, 3] && blocks >= 1)
            }
            #expect(try await Self.isServed(world))
        }
    }

    @Test func `a client that ends its side after the request gets all that it asked for, blocks to come included`() async throws {
        try await NodeNetwork().served { world async throws in
            let request = try world.request(WireCalls.seek(WireCalls.oldest, WireCalls.number(1))).encoded()
            let envelope = try NodeNetwork().envelope(nonce: [9], by: world.user)
            try await RawConnection.open(world.orderer) { connection in
                try await connection.begin()
                try await connection.write(Self.wide() + RawHTTP2.call(Self.deliver, stream: 1) + RawHTTP2.message(request, stream: 1, ends: true))
                var messages = 0
                while let frame = try await connection.next() {
                    if frame.type == RawHTTP2.data, !frame.content.isEmpty {
                        messages += 1
                        // The first block is here: only now is there a second one.
                        if messages == 1 { #expect(world.network.orderer.broadcast(envelope).isSuccess) }
                    }
                    if frame.type == RawHTTP2.headers, frame.flags & RawHTTP2.endOfStream != 0 { break }
                }
                #expect(messages >= 3 && world.network.orderer.deliverableHeight == 2)
            }
        }
    }

    @Test func `a reader that takes nothing holds up itself alone`() async throws {
        try await NodeNetwork().served(isNew: true) { world async throws in
            // More than a client that says nothing may be sent.
            try await world.network.submit(NodeNetwork.call("set", "large", String(repeating: "x", count: 200_000)))
            let request = try world.request(WireCalls.seek(WireCalls.oldest, WireCalls.newest)).encoded()
            try await RawConnection.open(world.orderer) { connection in
                try await connection.begin()
                try await connection.write(RawHTTP2.call(Self.deliver, stream: 1) + RawHTTP2.message(request, stream: 1))
                var (received, isFull, isOver) = (0, false, false)
                while !isOver, let frame = try await connection.next() {
                    guard frame.stream == 1 else { continue }
                    if frame.type == RawHTTP2.data { received += frame.content.count }
                    if received == 65_535, !isFull {
                        isFull = true
                        #expect(try await Self.isServed(world))
                        try await world.network.submit(NodeNetwork.call("set", "key", "1"))
                        try await connection.write(Self.wide() + RawHTTP2.frame(8, stream: 1, RawHTTP2.bytes(UInt32(1 << 30))))
                    }
                    #expect(isFull || received <= 65_535)
                    // The status ends what was asked for, which is less than there is by now.
                    isOver = isFull && frame.type == RawHTTP2.data && Array(frame.content.suffix(8)) == [0, 0, 0, 0, 3, 8, 0xC8, 1]
                }
                #expect(isFull && isOver && received > 200_000)
            }
        }
    }

    @Test func `a thousand calls of one connection wait at once, and all get the next block`() async throws {
        try await NodeNetwork().served { world async throws in
            let request = try world.request(WireCalls.seek(WireCalls.number(1), WireCalls.number(1))).encoded()
            let envelope = try NodeNetwork().envelope(nonce: [9], by: world.user)
            try await RawConnection.open(world.orderer) { connection in
                try await connection.begin()
                let streams = (0..<1_000).map { UInt32(2 * $0 + 1) }
                // The server's bound on calls holds once its settings are acknowledged; before, it is HTTP/2's own.
                while let frame = try await connection.next(), frame.type != RawHTTP2.settings {}
                try await connection.write(Self.wide() + RawHTTP2.frame(RawHTTP2.settings, flags: 1, []))
                // What the server has room for, as it says itself.
                var window = 65_535
                func send(_ request: [UInt8], on stream: UInt32, _ connection: inout RawConnection, ends: Bool = false) async throws {
                    let message = RawHTTP2.message(request, stream: stream, ends: ends)
                    while window < message.count, let frame = try await connection.next() {
                        if frame.type == 8, frame.stream == 0 { window += frame.content.reduce(0) { $0 << 8 | Int($1) } }
                    }
                    window -= message.count
                    try await connection.write(RawHTTP2.call(Self.deliver, stream: stream) + message)
                }
                for stream in streams { try await send(request, on: stream, &connection) }
                // One more that is answered at once: when it is, the others have been taken.
                let last: UInt32 = 2_001
                try await send(world.request(WireCalls.seek(WireCalls.oldest, WireCalls.oldest)).encoded(), on: last, &connection, ends: true)
                var served: Set<UInt32> = []
                while served.count < 1_000, let frame = try await connection.next() {
                    if frame.stream == last, frame.type == RawHTTP2.headers, frame.flags & RawHTTP2.endOfStream != 0 {
                        #expect(served.isEmpty && world.network.orderer.broadcast(envelope).isSuccess)
                    }
                    if frame.type == RawHTTP2.data, frame.stream != last, frame.content.count > 100 { served.insert(frame.stream) }
                    #expect(frame.type != RawHTTP2.reset && frame.type != RawHTTP2.goAway)
                }
                #expect(served == Set(streams))
            }
        }
    }

    @Test func `the largest message is taken, and a larger one is refused when it says how large it is`() async throws {
        let limit = WireLimits().messageBytes
        try await NodeNetwork().served { world async throws in
            // Tag, length of four bytes, content: exactly the limit.
            var message = Common_Envelope()
            message.payload = [UInt8](repeating: 0xFF, count: limit - 5).data
            #expect(message.encoded().count == limit)
            let largest = message
            let answer = try await world.withClient(of: world.orderer) { client async throws in
                try await Orderer_AtomicBroadcast.Client(wrapping: client).broadcast(options: WireCalls.longMessages) {
                    try await $0.write(largest)
                } onResponse: { response in
                    for try await answer in response.messages { return "\(answer.status.rawValue) \(answer.info)" }
                    return "nothing"
                }
            }
            #expect(answer.hasPrefix("400 message payload is \(limit - 5) bytes"), "\(answer)")
            try await RawConnection.open(world.orderer) { connection in
                try await connection.begin()
                // Only its head is ever sent.
                try await connection.write(
                    RawHTTP2.call("/orderer.AtomicBroadcast/Broadcast", stream: 1)
                        + RawHTTP2.frame(RawHTTP2.data, stream: 1, [0] + RawHTTP2.bytes(UInt32(limit + 1)) + [1, 2, 3]))
                var isRefused = false
                while !isRefused, let frame = try await connection.next() {
                    isRefused =
                        frame.stream == 1
                        && (frame.type == RawHTTP2.reset || frame.type == RawHTTP2.headers && frame.flags & RawHTTP2.endOfStream != 0)
                }
                #expect(isRefused)
            }
            #expect(try await Self.isServed(world))
        }
    }

    /// Bytes that are no HTTP/2, or break its rules in ways that end a connection.
    private static func garbage() -> [(name: String, bytes: [UInt8])] {
        let begun = RawHTTP2.preface + RawHTTP2.frame(RawHTTP2.settings, [])
        return [
            ("HTTP/1", Array("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".utf8)), ("no preface", [UInt8](repeating: 0x80, count: 64)),
            ("data of no stream", begun + RawHTTP2.frame(RawHTTP2.data, [1, 2, 3])),
            ("headers of no stream", begun + RawHTTP2.frame(RawHTTP2.headers, flags: 4, [0x82])),
            ("a frame over the limit", begun + [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 64)),
            ("settings of half a size", begun + RawHTTP2.frame(RawHTTP2.settings, [1, 2, 3])),
            ("a ping of seven bytes", begun + RawHTTP2.frame(RawHTTP2.pingType, [1, 2, 3, 4, 5, 6, 7])),
            ("a window of nothing", begun + RawHTTP2.frame(8, [0, 0, 0, 0])),
            ("headers that do not decode", begun + RawHTTP2.frame(RawHTTP2.headers, flags: 4, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])),
            ("a continuation of nothing", begun + RawHTTP2.frame(9, flags: 4, stream: 1, [0x82])),
        ]
    }

    @Test func `garbage ends its connection and no other one`() async throws {
        try await NodeNetwork().served { world async throws in
            for (name, bytes) in Self.garbage() {
                try await RawConnection.open(world.orderer) { connection in
                    try await connection.write(bytes)
                    // The server closes: otherwise this would wait for ever.
                    _ = try await connection.rest()
                }
                #expect(try await Self.isServed(world), "\(name)")
            }
            for seed in 0..<20 as Range<UInt64> {
                var random = SeededGenerator(exactSeed: seed)
                try await RawConnection.open(world.orderer) { connection in
                    var bytes = seed % 2 == 0 ? RawHTTP2.preface : []
                    for _ in 0..<20 { bytes += RawHTTP2.frame(UInt8(random.next() % 12), random.bytes(count: Int(random.next() % 200))) }
                    // Whatever the server makes of it, the client is gone after it.
                    try? await connection.write(bytes)
                }
            }
            #expect(try await Self.isServed(world))
        }
    }

    @Test func `garbage, a certificate that is over and one of nobody known are refused where TLS is demanded`() async throws {
        let now = SystemEnvironment().now().seconds
        let pairs = try WirePairs()
        let past = try WirePairs(validity: ValidityPeriod(notBefore: now - 20 * 86_400, notAfter: now - 10 * 86_400))
        let tls = pairs.tls(.demanded(authorities: [pairs.authority.tlsRoot.pem, past.authority.tlsRoot.pem]))
        try await NodeNetwork().served(tls: tls) { world async throws in
            func ask(_ pair: DevelopmentAuthority.TLSIdentity?) async throws -> RPCError.Code? {
                do {
                    return try await WireCalls.withClient(of: world.orderer, security: pairs.security(as: pair), authority: WirePairs.name) {
                        client async throws -> RPCError.Code? in
                        try await client.unary(
                            request: ClientRequest(message: [UInt8]()), descriptor: Protos_Endorser.Method.ProcessProposal.descriptor,
                            serializer: BytesCoding(), deserializer: BytesReader(), options: .defaults
                        ) { _ = try $0.message }
                        return nil
                    }
                } catch let error as RPCError {
                    return error.code
                }
            }
            // Such a method is not here: who hears that has come in.
            #expect(try await ask(pairs.client) == .unimplemented)
            for pair in [nil, past.client, pairs.stranger] { #expect(try await ask(pair) == .unavailable) }
            for bytes in [RawHTTP2.preface + RawHTTP2.frame(RawHTTP2.settings, []), [22, 3, 1, 0xFF, 0xFF] + [UInt8](repeating: 7, count: 600)] {
                try await RawConnection.open(world.orderer) { connection in
                    try await connection.write(bytes)
                    _ = try await connection.rest()
                }
            }
            #expect(try await ask(pairs.client) == .unimplemented)
        }
    }

    @Test func `a connection that says nothing is closed, and one without a call is told to come back later`() async throws {
        // A test that is kept waiting by others is such a client itself.
        for seconds in [1, 5, 30] as [Int64] {
            do {
                return try await self.silentClients(seconds: seconds)
            } catch let error as ChannelError where seconds < 30 {
                #expect(error == .ioOnClosedChannel)
            }
        }
    }

    private func silentClients(seconds: Int64) async throws {
        var limits = WireLimits()
        (limits.handshakeSeconds, limits.idleSeconds, limits.graceMilliseconds) = (seconds, seconds, 50)
        try await NodeNetwork().served(limits: limits) { world async throws in
            let request = try world.request(WireCalls.seek(WireCalls.number(1), WireCalls.number(1))).encoded()
            try await RawConnection.open(world.orderer) { busy in
                try await busy.begin()
                try await busy.write(RawHTTP2.call(Self.deliver, stream: 1) + RawHTTP2.message(request, stream: 1))
                try await RawConnection.open(world.orderer) { silent in
                    let frames = try await silent.rest()
                    #expect(frames.allSatisfy { $0.type == RawHTTP2.settings })
                }
                // Half of the first words are not enough.
                try await RawConnection.open(world.orderer) { half in
                    try await half.write(Array(RawHTTP2.preface.prefix(20)))
                    let frames = try await half.rest()
                    #expect(frames.allSatisfy { $0.type != RawHTTP2.goAway })
                }
                try await RawConnection.open(world.orderer) { idle in
                    try await idle.begin()
                    // It never answers the server's ping, and is not waited for.
                    let frames = try await idle.rest()
                    #expect(frames.contains { $0.type == RawHTTP2.goAway })
                }
                // All that time the call has waited, and it still does.
                try await busy.write(RawHTTP2.ping(5))
                while let frame = try await busy.next(), frame.type != RawHTTP2.pingType { #expect(frame.type != RawHTTP2.goAway) }
            }
        }
        // The same over TLS, where the first words are those of TLS.
        let pairs = try WirePairs()
        try await PingTests.served(limits: limits, tls: pairs.tls(.requested)) { server, endpoint in
            try await RawConnection.open(endpoint) { silent in
                let frames = try await silent.rest()
                #expect(frames == [])
            }
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            configuration.applicationProtocols = ["h2"]
            try await RawConnection.open(endpoint, tls: try NIOSSLContext(configuration: configuration)) { mute in
                let frames = try await mute.rest()
                #expect(frames.allSatisfy { $0.type == RawHTTP2.settings })
            }
        }
    }
}
