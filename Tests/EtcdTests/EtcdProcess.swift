import Foundation
import Glibc
import Synchronization

/// A member of an etcd cluster that runs as a process of its own; what it says goes to a file in its folder.
final class EtcdProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The program, where it is installed.
    static let program: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        return folders.map { "\($0)/etcd" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private let process: pid_t
    private let isGone = Mutex(false)

    init(_ arguments: [String], log: String) throws {
        guard let program = Self.program else { throw Failure(description: "there is no program etcd; install etcd-server") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // When the tests end without a word, etcd ends too: util-linux's setpriv sends it a signal then.
        var argv: [UnsafeMutablePointer<CChar>?] = (["setpriv", "--pdeathsig", "KILL", program] + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, "setpriv", &actions, nil, &argv, &envp)
        guard code == 0 else { throw Failure(description: "etcd does not start, errno \(code)") }
        self.process = process
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
}
