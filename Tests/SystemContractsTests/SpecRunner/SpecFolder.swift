import Chaincode
import Foundation
import Testing

/// The folder of specifications beside the sources.
enum SpecFolder {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("chaincode-specs")

    /// The names of the contracts' folders, sorted.
    static func contracts() throws -> [String] {
        try names(in: root).filter { isFolder(root.appendingPathComponent($0)) }
    }

    /// The names of everything in a folder, sorted.
    static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    static func isFolder(_ url: URL) -> Bool {
        (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true
    }

    static func json(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: [UInt8](Data(contentsOf: root.appendingPathComponent(path))))
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appendingPathComponent(path)), as: UTF8.self)
    }
}

/// One case file.
struct SpecCaseFile: CustomTestStringConvertible, Sendable {
    let contract: String
    let file: String

    var path: String { "\(contract)/cases/\(file)" }
    var testDescription: String { path }

    /// Every file in every folder of cases, whatever its name: a file that is no case must fail, not vanish.
    static let all: [SpecCaseFile] = ((try? SpecFolder.contracts()) ?? []).flatMap { contract in
        ((try? SpecFolder.names(in: SpecFolder.root.appendingPathComponent("\(contract)/cases"))) ?? []).map {
            SpecCaseFile(contract: contract, file: $0)
        }
    }
}
