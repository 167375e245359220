import CryptoPrimitives
import FabricMessages
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Node

/// Listening, TLS and what is refused before any service is asked.
struct ServerTests {
    private static let deliver = Orderer_AtomicBroadcast.Method.Deliver.descriptor

    private static func ask(
        _ world: WireWorld, _ security: HTTP2ClientTransport.Posix.TransportSecurity, hash: [UInt8] = []
    ) async throws -> String {
        let request = try world.request(WireCalls.seek(WireCalls.oldest, WireCalls.oldest)) { $0.tlsCertHash = hash.data }
        return try await WireCalls.withClient(of: world.orderer, security: security, authority: WirePairs.name) { client async throws in
            try await WireCalls.deliver(client, Self.deliver, [request]).map(\.summary).joined(separator: ", ")
        }
    }

    @Test func `a server that requests certificates serves clients with any and with none`() async throws {
        let pairs = try WirePairs()
        try await NodeNetwork().served(tls: pairs.tls(.requested)) { world async throws in
            for pair in [nil, pairs.client, pairs.stranger] {
                #expect(try await Self.ask(world, pairs.security(as: pair)) == "block 0, status 200")
            }
        }
        try await NodeNetwork().served(tls: pairs.tls(.none)) { world async throws in
            #expect(try await Self.ask(world, pairs.security(as: nil)) == "block 0, status 200")
            #expect(try await Self.ask(world, pairs.security(as: pairs.stranger)) == "block 0, status 200")
        }
    }

    @Test func `a server that demands certificates refuses clients without one of its authorities, and binds requests to them`() async throws {
        let pairs = try WirePairs()
        try await NodeNetwork().served(tls: pairs.tls(.demanded(authorities: [pairs.authority.tlsRoot.pem]))) { world async throws in
            let hash = SHA256.hash(pairs.client.certificate.der)
            #expect(try await Self.ask(world, pairs.security(as: pairs.client), hash: hash) == "block 0, status 200")
            #expect(try await Self.ask(world, pairs.security(as: pairs.client)) == "status 400")
            #expect(try await Self.ask(world, pairs.security(as: pairs.client), hash: SHA256.hash([1])) == "status 400")
            for pair in [nil, pairs.stranger] {
                await #expect { () async throws in _ = try await Self.ask(world, pairs.security(as: pair), hash: hash) } throws: { error in
                    (error as? RPCError)?.code == .unavailable
                }
            }
            // Those who were refused have harmed nobody.
            #expect(try await Self.ask(world, pairs.security(as: pairs.client), hash: hash) == "block 0, status 200")
        }
    }

    @Test func `plain text to a server with TLS is refused, and the server goes on`() async throws {
        let pairs = try WirePairs()
        try await NodeNetwork().served(tls: pairs.tls(.requested)) { world async throws in
            await #expect(throws: RPCError.self) { _ = try await Self.ask(world, .plaintext) }
            #expect(try await Self.ask(world, pairs.security(as: nil)) == "block 0, status 200")
        }
    }

    private static func failure(_ tls: ServerTLS, at time: Timestamp? = nil) -> WireError? {
        do throws(WireError) {
            _ = try WireServer(
                listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: tls, clock: { time ?? SystemEnvironment().now() }, services: { _ in [] })
            return nil
        } catch {
            return error
        }
    }

    @Test func `certificates and keys that cannot be used are named before anything listens`() throws {
        let pairs = try WirePairs()
        let good = pairs.tls(.requested)
        let now = SystemEnvironment().now()
        #expect(Self.failure(good) == nil)
        let limit = pairs.server.certificate.notAfter
        #expect(Self.failure(good, at: Timestamp(seconds: limit)) == nil)
        #expect(Self.failure(good, at: Timestamp(seconds: limit + 1)) == .certificateExpired(since: limit))
        #expect(
            Self.failure(good, at: Timestamp(seconds: now.seconds - 30 * 365 * 86_400))
                == .certificateNotYetValid(until: pairs.server.certificate.notBefore))
        var other = good
        other.key = Array(pairs.client.keyPEM.utf8)
        #expect(Self.failure(other) == .keyDoesNotFitCertificate)
        other.key = Array("no key".utf8)
        #expect(Self.failure(other) == .keyUnreadable)
        other.key = []
        #expect(Self.failure(other) == .keyUnreadable)
        for certificates in [[], Array("no certificate".utf8), good.key] {
            other.certificates = certificates
            guard case .certificateUnreadable? = Self.failure(other) else {
                Issue.record("\(certificates.count) bytes were taken for a certificate")
                continue
            }
        }
        #expect(Self.failure(pairs.tls(.demanded(authorities: []))) == .noClientAuthorities)
        #expect("\(WireError.keyUnreadable) \(WireError.keyDoesNotFitCertificate)".contains("PRIVATE KEY") == false)
    }

    private static func outcome(of server: WireServer) async -> WireError? {
        await withTaskGroup(of: WireError?.self) { group in
            group.addTask {
                do throws(WireError) {
                    try await server.run()
                    return nil
                } catch {
                    return error
                }
            }
            do throws(WireError) {
                _ = try await server.endpoint()
                server.stop()
            } catch {
                // `run()` says the same.
            }
            return await group.next() ?? nil
        }
    }

    @Test func `a port in use and an address of somebody else are told apart`() async throws {
        try await NodeNetwork().served { world async throws in
            let clock: @Sendable () -> Timestamp = { SystemEnvironment().now() }
            let same = try WireServer(listen: world.orderer, tls: nil, clock: clock, services: { _ in [] })
            #expect(await Self.outcome(of: same) == .portInUse(host: "127.0.0.1", port: world.orderer.port))
            let foreign = try WireServer(listen: WireEndpoint(host: "192.0.2.1", port: 0), tls: nil, clock: clock, services: { _ in [] })
            guard case .addressUnusable("192.0.2.1", 0, _)? = await Self.outcome(of: foreign) else {
                Issue.record("listened on an address of somebody else")
                return
            }
            let free = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: clock, services: { _ in [] })
            #expect(await Self.outcome(of: free) == nil)
        }
    }

    @Test func `a server that was stopped before it ran ends at once`() async throws {
        let server = try WireServer(
            listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { SystemEnvironment().now() }, services: { _ in [] })
        server.stop()
        try await server.run()
    }

    @Test func `connections over the limit are closed, and the others go on`() async throws {
        var limits = WireLimits()
        limits.connectionsOfOneAddress = 1
        try await NodeNetwork().served(limits: limits) { world async throws in
            let request = try world.request(WireCalls.seek(WireCalls.oldest, WireCalls.oldest))
            try await world.withClient(of: world.orderer) { client async throws in
                #expect(try await WireCalls.deliver(client, Self.deliver, [request]).map(\.summary) == ["block 0", "status 200"])
                await #expect(throws: RPCError.self) {
                    var options = CallOptions.defaults
                    options.timeout = .seconds(2)
                    try await world.withClient(of: world.orderer) { [options] second in
                        try await second.bidirectionalStreaming(
                            request: StreamingClientRequest { try await $0.write(request) }, descriptor: Self.deliver, serializer: EnvelopeCoding(),
                            deserializer: DeliverCoding(), options: options
                        ) { response in
                            for try await _ in response.messages {}
                        }
                    }
                }
                #expect(world.ordererServer.connectionCount == 1)
                #expect(try await WireCalls.deliver(client, Self.deliver, [request]).map(\.summary) == ["block 0", "status 200"])
            }
        }
    }
}
