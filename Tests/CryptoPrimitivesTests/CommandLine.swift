import Foundation

/// The `openssl` program, where there is one: a reader and writer of certificates that shares no code with ours.
enum OpenSSLCommand {
    static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Runs the program with the files in a directory of their own; gives its exit status, its output, and the directory's files afterwards.
    static func run(_ arguments: [String], files: [String: String] = [:], reading result: String? = nil) throws -> (status: Int32, file: [UInt8]) {
        guard let path else { throw CocoaError(.fileNoSuchFile) }
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("crypto-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files { try Data(text.utf8).write(to: directory.appendingPathComponent(name)) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let file = try result.map { Array(try Data(contentsOf: directory.appendingPathComponent($0))) } ?? []
        return (process.terminationStatus, file)
    }
}

/// Key material made by Fabric's own tools, kept beside the package where it may not be copied into it.
enum FabricMaterial {
    static let directory = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("../shared/data/vectors/fabric/crypto").standardizedFileURL

    static let isPresent = FileManager.default.fileExists(atPath: directory.path)

    static func read(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appendingPathComponent(path)))
    }

    static var certificatePaths: [String] {
        let all = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(".pem") || $0.hasSuffix(".crt") }.sorted()
    }
}
