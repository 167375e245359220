import Ledger
import LedgerModel

/// What a path holds that can be audited.
package enum AuditSubject: Sendable {
    /// A ledger of ours: the folder with `blocks` and `state`.
    case ledger(folder: String)
    /// Blocks of a Fabric network, in one or several copies.
    case fabric(FabricCopies)

    /// Looks at a path; what looks like neither is taken for a ledger of ours, whose audit says what is missing.
    ///
    /// - Throws: `AuditError` when something there cannot be read.
    package static func find(at path: String) throws(AuditError) -> AuditSubject {
        var path = path
        while path.utf8.count > 1 && path.hasSuffix("/") { path.removeLast() }
        switch FileKind.of(path) {
        case .nothing: return .ledger(folder: path)
        case .file:
            guard let copy = try BlockFolder.survey(file: path) else { throw .noBlockInFile(path) }
            return .fabric(FabricCopies(copies: [copy], setAside: [], stateFolders: []))
        case .folder: break
        }
        if self.isOurs(path) { return .ledger(folder: path) }
        return try FabricCopies.find(in: path).map { .fabric($0) } ?? .ledger(folder: path)
    }

    private static func isOurs(_ folder: String) -> Bool {
        let names = (try? SystemFiles().list(folder + "/blocks")) ?? []
        return names.contains { BlockFileFormat.segment(fileName: $0) != nil }
    }
}

/// The copies of a chain that stand beside each other, such as those of two peers and an orderer.
package struct FabricCopies: Sendable {
    /// Something with blocks in it that is no copy of the chain.
    package struct SetAside: Hashable, Sendable {
        package let name: String
        package let reason: String
    }

    /// By name.
    package let copies: [BlockFolder]
    package let setAside: [SetAside]
    /// Where a known state may stand.
    let stateFolders: [String]

    /// The folder itself when its files are blocks, else its folders that hold a chain from block 0 on; nil when there is no block at all.
    static func find(in folder: String) throws(AuditError) -> FabricCopies? {
        let own = try BlockFolder.survey(folder, name: self.lastName(of: folder))
        let names: [String]
        do {
            names = try SystemFiles().list(folder)
        } catch {
            throw .unreadable(error)
        }
        var inside: [BlockFolder] = []
        for name in names where !name.hasPrefix(".") && FileKind.of(folder + "/" + name) == .folder {
            if let copy = try BlockFolder.survey(folder + "/" + name, name: name) { inside.append(copy) }
        }
        // One block among other files is a genesis block that was put there, not a ledger.
        if let own, own.files.count > 1 || !inside.contains(where: \.isChain) {
            return FabricCopies(copies: [own], setAside: [], stateFolders: [folder, folder + "/.."])
        }
        var setAside = own.map { [SetAside(name: $0.files[0].name, reason: "block \($0.files[0].number) alone")] } ?? []
        let longest = inside.filter(\.isChain).map(\.files.count).max() ?? 0
        var copies: [BlockFolder] = []
        for candidate in inside {
            if let reason = candidate.reasonToSetAside(longest: longest) {
                setAside.append(SetAside(name: candidate.name, reason: reason))
            } else {
                copies.append(candidate)
            }
        }
        guard !copies.isEmpty else {
            // Nothing begins with block 0: each is judged by itself, and says so.
            return inside.isEmpty ? nil : FabricCopies(copies: inside, setAside: [], stateFolders: [])
        }
        return FabricCopies(copies: copies, setAside: setAside, stateFolders: [folder])
    }

    private static func lastName(of path: String) -> String {
        path.split(separator: "/").last.map { String($0) } ?? path
    }
}

extension BlockFolder {
    /// Whether it begins with block 0 and holds whole blocks.
    fileprivate var isChain: Bool { self.files[0].number == 0 && self.headerFiles == 0 }

    fileprivate func reasonToSetAside(longest: Int) -> String? {
        if self.headerFiles > 0 { return "\(self.headerFiles) of its \(self.files.count) blocks are headers without data" }
        if self.files[0].number != 0 {
            let count = self.files.count
            return "\(count) \(count == 1 ? "block" : "block numbers") from block \(self.files[0].number) on: audit it by itself"
        }
        if self.files.count == 1 && longest > 1 { return "block 0 alone" }
        return nil
    }
}
