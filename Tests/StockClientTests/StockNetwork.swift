import Foundation
import TestSupport

/// `selvage dev` as a process on free ports of this machine, with everything in a folder that goes with it.
final class StockNetwork: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let channel = "mychannel"
    /// Ports that are looked for together: the nodes, the admin ports, and one for a newcomer.
    private static let portCount = 24

    let folder: TemporaryFolder
    private let network: RunningProgram
    private let firstPort: Int
    /// By name of the node.
    private let endpoints: [String: String]

    init() async throws {
        self.folder = try TemporaryFolder("selvage-stock")
        self.firstPort = try FreePorts.inRow(Self.portCount)
        self.network = RunningProgram(
            "/usr/bin/timeout", ["300", Self.selvage, "dev", "--directory", self.folder.path, "--port", "\(self.firstPort)"],
            errors: self.folder.path(of: "dev.errors"))
        self.endpoints = try await Self.endpoints(of: self.network, self.folder, "dev.errors")
    }

    /// A program that is not there is a start that fails.
    private static var selvage: String { BuiltProgram.path(of: "selvage") ?? "selvage" }

    var path: String { self.folder.path }

    /// Where an ordering node listens, as its certificate calls it.
    var orderer: String { self.endpoint { $0.contains("orderer") } }

    func peer(of organization: Int) -> String { self.endpoint { $0.hasPrefix("peer0.org\(organization).") } }

    private func endpoint(where fits: (String) -> Bool) -> String {
        let name = self.endpoints.keys.filter(fits).min() ?? ""
        return (self.endpoints[name] ?? "").replacingOccurrences(of: "127.0.0.1", with: "localhost")
    }

    /// Starts one more peer of the second organisation, which has joined nothing.
    ///
    /// - Returns: The peer, and where it listens.
    func newcomer() async throws -> (RunningProgram, endpoint: String) {
        let peer = self.endpoints.keys.filter { $0.hasPrefix("peer0.org2.") }.min() ?? ""
        let text = String(decoding: self.folder.read("nodes/\(peer)/node.yaml") ?? [], as: UTF8.self)
        let port = self.firstPort + Self.portCount - 1
        let lines = text.split(separator: "\n").compactMap { line -> String? in
            if line.hasPrefix("name:") { return "name: newcomer" }
            if line.hasPrefix("listen:") { return "listen: 127.0.0.1:\(port)" }
            return line.hasPrefix("channels:") ? nil : String(line)
        }
        try self.folder.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "nodes/newcomer/node.yaml")
        let program = RunningProgram(
            "/usr/bin/timeout", ["300", Self.selvage, "node", "start", "--config", self.folder.path(of: "nodes/newcomer/node.yaml")],
            errors: self.folder.path(of: "newcomer.errors"))
        _ = try await Self.endpoints(of: program, self.folder, "newcomer.errors")
        return (program, "localhost:\(port)")
    }

    /// Starts a program, and reads the line in which it says where its nodes listen.
    private static func endpoints(of program: RunningProgram, _ folder: TemporaryFolder, _ errors: String) async throws -> [String: String] {
        for await line in try program.start() where line.hasPrefix("ready ") {
            let words = line.split(separator: " ").dropFirst().map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
            return Dictionary(words.compactMap { $0.count == 2 ? ($0[0], $0[1]) : nil }) { first, _ in first }
        }
        throw Failure(description: "it is never ready: \(String(decoding: folder.read(errors) ?? [], as: UTF8.self))")
    }
}
