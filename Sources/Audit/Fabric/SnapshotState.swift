import Ledger
import LedgerModel

/// A peer's own snapshot of a channel as a known state: public and hashed entries, transaction ids, hashes of block and commit.
///
/// It is read from front to back and never held: an entry that the chain has and the snapshot lacks is found by counting.
struct SnapshotState: KnownState {
    private let snapshot: SnapshotFolder

    /// - Throws: `SnapshotError` when the metadata or a file's hash does not hold.
    init(folder: String) throws(SnapshotError) {
        self.snapshot = try SnapshotFolder(folder)
        try self.snapshot.verifyHashes()
        guard self.snapshot.metadata.lastBlockNumber < .max else {
            throw .damaged(SnapshotDamage(file: SnapshotFile.signableMetadata.rawValue, offset: 0, problem: .count))
        }
    }

    var height: UInt64 { self.snapshot.metadata.lastBlockNumber + 1 }

    func compare(with replayed: ReplayedMoment) throws(KeyValueError) -> KnownStateResult {
        var result = KnownStateResult()
        self.compareHashes(with: replayed, &result)
        var addresses: Set<StateAddress> = []
        do {
            for file in [SnapshotFile.publicState, .privateStateHashes] {
                guard var records = try self.snapshot.records(of: file) else { continue }
                while let (address, value) = try records.next() {
                    addresses.insert(address)
                    try Self.compare(value, at: address, with: replayed.content, &result)
                }
            }
            try self.compareTransactionIDs(with: replayed, &result)
            for address in try StateComparison.addresses(of: replayed.content) where !addresses.contains(address) {
                result.add(StateDifference(item: "\(address)", expected: "an entry", found: "no entry"))
            }
        } catch let error as KeyValueError {
            throw error
        } catch {
            result.add(StateDifference(item: "the snapshot", expected: "files that can be read to their end", found: "\(error)"))
        }
        return result
    }

    private static func compare(
        _ value: VersionedValue, at address: StateAddress, with content: any KeyValueSnapshot, _ result: inout KnownStateResult
    ) throws(KeyValueError) {
        let stored = try content.value(for: StateKeyFormat.state(address)).flatMap(StateValueFormat.decode)
        guard stored == value else {
            let expected = stored.map { KnownStateResult.describe($0) } ?? "no entry"
            result.add(StateDifference(item: "\(address)", expected: expected, found: KnownStateResult.describe(value)))
            return
        }
        if case .hashed = address { result.hashed += 1 } else { result.open += 1 }
    }

    private func compareHashes(with replayed: ReplayedMoment, _ result: inout KnownStateResult) {
        let metadata = self.snapshot.metadata
        let position = replayed.channel.position
        for (item, expected, found) in [
            ("header hash of block \(position.number)", position.headerHash, metadata.lastBlockHash),
            ("commit hash of block \(position.number)", replayed.channel.commitHash, metadata.commitHash),
        ] where expected != found {
            result.add(StateDifference(item: item, expected: hex(expected), found: hex(found)))
        }
        let channel = replayed.channel.bundle.channelID.text
        if !channel.utf8.elementsEqual(metadata.channelName.utf8) {
            result.add(StateDifference(item: "channel", expected: channel, found: metadata.channelName))
        }
    }

    private func compareTransactionIDs(with replayed: ReplayedMoment, _ result: inout KnownStateResult) throws(SnapshotError) {
        guard var ids = try self.snapshot.transactionIDs() else { return }
        var count = 0
        while let id = try ids.next() {
            count += 1
            if replayed.transactionIDs.contains(id) {
                result.transactionIDs += 1
            } else {
                result.add(StateDifference(item: "transaction id \(id)", expected: "none", found: "one"))
            }
        }
        if count != replayed.transactionIDCount {
            result.add(StateDifference(item: "number of transaction ids", expected: "\(replayed.transactionIDCount)", found: "\(count)"))
        }
    }
}
