import Foundation
import TestSupport

/// A text file of the repository, or a made-up one that a planted violation is written in.
struct SourceFile: Sendable {
    /// Path from the repository's root, for example `Sources/Ledger/Limits.swift`.
    let path: String
    let text: String

    /// The last part of the path.
    var name: String {
        self.path.split(separator: "/").last.map(String.init) ?? self.path
    }

    /// The lines without their ends; a last empty piece after the final line end is not a line.
    var lines: [Substring] {
        var lines = self.text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The module whose source this is, nil outside of `Sources`.
    var module: String? {
        let parts = self.path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var isSwift: Bool { self.path.hasSuffix(".swift") }
    var isGenerated: Bool { self.path.contains("/Generated/") }
}

/// One rule that one line breaks.
struct Finding: Equatable, Sendable, CustomStringConvertible {
    let path: String
    /// Counted from 1; 0 means the file as a whole.
    let line: Int
    /// What is wrong and what to do about it.
    let message: String

    var description: String {
        self.line > 0 ? "\(self.path):\(self.line): \(self.message)" : "\(self.path): \(self.message)"
    }
}

/// The repository as the checks see it.
enum Repository {
    /// Every Swift file of `Sources` and `Tests`, generated ones too, sorted by path.
    static let swiftFiles: [SourceFile] = ["Sources", "Tests"].flatMap { Self.files(below: $0) { $0.hasSuffix(".swift") } }

    /// The Swift files written by hand.
    static let handWritten: [SourceFile] = Self.swiftFiles.filter { !$0.isGenerated }

    /// Every Markdown page that belongs to the repository.
    static let pages: [SourceFile] =
        Self.names(in: "").filter { $0.hasSuffix(".md") }.compactMap { Self.file($0) }
        + ["Documentation", "chaincode-specs", "Sources", "Tests", "Benchmarks", "Examples", "Protos"].flatMap {
            Self.files(below: $0) { $0.hasSuffix(".md") }
        }

    /// The scripts, which have no ending.
    static let scripts: [SourceFile] = (Self.files(below: "scripts") { _ in true }) + (Self.files(below: ".ci") { _ in true })

    /// One file, or nil when it is not there or is not text.
    static func file(_ path: String) -> SourceFile? {
        guard let text = try? String(contentsOfFile: PackageRoot.path + "/" + path, encoding: .utf8) else { return nil }
        return SourceFile(path: path, text: text)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: PackageRoot.path + "/" + path)
    }

    /// The names in a folder, sorted; folders end in a slash; hidden names are left out.
    static func names(in folder: String) -> [String] {
        let absolute = PackageRoot.path + "/" + folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: absolute)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted().map { name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: absolute + "/" + name, isDirectory: &isFolder)
            return isFolder.boolValue ? name + "/" : name
        }
    }

    private static func files(below folder: String, where isWanted: (String) -> Bool) -> [SourceFile] {
        self.names(in: folder).flatMap { name -> [SourceFile] in
            if name.hasSuffix("/") { return self.files(below: folder + "/" + name.dropLast(), where: isWanted) }
            return isWanted(name) ? [self.file(folder + "/" + name)].compactMap { $0 } : []
        }
    }
}
