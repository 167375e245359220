import NIOCore
import NIOPosix

/// Looks whether something listens at a port.
enum ClientProbe {
    static func connect(port: Int) async throws -> Bool {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port).get()
        try await channel.close()
        return true
    }
}
