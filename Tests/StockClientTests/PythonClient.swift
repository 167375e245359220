import Foundation
import TestSupport
import Testing

/// A Python program beside these tests, run with the packages that `scripts/setup clients` has installed in the build folder.
enum PythonClient {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What to write as the reason of a test that is skipped.
    static let reason: Comment = "needs Python with the packages of Programs/requirements.txt: scripts/setup clients installs them in .build/python"

    private static let interpreter = PackageRoot.path + "/.build/python/bin/python"
    private static let programs = PackageRoot.path + "/Tests/StockClientTests/Programs"

    static var isPresent: Bool {
        // The list is copied behind the packages, so an installation that was broken off does not count.
        let manager = FileManager.default
        return manager.isExecutableFile(atPath: Self.interpreter)
            && manager.contents(atPath: PackageRoot.path + "/.build/python/requirements.txt")
                == manager.contents(atPath: Self.programs + "/requirements.txt")
    }

    /// Runs a program to its end, three minutes at most.
    ///
    /// - Returns: The lines that it printed, each an object.
    static func lines(of name: String, _ arguments: [String], folder: TemporaryFolder) async throws -> [[String: JSONValue]] {
        let program = RunningProgram(
            "/usr/bin/timeout", ["180", Self.interpreter, "\(Self.programs)/\(name).py"] + arguments,
            errors: folder.path(of: name + ".errors"))
        var lines: [[String: JSONValue]] = []
        for await line in try program.start() {
            lines.append(try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8)))
        }
        let status = await program.status()
        guard status == 0 else {
            let said = String(decoding: folder.read(name + ".errors") ?? [], as: UTF8.self)
            throw Failure(description: "\(name).py ended with \(status) after \(lines.count) lines: \(said.suffix(2_000))")
        }
        return lines
    }
}
