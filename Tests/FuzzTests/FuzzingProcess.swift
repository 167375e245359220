import Foundation
import TestSupport

/// The program that runs cases, as a process of its own: a trap or a hang in a case ends that one and not the tests.
enum FuzzingProcess {
    struct Outcome: Sendable {
        let exitCode: Int32
        let output: String
        let messages: String
    }

    static let corpus = PackageRoot.path + "/Tests/FuzzTests/Corpus"
    static let fixtures = PackageRoot.path + "/Tests/FuzzTests/Fixtures"

    /// Beside the program that runs the tests.
    private static let path: String = {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let folder = program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        if FileManager.default.isExecutableFile(atPath: folder + "/Fuzzing") { return folder + "/Fuzzing" }
        // `swift test` may run the tests inside a program of the toolchain.
        return PackageRoot.path + "/.build/debug/Fuzzing"
    }()

    /// Runs the program to its end.
    static func run(_ arguments: [String], artifacts: TemporaryFolder) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: self.path)
        process.arguments = arguments + ["--corpus", self.corpus, "--fixtures", self.fixtures, "--artifacts", artifacts.path]
        let output = artifacts.path(of: "output")
        let messages = artifacts.path(of: "messages")
        for file in [output, messages] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: messages))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            exitCode: process.terminationStatus, output: String(decoding: artifacts.read("output") ?? [], as: UTF8.self),
            messages: String(decoding: artifacts.read("messages") ?? [], as: UTF8.self))
    }

    /// The names in a folder, sorted; none when there is no such folder.
    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }
}

/// The bytes of a file; nil when it cannot be read.
func readFile(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map { [UInt8]($0) }
}
