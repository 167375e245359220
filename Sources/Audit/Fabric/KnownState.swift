import Ledger
import LedgerModel

/// A world state that stands beside a ledger and was made by somebody else.
protocol KnownState: Sendable {
    /// How many blocks it holds the effects of.
    var height: UInt64 { get }

    /// Compares every entry, in both directions.
    func compare(with replayed: ReplayedMoment) throws(KeyValueError) -> KnownStateResult
}

/// What a replay gave after some block.
struct ReplayedMoment: Sendable {
    let content: any KeyValueSnapshot
    /// What the ledger's end was then.
    let channel: LedgerReplay.Channel
    /// It goes on growing with the replay.
    let transactionIDs: TransactionIndex
    /// How many there were then.
    let transactionIDCount: Int
}

/// What comparing a known state gave.
struct KnownStateResult: Sendable {
    /// Entries that are equal, by kind: public ones, hashes of private ones, and private ones that are known in plain.
    var open = 0
    var hashed = 0
    var plain = 0
    /// Transaction ids that both have; no entries.
    var transactionIDs = 0
    /// The first that is not.
    private(set) var first: StateDifference?
    private(set) var differenceCount = 0

    var equalCount: Int { self.open + self.hashed + self.plain }

    mutating func add(_ difference: StateDifference) {
        self.differenceCount += 1
        if self.first == nil { self.first = difference }
    }

    /// The kinds, for people.
    var detail: String {
        let kinds = [(self.open, "public"), (self.hashed, "hashed"), (self.plain, "private, against their hashes")]
        let ids = self.transactionIDs > 0 ? "; and \(self.transactionIDs) transaction ids" : ""
        return " (" + kinds.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + ")" + ids
    }

    /// An entry for people.
    static func describe(_ value: VersionedValue) -> String {
        StateComparison.describe(StateValueFormat.encode(value.value, metadata: value.metadata, version: value.version))
    }
}

/// Where a known state was found, and what it is.
enum KnownStateSearch: Sendable {
    case found(name: String, any KnownState)
    /// There is one that cannot be used.
    case unusable(name: String, reason: String)

    private static let document = "state.json"
    static let snapshot = "snapshot"

    /// Looks beside the blocks, or takes what was named.
    ///
    /// - Parameters:
    ///   - named: A file or folder that the user gave.
    ///   - folders: Looked through otherwise; of each kind the first one found counts.
    static func search(named: String?, beside folders: [String]) -> [KnownStateSearch] {
        if let named { return [self.open(named, name: named)] }
        var found: [KnownStateSearch] = []
        if let folder = folders.first(where: { FileKind.of($0 + "/" + self.document) == .file }) {
            found.append(self.open(folder + "/" + self.document, name: self.document))
        }
        let marker = SnapshotFile.signableMetadata.rawValue
        if let folder = folders.first(where: { FileKind.of($0 + "/" + self.snapshot + "/" + marker) == .file }) {
            found.append(self.open(folder + "/" + self.snapshot, name: self.snapshot))
        }
        return found
    }

    private static func open(_ path: String, name: String) -> KnownStateSearch {
        switch FileKind.of(path) {
        case .nothing: return .unusable(name: name, reason: "there is nothing at \(path)")
        case .folder:
            do {
                return .found(name: name, try SnapshotState(folder: path))
            } catch {
                return .unusable(name: name, reason: error.description)
            }
        case .file: break
        }
        do {
            let file = try SystemFiles().open(path, for: .reading)
            let size = try file.sizeBytes()
            guard size <= AuditLimits.stateDocumentBytes else {
                return .unusable(name: name, reason: "\(size) bytes are over the limit of \(AuditLimits.stateDocumentBytes)")
            }
            return .found(name: name, try StateDocument(json: try file.read(Int(size), at: 0)))
        } catch {
            return .unusable(name: name, reason: "\(error)")
        }
    }
}
