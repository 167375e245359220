import Foundation
import Node
import SelvageClient
import TestSupport

/// An etcd cluster on ports of this machine, gone with the last reference to it.
final class EtcdCluster: Sendable {
    let folder: TemporaryFolder
    let endpoints: [NodeAddress]
    private let members: [EtcdProcess]

    /// - Parameter quotaBytes: How large a member's store may become.
    init(members count: Int, quotaBytes: Int? = nil, options: [String] = [], scheme: String = "http") throws {
        let folder = try TemporaryFolder("selvage-etcd")
        let ports = try (0..<count).map { _ in (client: try FreePorts.inRow(1), peer: try FreePorts.inRow(1)) }
        let cluster = ports.enumerated().map { "m\($0)=http://127.0.0.1:\($1.peer)" }.joined(separator: ",")
        self.folder = folder
        self.endpoints = ports.map { NodeAddress(host: "127.0.0.1", port: $0.client) }
        self.members = try ports.enumerated().map { index, port in
            var arguments = [
                "--name", "m\(index)", "--data-dir", folder.path(of: "m\(index)"), "--listen-client-urls", "\(scheme)://127.0.0.1:\(port.client)",
                "--advertise-client-urls", "\(scheme)://127.0.0.1:\(port.client)", "--listen-peer-urls", "http://127.0.0.1:\(port.peer)",
                "--initial-advertise-peer-urls", "http://127.0.0.1:\(port.peer)", "--initial-cluster", cluster, "--logger", "zap", "--log-level",
                "error",
            ]
            if let quotaBytes { arguments += ["--quota-backend-bytes", "\(quotaBytes)"] }
            return try EtcdProcess(arguments + options, log: folder.path(of: "m\(index).log"))
        }
    }

    /// Ends a member as `kill -9` does.
    func kill(_ member: Int) { self.members[member].kill() }
}

/// Waits until something is so; the time is a bound for what goes wrong, not an expectation.
///
/// On a busy machine whole minutes may go by between two looks, so there have to be many of them too.
func eventually(_ what: String, seconds: Int = 60, _ isSo: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(seconds))
    var looks = 0
    while clock.now < end || looks < 200 {
        if try await isSo() { return }
        looks += 1
        try await Task.sleep(for: .milliseconds(20))
    }
    throw EtcdProcess.Failure(description: "in \(seconds) s it did not come about that \(what)")
}
