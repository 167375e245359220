import ChaincodeShim
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import SelvageClient
import SystemContracts

/// Connects to a chaincode that waits for peers, `/protos.Chaincode/Connect`, and carries one stream (interop 10.1 and 10.4).
struct ChaincodeDialling: Sendable {
    let server: ChaincodeServer
    let limits: ChaincodeProcessLimits

    /// Carries the stream until either side ends it.
    ///
    /// - Parameter take: Takes a message and says whether the stream goes on.
    /// - Returns: Why it has ended.
    func run(_ stream: ChaincodeStream, _ take: @escaping @Sendable (ShimMessage) -> Bool) async -> String {
        let connected = OneTimeSignal<Void>()
        return await withTaskGroup(of: String?.self) { group in
            group.addTask {
                await self.carry(stream) { message in
                    connected.fire(())
                    return take(message)
                }
            }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(self.server.dialMilliseconds))
                // A connection that is there has as long as a chaincode may take to start.
                if connected.value != nil || Task.isCancelled { return nil }
                return "error creating grpc connection to \(self.address): context deadline exceeded"
            }
            for await reason in group {
                guard let reason else { continue }
                group.cancelAll()
                return reason
            }
            return "the connection was given up"
        }
    }

    private var address: String { "\(self.server.host):\(self.server.port)" }

    private func carry(_ stream: ChaincodeStream, _ take: @escaping @Sendable (ShimMessage) -> Bool) async -> String {
        do {
            let transport = try HTTP2ClientTransport.Posix(target: self.target, transportSecurity: self.security, config: self.configuration)
            try await withGRPCClient(transport: transport) { client in
                try await client.bidirectionalStreaming(
                    request: StreamingClientRequest { writer in
                        for await frame in stream.outgoing {
                            try await writer.write(frame)
                            stream.sent(frame)
                        }
                    }, descriptor: Protos_Chaincode.Method.Connect.descriptor, serializer: WireFrameSerializer(), deserializer: ShimReader(),
                    options: Self.options
                ) { response in
                    // Ends the sending side too, with the reason of a failure.
                    defer { stream.end("the chaincode has ended the stream") }
                    do {
                        for try await message in response.messages {
                            guard take(message) else { return }
                        }
                    } catch let error as RPCError {
                        stream.end(error.cause.map { "\(error.message): \($0)" } ?? error.message)
                        throw error
                    }
                }
            }
            return "the chaincode has ended the stream"
        } catch let error as RPCError {
            return "error creating grpc connection to \(self.address): \(error.message)"
        } catch {
            return "error creating grpc connection to \(self.address): \(error)"
        }
    }

    private static let options: CallOptions = {
        var options = CallOptions.defaults
        options.maxRequestMessageBytes = ShimLimits.messageBytes
        options.maxResponseMessageBytes = ShimLimits.messageBytes
        options.waitForReady = false
        return options
    }()

    private var target: any ResolvableTarget {
        switch try? SocketAddress(ipAddress: self.server.host, port: self.server.port) {
        case .v4: .ipv4(address: self.server.host, port: self.server.port)
        case .v6: .ipv6(address: self.server.host, port: self.server.port)
        default: .dns(host: self.server.host, port: self.server.port)
        }
    }

    private var security: HTTP2ClientTransport.Posix.TransportSecurity {
        guard let root = self.server.rootCertificate else { return .plaintext }
        return .tls { tls in
            tls.trustRoots = .certificates([.bytes(root, format: .pem)])
            guard let own = self.server.client else { return }
            tls.certificateChain = [.bytes(own.certificate, format: .pem)]
            tls.privateKey = .bytes(own.key, format: .pem)
        }
    }

    private var configuration: HTTP2ClientTransport.Posix.Config {
        .defaults { configuration in
            // As in Fabric another name counts only together with client authentication.
            if self.server.client != nil, let domain = self.server.domain { configuration.http2.authority = domain }
            configuration.http2.targetWindowSize = 1 << 20
            configuration.connection.maxIdleTime = nil
            configuration.answerPings(isTLS: self.server.rootCertificate != nil)
            configuration.connection.keepalive = HTTP2ClientTransport.Config.Keepalive(
                time: .seconds(self.limits.pingSeconds), timeout: .seconds(self.limits.pingAnswerSeconds), allowWithoutCalls: false)
        }
    }
}

/// Reads a message of a chaincode; one that does not parse ends the stream.
struct ShimReader: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> ShimMessage {
        do {
            return try serializedMessageBytes.withUnsafeBytes { try ShimMessage.decode([UInt8]($0), as: "message of a chaincode") }
        } catch {
            throw RPCError(code: .internalError, message: "grpc: error unmarshalling request: \(error)")
        }
    }
}
