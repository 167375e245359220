import Ledger
import LedgerModel
import Synchronization

/// The history of keys during a replay: it keeps versions, and reads values from the block files again when a contract asks.
final class ReplayHistory: HistoryReading {
    private struct Item: Hashable {
        let namespace: Namespace
        let key: StateKey
    }

    private struct Content {
        /// Oldest first.
        var versions: [Item: [StateVersion]] = [:]
        /// Where each block begins, by number.
        var blocks: [BlockCheckpoint] = []
    }

    private let folder: String?
    private let content = Mutex(Content())

    /// - Parameter folder: The folder of our own block files; nil where no contract is run, and then nothing is kept.
    init(folder: String?) {
        self.folder = folder
    }

    /// Adds the next block.
    func add(_ writes: [HistoryWrite], of block: ReadBlock) {
        guard self.folder != nil, let place = block.place else { return }
        self.content.withLock { content in
            content.blocks.append(place)
            for write in writes { content.versions[Item(namespace: write.namespace, key: write.key), default: []].append(write.version) }
        }
    }

    func history(
        of key: StateKey, in namespace: Namespace, from start: StateVersion?, limit: Int
    ) throws(StateReadError) -> HistoryPage {
        let versions = self.content.withLock { $0.versions[Item(namespace: namespace, key: key)] ?? [] }
        var modifications: [KeyModification] = []
        var block: OrderedBlock?
        for version in versions.reversed() where start.map({ version <= $0 }) ?? true {
            guard modifications.count < limit else { return HistoryPage(modifications: modifications, next: version) }
            if block?.number.rawValue != version.block { block = try self.block(version.block) }
            guard let envelopes = block?.envelopes, version.transaction < UInt64(envelopes.count) else {
                throw StateReadError(reason: "the history of a key names transaction \(version), which does not exist")
            }
            modifications.append(try KeyModification(of: key, in: namespace, by: envelopes[Int(version.transaction)], version))
        }
        return HistoryPage(modifications: modifications, next: nil)
    }

    private func block(_ number: UInt64) throws(StateReadError) -> OrderedBlock {
        guard let folder = self.folder else { throw StateReadError(reason: "no history is kept here") }
        let place = self.content.withLock { number < UInt64($0.blocks.count) ? $0.blocks[Int(number)] : nil }
        do {
            var scan = try BlockScan(folder: folder, files: SystemFiles(), from: place)
            guard let stored = try scan.next() else { throw StateReadError(reason: "block \(number) is gone from the block files") }
            return try OrderedBlock(serialized: stored.bytes)
        } catch {
            throw StateReadError(reason: "block \(number): \(error)")
        }
    }
}
