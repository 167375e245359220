import GRPCCore
import NIOCore
import SelvageClient
import Testing

@testable import Node

/// A server that ends while a client goes on asking.
@Suite(.timeLimit(.minutes(5))) struct ServerEndTests {
    /// A method that tells when it is cancelled, and does not end before it is let go.
    private struct Stubborn: RegistrableRPCService {
        static let method = MethodDescriptor(fullyQualifiedService: "test.Stubborn", method: "Wait")
        static let path = "/test.Stubborn/Wait"
        let begun = OneTimeSignal<Void>()
        let cancelled = OneTimeSignal<Void>()
        let released = OneTimeSignal<Void>()

        func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
            router.registerHandler(forMethod: Self.method, deserializer: BytesReader(), serializer: WireFrameSerializer()) { _, _ in
                StreamingServerResponse { _ in
                    self.begun.fire(())
                    _ = await OneTimeSignal<Void>().wait()
                    self.cancelled.fire(())
                    // In a task of its own, which is not cancelled with this one.
                    await Task { _ = await self.released.wait() }.value
                    return [:]
                }
            }
        }
    }

    @Test func `streams that are opened when a server is cancelled do not harm the process`() async throws {
        let service = Stubborn()
        let server = try WireServer(
            listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { SystemEnvironment().now() }, services: { _ in [service] })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { service.released.fire(()) }
            try await RawConnection.open(try await server.endpoint()) { connection in
                try await connection.begin()
                try await connection.write(RawHTTP2.call(Stubborn.path, stream: 1))
                _ = await service.begun.wait()
                group.cancelAll()
                // The library serves the connection no longer; what is on its way is still read.
                _ = await service.cancelled.wait()
                let more = ([3, 5, 7] as [UInt32]).flatMap { RawHTTP2.call(Stubborn.path, stream: $0, ends: $0 == 5) }
                try await connection.write(more + RawHTTP2.ping(9))
                // The answer to the ping: what was written before it has been read.
                while let frame = try await connection.next(), frame.type != RawHTTP2.pingType || frame.flags == 0 {}
                service.released.fire(())
                while try await connection.next() != nil {}
            }
        }
    }
}
