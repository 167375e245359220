import Foundation

/// Runs a follower in a process of its own, so that its memory and its cores are nobody else's. One core needs `taskset` (util-linux).
enum FollowerProcess {
    /// How many cores the process may use.
    enum Cores {
        case one
        case all
    }

    /// - Throws: `WorkloadError` when the process fails; what it says goes to standard error.
    static func answer(to request: FollowerRequest, cores: Cores) throws -> FollowerAnswer {
        let process = Process()
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let arguments = ["--follow", String(decoding: try JSONEncoder().encode(request), as: UTF8.self)]
        switch cores {
        case .all: (process.executableURL, process.arguments) = (own, arguments)
        case .one:
            process.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
            process.arguments = ["-c", try self.lastCore(), own.path] + arguments
        }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw WorkloadError.refused("the follower ended with \(process.terminationStatus)") }
        return try JSONDecoder().decode(FollowerAnswer.self, from: bytes)
    }

    /// The last core that this process may use; the first has more interrupts to serve.
    private static func lastCore() throws -> String {
        let text = String(decoding: FileManager.default.contents(atPath: "/proc/self/status") ?? Data(), as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix("Cpus_allowed_list:") {
            if let core = line.split(whereSeparator: { !$0.isNumber }).last { return String(core) }
        }
        throw WorkloadError.refused("the kernel does not tell the cores of this process")
    }
}
