import Foundation
import Glibc
import Synchronization
import TestSupport

/// A program of this package that runs as a process of its own and reports in lines.
final class ChildProcess {
    private let process: pid_t
    private let output: Int32
    private var rest: [UInt8] = []
    private var isGone = false
    private static let starting = Mutex(())

    /// Starts a program that the build has put beside the tests.
    ///
    /// - Parameter environment: All variables of the child; nothing of the tests' own is passed on but the search path of libraries.
    init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws(CrashRigError) {
        guard let program = BuiltProgram.path(of: name) else {
            throw CrashRigError(reason: "there is no program \(name) beside the tests; build everything: swift build --build-tests")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var variables = environment
        if let path = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] { variables["LD_LIBRARY_PATH"] = path }
        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = variables.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var ends: [Int32] = [0, 0]
        var process: pid_t = 0
        // One at a time: a child that is started in between would keep the pipe open, and the end of the output would never come.
        let code = Self.starting.withLock { _ in
            guard pipe(&ends) == 0 else { return errno }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
            let code = posix_spawn(&process, program, &actions, nil, &argv, &envp)
            Glibc.close(ends[1])
            if code != 0 { Glibc.close(ends[0]) }
            return code
        }
        guard code == 0 else { throw CrashRigError(reason: "\(program) does not start, errno \(code)") }
        self.process = process
        self.output = ends[0]
    }

    deinit {
        if !self.isGone {
            Glibc.kill(self.process, SIGKILL)
            var status: Int32 = 0
            waitpid(self.process, &status, 0)
        }
        Glibc.close(self.output)
    }

    /// The next whole line; nil at the end. A last line without its end was never told.
    func line() -> String? {
        while true {
            if let end = self.rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: self.rest[..<end], as: UTF8.self)
                self.rest.removeSubrange(...end)
                return line
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let got = read(self.output, &buffer, buffer.count)
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { return nil }
            self.rest += buffer[..<got]
        }
    }

    /// Ends the process as `kill -9` does.
    func kill() { Glibc.kill(self.process, SIGKILL) }

    /// Waits for the end of the process.
    func wait() -> Ending {
        var status: Int32 = 0
        while waitpid(self.process, &status, 0) < 0 && errno == EINTR {}
        self.isGone = true
        return status & 0x7f == 0 ? .exit(status >> 8 & 0xff) : .signal(status & 0x7f)
    }

    enum Ending: Equatable {
        case exit(Int32)
        case signal(Int32)

        static let killed = Ending.signal(SIGKILL)
    }
}
