import LedgerModel

/// Finds out whether what a transaction read still holds when it commits (interop 8.3), for the test bed.
enum ReadConflict {
    /// `valid`, `mvccReadConflict` or `phantomReadConflict`.
    ///
    /// - Parameters:
    ///   - overlay: What earlier valid transactions of the same block did.
    ///   - state: The state before the block.
    static func code(of readWriteSet: ReadWriteSet, overlay: BlockOverlay, state: any StateReading) throws(StateReadError) -> ValidationCode {
        for part in readWriteSet.namespaces {
            for read in part.reads {
                let isFresh = try isFresh(.key(part.namespace, read.key), read.version, overlay, state)
                if !isFresh { return .mvccReadConflict }
            }
            for query in part.rangeQueries {
                let holds = try results(of: query, in: part.namespace, overlay, state) == query.results
                if !holds { return .phantomReadConflict }
            }
            for collection in part.collections {
                for read in collection.reads {
                    let address = StateAddress.hashed(part.namespace, collection.collection, keyHash: read.keyHash)
                    let isFresh = try isFresh(address, read.version, overlay, state)
                    if !isFresh { return .mvccReadConflict }
                }
            }
        }
        return .valid
    }

    private static func isFresh(
        _ address: StateAddress, _ version: StateVersion?, _ overlay: BlockOverlay, _ state: any StateReading
    ) throws(StateReadError) -> Bool {
        guard overlay.update(at: address) == nil else { return false }
        return try state.value(at: address)?.version == version
    }

    /// What the query would see now: the state overlaid with the block so far. The end counts when the query stopped before its end.
    private static func results(
        of query: RangeQuery, in namespace: Namespace, _ overlay: BlockOverlay, _ state: any StateReading
    ) throws(StateReadError) -> RangeQuery.Results {
        let end: StateKey? = query.end.isEmpty ? nil : query.isExhausted ? query.end : StateKey(utf8: query.end.utf8 + [0])
        var found: [StateKey: StateVersion] = [:]
        let scan = try state.scan(namespace, from: query.start, to: end)
        while let result = try scan.next() {
            found[result.key] = result.value.version
        }
        for (key, update) in overlay.changes(in: namespace, from: query.start, to: end, includingEnd: false) {
            found[key] = update.result?.version
        }
        var results = RangeResultsBuilder()
        for key in found.keys.sorted() {
            results.append(KeyRead(key: key, version: found[key]))
        }
        return results.finish()
    }
}
