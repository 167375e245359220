import CryptoPrimitives
import Foundation
import Glibc
import Node

/// A network's folder: keys, genesis block, and the nodes with their files.
struct NetworkFolder: Sendable {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// Absolute, without a slash at its end.
    let path: String

    init(_ path: String) {
        var path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    /// Whether a network was made here.
    var isMade: Bool { FileManager.default.fileExists(atPath: self.path + "/nodes") }

    /// Writes a new network.
    func make(_ plan: NetworkPlan) throws {
        if self.isMade { throw Problem(description: "\(self.path): there is a network already; name a folder without one, or remove it") }
        var random = SystemRandomSource()
        try plan.files(now: SystemEnvironment().now(), random: &random).write(to: self.path)
    }

    /// The processes, those with ordering nodes first: the others begin by asking them for blocks.
    ///
    /// A folder with a node's file is a process, and so is one with folders of nodes in it.
    func processes() throws -> [NodeProcess] {
        guard self.isMade, let names = try? FileManager.default.contentsOfDirectory(atPath: self.path + "/nodes") else {
            throw Problem(description: "\(self.path): there is no network; make one with: selvage network init \(self.path)")
        }
        let processes = try names.sorted().compactMap { try NodeProcess(folder: "\(self.path)/nodes/\($0)") }
        guard !processes.isEmpty else {
            throw Problem(description: "\(self.path)/nodes: no node is there; make a network with: selvage network init")
        }
        return processes.filter(\.orders) + processes.filter { !$0.orders }
    }
}
