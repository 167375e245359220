import Ledger
import LedgerModel

/// Read-write sets: the message, the digests of range queries, the effect on a state, and the stored form of what they write.
struct ReadWriteSetTarget {
    let channel: FuzzChannel
    let probe: FuzzProbe

    func offer(_ bytes: [UInt8]) async throws(FuzzFinding) {
        try self.offerStored(bytes)
        guard let set = try self.probe.attempt({ try ReadWriteSet(serialized: bytes) }) else { return }
        let written = set.serialized()
        let again = try self.probe.attempt { try ReadWriteSet(serialized: written) }
        try self.probe.expect(again == set, "a read-write set is the same after writing and reading")
        try self.probe.expect(again?.serialized() == written, "a read-write set has one form when it is written")
        for part in set.namespaces {
            for query in part.rangeQueries { self.offer(query) }
        }
        try self.apply(set)
        var transaction = FuzzTransaction(of: self.channel)
        transaction.results = bytes
        for chaincode in FuzzChannel.chaincodes {
            transaction.chaincode = chaincode
            try await EnvelopeTarget(channel: self.channel, probe: self.probe).validate([transaction.envelope()])
        }
    }

    /// Takes the bytes for what a database or a snapshot gives back.
    private func offerStored(_ bytes: [UInt8]) throws(FuzzFinding) {
        if let value = StateValueFormat.decode(bytes) {
            let again = StateValueFormat.encode(value.value, metadata: value.metadata, version: value.version)
            try self.probe.expect(again == bytes, "a stored value has one form")
        }
        if let record = SnapshotRecordFormat.decode(bytes) {
            try self.probe.expect(SnapshotRecordFormat.decode(SnapshotRecordFormat.encode(record)) == record, "a snapshot's record has one meaning")
        }
        if let entry = IndexValueFormat.decodeTransaction(bytes) { self.probe.note(entry.index) }
        if let location = IndexValueFormat.decodeLocation(bytes) { self.probe.note(location.end.offset) }
        if let head = IndexValueFormat.decodeHead(bytes) { self.probe.note(head.height) }
        self.probe.note(StateKeyFormat.historyVersion(bytes)?.block ?? 0)
        self.probe.note(StateKeyFormat.stateKey(bytes, in: "assets")?.utf8.count ?? 0)
        _ = SnapshotFileFormat.readRowKey(bytes)
        _ = SnapshotFileFormat.readHashedNamespace(bytes)
        _ = try self.probe.attempt { try SnapshotMetadataFormat.decode(signable: bytes, additional: bytes) }
    }

    /// Digests the results of a query again, with the degree that it claims.
    private func offer(_ query: RangeQuery) {
        switch query.results {
        case .raw(let reads):
            for degree: UInt32 in [0, 2, RangeDigest.standardDegree] {
                var builder = RangeResultsBuilder(degree: degree)
                for read in reads { builder.append(read) }
                if case .merkle(let digest) = builder.finish() { self.probe.note(digest.hashes.count) }
            }
        case .merkle(let digest):
            var builder = RangeResultsBuilder(degree: digest.maxDegree)
            for index in 0..<60 { builder.append(KeyRead(key: FuzzChannel.key(index), version: nil)) }
            if case .merkle(let other) = builder.finish() { self.probe.note(other.maxLevel) }
        }
    }

    private func apply(_ set: ReadWriteSet) throws(FuzzFinding) {
        var overlay = BlockOverlay(base: self.channel.state)
        let version = StateVersion(block: 2, transaction: 0)
        guard try self.probe.attempt({ try overlay.apply(set, version: version) }) != nil else { return }
        let updates = overlay.updates
        self.probe.note(CommitHashFormat.hash(filter: [0], updates: updates, previous: []))
        for update in updates {
            _ = StateKeyFormat.state(update.address)
            guard let value = update.result else { continue }
            let stored = StateValueFormat.encode(value.value, metadata: value.metadata, version: value.version)
            try self.probe.expect(StateValueFormat.decode(stored) == value, "a value is the same after storing and reading")
        }
        for write in overlay.history {
            let key = StateKeyFormat.history(write.namespace, write.key, write.version)
            try self.probe.expect(StateKeyFormat.historyVersion(key) == write.version, "a history key gives back its version")
        }
        for part in set.namespaces {
            for query in part.rangeQueries {
                let changes = overlay.changes(
                    in: part.namespace, from: query.start, to: query.end.isEmpty ? nil : query.end, includingEnd: !query.isExhausted)
                self.probe.note(changes.count)
            }
        }
    }
}
