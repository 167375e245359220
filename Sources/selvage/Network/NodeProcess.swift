import Foundation
import Glibc
import Node

/// A process of a network, with one node or several: started, found again, and asked to end. What it prints is in `node.log` in its folder.
struct NodeProcess: Sendable {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// How long the nodes may take until all listen, and until they have ended.
    private var patience: Duration { .seconds(30 + 5 * self.nodes.count) }
    /// POSIX_SPAWN_SETSID, which the system's headers hide behind a feature macro.
    private static let newSession: Int16 = 0x80
    private static let pause = Duration.milliseconds(20)

    let folder: String
    let nodes: [NodeConfiguration]
    private let configFiles: [String]

    /// Nil for a folder that is no process's.
    init?(folder: String) throws {
        let files = FileManager.default
        let own = folder + "/node.yaml"
        let below = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { "\(folder)/\($0)/node.yaml" }
        let found = files.fileExists(atPath: own) ? [own] : below.filter { files.fileExists(atPath: $0) }
        guard !found.isEmpty else { return nil }
        self.folder = folder
        self.configFiles = found
        self.nodes = try found.map { try NodeConfiguration(file: $0) }
    }

    /// This program's own file.
    static func executable() throws -> String {
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw Problem(description: "this program does not find its own file; /proc is needed")
        }
        return path
    }

    /// The node's name, or what several are called together.
    var name: String { self.nodes.count == 1 ? self.nodes[0].name : URL(fileURLWithPath: self.folder).lastPathComponent }

    var orders: Bool { self.nodes.contains { $0.roles.contains(.orderer) } }

    private var pidFile: String { self.folder + "/node.pid" }
    private var logFile: String { self.folder + "/node.log" }

    /// The process, if it is up: one of this number that runs these nodes, and not another that has got its number since.
    var pid: pid_t? {
        guard let text = try? String(contentsOfFile: self.pidFile, encoding: .utf8), let pid = pid_t(text.filter(\.isNumber)), pid > 1,
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"),
            command.range(of: Data(self.configFiles[0].utf8)) != nil
        else { return nil }
        return pid
    }

    /// Starts the node and waits until it is ready.
    ///
    /// - Parameter executable: This program.
    func start(_ executable: String) async throws {
        let offset = (try? FileManager.default.attributesOfItem(atPath: self.logFile)[.size] as? Int) ?? 0
        let pid = try self.spawn(executable)
        try Data("\(pid)\n".utf8).write(to: URL(fileURLWithPath: self.pidFile))
        let deadline = ContinuousClock.now + self.patience
        while ContinuousClock.now < deadline {
            var status: Int32 = 0
            let lines = self.log(from: offset)
            if waitpid(pid, &status, WNOHANG) == pid {
                try? FileManager.default.removeItem(atPath: self.pidFile)
                throw Problem(description: lines.last.map { "\(self.name): \($0)" } ?? "\(self.name) ended at once")
            }
            if lines.contains(where: { $0.hasPrefix("ready ") }) { return }
            try await Task.sleep(for: Self.pause)
        }
        throw Problem(description: "\(self.name) is not ready after \(self.patience); see \(self.logFile)")
    }

    /// Asks the node to end and waits until it has; false when it was not up.
    func stop() async throws -> Bool {
        guard let pid = self.pid else {
            try? FileManager.default.removeItem(atPath: self.pidFile)
            return false
        }
        guard kill(pid, SIGTERM) == 0 else { throw Problem(description: "process \(pid): \(String(cString: strerror(errno)))") }
        let deadline = ContinuousClock.now + self.patience
        while self.pid != nil {
            guard ContinuousClock.now < deadline else {
                throw Problem(description: "\(self.name), process \(pid), has not ended after \(self.patience); see \(self.logFile)")
            }
            // It is this process's child only if this process has started it.
            _ = waitpid(pid, nil, WNOHANG)
            try await Task.sleep(for: Self.pause)
        }
        try? FileManager.default.removeItem(atPath: self.pidFile)
        return true
    }

    private func log(from offset: Int) -> [Substring] {
        guard let file = FileHandle(forReadingAtPath: self.logFile) else { return [] }
        defer { try? file.close() }
        try? file.seek(toOffset: UInt64(offset))
        let text = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n")
    }

    /// In a session of its own, so that it outlives the terminal; its output goes to the log.
    private func spawn(_ executable: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, self.logFile, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        let arguments = [executable, "node", "start"] + self.configFiles.flatMap { ["--config", $0] }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        var pid: pid_t = 0
        let code = posix_spawn(&pid, executable, &actions, &attributes, pointers, environ)
        guard code == 0 else { throw Problem(description: "\(executable) cannot be started: \(String(cString: strerror(code)))") }
        return pid
    }
}
