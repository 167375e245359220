import CryptoPrimitives
import LedgerModel

/// The first thing in which the endorsed outcome of a transaction and the one computed again differ.
///
/// Values are told by size and digest only: a report never holds what contracts store.
package struct ActionDifference: Hashable, Sendable, CustomStringConvertible {
    /// What differs, such as `write of 'colour' in notebook`.
    package let item: String
    /// What was endorsed there.
    package let endorsed: String
    /// What the contract gives there.
    package let computed: String

    package init(item: String, endorsed: String, computed: String) {
        self.item = item
        self.endorsed = endorsed
        self.computed = computed
    }

    package var description: String { "\(self.item): endorsed \(self.endorsed), computed \(self.computed)" }

    /// Compares an endorsed action with a computed one; the caller knows that their bytes differ.
    init(endorsed: [UInt8], computed: ChaincodeAction) {
        guard let action = try? ChaincodeAction(serialized: endorsed) else {
            self.init(item: "the endorsed outcome", endorsed: "bytes that do not parse", computed: "an outcome")
            return
        }
        self =
            Self.inHeader(action, computed) ?? Self.inReadWriteSet(action.results, computed.results)
            ?? ActionDifference(
                item: "the outcome", endorsed: Self.digest(endorsed), computed: "equal content in other bytes, \(Self.digest(computed.serialized()))")
    }

    private static func inHeader(_ endorsed: ChaincodeAction, _ computed: ChaincodeAction) -> ActionDifference? {
        func name(_ action: ChaincodeAction) -> String {
            action.chaincode.map { "'\($0)' version '\(action.chaincodeVersion)'" } ?? "no chaincode"
        }
        if endorsed.chaincode != computed.chaincode || !endorsed.chaincodeVersion.utf8.elementsEqual(computed.chaincodeVersion.utf8) {
            return ActionDifference(item: "the chaincode", endorsed: name(endorsed), computed: name(computed))
        }
        let (left, right) = (endorsed.response, computed.response)
        if left.status != right.status {
            // The contract's own text names rules and ids, never content.
            let text = right.message.isEmpty ? "" : " (\(right.message))"
            return ActionDifference(item: "the response's status", endorsed: "\(left.status)", computed: "\(right.status)\(text)")
        }
        if !left.message.utf8.elementsEqual(right.message.utf8) {
            return ActionDifference(
                item: "the response's message", endorsed: self.digest(Array(left.message.utf8)), computed: self.digest(Array(right.message.utf8)))
        }
        if left.payload != right.payload {
            return ActionDifference(item: "the response's payload", endorsed: self.digest(left.payload), computed: self.digest(right.payload))
        }
        if endorsed.events != computed.events {
            return ActionDifference(item: "the event", endorsed: self.event(endorsed.events), computed: self.event(computed.events))
        }
        return nil
    }

    private static func inReadWriteSet(_ endorsed: [UInt8], _ computed: [UInt8]) -> ActionDifference? {
        guard endorsed != computed else { return nil }
        guard let left = try? ReadWriteSet(serialized: endorsed), let right = try? ReadWriteSet(serialized: computed) else {
            return ActionDifference(item: "the read-write set", endorsed: self.digest(endorsed), computed: self.digest(computed))
        }
        let (leftItems, rightItems) = (self.items(of: left), self.items(of: right))
        for (index, entry) in leftItems.enumerated() {
            guard index < rightItems.count, rightItems[index].item == entry.item else {
                // Absent on one side, or the order is another.
                if let other = rightItems.first(where: { $0.item == entry.item }) {
                    if other.state == entry.state { continue }
                    return ActionDifference(item: entry.item, endorsed: entry.state, computed: other.state)
                }
                return ActionDifference(item: entry.item, endorsed: entry.state, computed: "nothing")
            }
            if rightItems[index].state != entry.state {
                return ActionDifference(item: entry.item, endorsed: entry.state, computed: rightItems[index].state)
            }
        }
        if let added = rightItems.first(where: { entry in !leftItems.contains { $0.item == entry.item } }) {
            return ActionDifference(item: added.item, endorsed: "nothing", computed: added.state)
        }
        return ActionDifference(item: "the read-write set", endorsed: self.digest(endorsed), computed: self.digest(computed))
    }

    private static func items(of set: ReadWriteSet) -> [(item: String, state: String)] {
        var items: [(item: String, state: String)] = []
        for part in set.namespaces {
            let place = "in \(part.namespace)"
            for read in part.reads { items.append(("read of '\(read.key)' \(place)", self.version(read.version))) }
            for query in part.rangeQueries {
                items.append(("range from '\(query.start)' \(place)", "up to '\(query.end)', \(self.results(query.results))"))
            }
            for write in part.writes {
                items.append(("write of '\(write.key)' \(place)", write.isDelete ? "a delete" : "a value \(self.digest(write.value))"))
            }
            for write in part.metadataWrites {
                items.append(("metadata of '\(write.key)' \(place)", "\(write.entries.count) entries \(self.digest(write.entries))"))
            }
            for collection in part.collections {
                let bytes = ReadWriteSet(namespaces: [NamespaceReadWriteSet(namespace: part.namespace, collections: [collection])]).serialized()
                items.append(("private data '\(collection.collection)' \(place)", "hashes \(self.digest(bytes))"))
            }
        }
        return items
    }

    private static func results(_ results: RangeQuery.Results) -> String {
        switch results {
        case .raw(let reads): "\(reads.count) results \(self.digest(reads.flatMap { Array("\($0.key)@\(self.version($0.version)) ".utf8) }))"
        case .merkle(let digest): "more results than are listed, \(self.digest(digest.hashes.flatMap { $0 }))"
        }
    }

    private static func version(_ version: StateVersion?) -> String { version.map { "version \($0)" } ?? "an absent key" }

    private static func event(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "none" }
        guard let event = try? ChaincodeEvent(serialized: bytes) else { return "bytes that do not parse" }
        return "'\(event.name)' with a payload \(self.digest(event.payload))"
    }

    static func digest(_ entries: [MetadataEntry]) -> String {
        var bytes: [UInt8] = []
        for entry in entries { bytes += Array(entry.name.utf8) + [0] + entry.value }
        return self.digest(bytes)
    }

    static func digest(_ bytes: [UInt8]) -> String {
        let hash = Base16.encode(Array(SHA256.hash(bytes).prefix(AuditLimits.shownDigestBytes)))
        return "of \(bytes.count) bytes (SHA-256 \(hash)...)"
    }
}
