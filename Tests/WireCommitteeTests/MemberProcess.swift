import Foundation
import Glibc
import Synchronization
import TestSupport

/// A member that runs as a process of its own; what it says goes to a file beside its folder.
final class MemberProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let number: UInt32
    private let process: pid_t
    private let isGone = Mutex(false)

    /// - Parameters:
    ///   - seconds: After so long it ends by itself, whatever happens to the tests.
    ///   - prefix: A program with its arguments that starts it, such as one that enters a network namespace.
    init(_ number: UInt32, folder: String, seconds: Int = 900, isForgetful: Bool = false, prefix: [String] = []) throws {
        guard let program = BuiltProgram.path(of: "WireMember") else {
            throw Failure(description: "there is no program WireMember beside the tests; build everything: swift build --build-tests")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/\(number)/log", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let words = prefix + [program, folder, "\(number)", "\(seconds)"] + (isForgetful ? ["forgetful"] : [])
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [String: String] = [:]
        for name in ["LD_LIBRARY_PATH", "PATH"] { variables[name] = ProcessInfo.processInfo.environment[name] }
        var envp: [UnsafeMutablePointer<CChar>?] = variables.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, words[0], &actions, nil, &argv, &envp)
        guard code == 0 else { throw Failure(description: "\(words[0]) does not start, errno \(code)") }
        (self.number, self.process) = (number, process)
    }

    deinit { self.kill() }

    /// Ends the process as `kill -9` does, and waits until it is gone.
    func kill() {
        self.isGone.withLock { isGone in
            guard !isGone else { return }
            Glibc.kill(self.process, SIGKILL)
            var status: Int32 = 0
            while waitpid(self.process, &status, 0) < 0 && errno == EINTR {}
            isGone = true
        }
    }

    /// Stops and continues the process: it keeps its connections, and reads nothing meanwhile.
    func pause() { Glibc.kill(self.process, SIGSTOP) }
    func resume() { Glibc.kill(self.process, SIGCONT) }

    /// The resident memory, bytes; nil when it is gone.
    var residentBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(self.process)/statm", encoding: .utf8) else { return nil }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return pages.map { $0 * 4_096 }
    }

    static func said(_ number: UInt32, folder: String) -> String {
        (try? String(contentsOfFile: "\(folder)/\(number)/log", encoding: .utf8)) ?? ""
    }
}
