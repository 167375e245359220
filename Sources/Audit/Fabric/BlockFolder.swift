import FabricMessages
import Ledger
import LedgerModel

/// One copy of a chain of Fabric blocks: a folder in which each file is one serialised `common.Block`.
///
/// Names decide nothing but which files are looked at: a block's place is the number inside it.
package struct BlockFolder: Sendable {
    /// A file that holds a block.
    package struct File: Hashable, Sendable {
        package let number: UInt64
        package let name: String
    }

    /// What a person is told, such as `blocks_orderer`.
    package let name: String
    package let path: String
    /// By number, one for each.
    package let files: [File]
    /// What is wrong with the files as such: doubles, and files that hold no block.
    let findings: [AuditFinding]
    /// Files with a block without its data, as a peer gets from an orderer that it only watches.
    let headerFiles: Int

    /// How many blocks the chain has up to the first that is missing.
    var unbrokenHeight: UInt64 {
        var height: UInt64 = 0
        for file in self.files {
            guard file.number == height else { break }
            height += 1
        }
        return height
    }

    /// Looks at the files of a folder; nil when none of them holds a block.
    ///
    /// - Throws: `AuditError` when the folder cannot be listed or a file in it cannot be read.
    static func survey(_ path: String, name: String) throws(AuditError) -> BlockFolder? {
        let names: [String]
        do {
            names = try SystemFiles().list(path)
        } catch {
            throw .unreadable(error)
        }
        let candidates = names.filter { ($0.hasSuffix(".pb") || $0.hasSuffix(".block")) && FileKind.of(path + "/" + $0) == .file }
        return try self.survey(candidates, in: path, name: name)
    }

    /// A single file as a copy of one block; nil when it holds none.
    static func survey(file path: String) throws(AuditError) -> BlockFolder? {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        return try self.survey([name], in: slash.map { String(path[..<$0]) } ?? ".", name: name)
    }

    private static func survey(_ candidates: [String], in path: String, name: String) throws(AuditError) -> BlockFolder? {
        var byNumber: [UInt64: File] = [:]
        var findings: [AuditFinding] = []
        var headerFiles = 0
        for candidate in candidates {
            switch try self.look(at: candidate, in: path) {
            case .block(let number, let hasData):
                if !hasData { headerFiles += 1 }
                guard let other = byNumber.updateValue(File(number: number, name: candidate), forKey: number) else { continue }
                byNumber[number] = other
                let isSame = try self.read(other.name, in: path) == self.read(candidate, in: path)
                findings.append(
                    AuditFinding(
                        .blockFile, block: number, expected: "one file with this block",
                        found: "\(other.name) and \(candidate), with \(isSame ? "the same" : "different") bytes"))
            case .nothing(let reason):
                findings.append(AuditFinding(.blockFile, block: nil, expected: "a block in the file \(candidate)", found: reason))
            }
        }
        guard !byNumber.isEmpty else { return nil }
        return BlockFolder(
            name: name, path: path, files: byNumber.values.sorted { $0.number < $1.number }, findings: findings, headerFiles: headerFiles)
    }

    private enum Look {
        case block(UInt64, hasData: Bool)
        case nothing(reason: String)
    }

    /// Whether a file holds a block. Many messages parse as one, so the header must be that of a block.
    private static func look(at name: String, in path: String) throws(AuditError) -> Look {
        let bytes: [UInt8]
        switch try self.read(name, in: path) {
        case .some(let content): bytes = content
        case .none: return .nothing(reason: "more than \(LedgerModelLimits.blockBytes) bytes")
        }
        guard let message = try? Common_Block.decode(bytes, as: "block") else { return .nothing(reason: "bytes that do not parse as a block") }
        let header = message.header
        guard message.hasHeader, header.dataHash.count == 32, header.previousHash.count == (header.number == 0 ? 0 : 32) else {
            return .nothing(reason: "no block: it has no header with hashes of 32 bytes")
        }
        return .block(header.number, hasData: message.hasData)
    }

    /// The bytes of a file; nil when they are more than a block may have.
    private static func read(_ name: String, in path: String) throws(AuditError) -> [UInt8]? {
        do {
            let file = try SystemFiles().open(path + "/" + name, for: .reading)
            let size = try file.sizeBytes()
            guard size <= UInt64(LedgerModelLimits.blockBytes) else { return nil }
            return try file.read(Int(size), at: 0)
        } catch {
            throw .unreadable(error)
        }
    }

    /// The bytes of one of `files`.
    func bytes(of file: File) throws(AuditError) -> [UInt8] {
        guard let bytes = try Self.read(file.name, in: self.path) else {
            throw .unreadable(FileError(operation: "read the grown file", path: self.path + "/" + file.name, code: 0))
        }
        return bytes
    }
}
