import LedgerModel

/// The first thing in which the endorsed outcome of a transaction and the one computed again differ.
///
/// Values are told by size and digest only: a report never holds what contracts store.
package struct ActionDifference: Hashable, Sendable, CustomStringConvertible {
    /// What differs, such as `write of key 'colour' of notebook`.
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
                item: "the outcome", endorsed: OutcomeItem.digest(endorsed),
                computed: "equal content in other bytes, \(OutcomeItem.digest(computed.serialized()))")
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
                item: "the response's message", endorsed: OutcomeItem.digest(Array(left.message.utf8)),
                computed: OutcomeItem.digest(Array(right.message.utf8)))
        }
        if left.payload != right.payload {
            return ActionDifference(
                item: "the response's payload", endorsed: OutcomeItem.digest(left.payload), computed: OutcomeItem.digest(right.payload))
        }
        if endorsed.events != computed.events {
            return ActionDifference(item: "the event", endorsed: self.event(endorsed.events), computed: self.event(computed.events))
        }
        return nil
    }

    private static func inReadWriteSet(_ endorsed: [UInt8], _ computed: [UInt8]) -> ActionDifference? {
        guard endorsed != computed else { return nil }
        guard let left = try? ReadWriteSet(serialized: endorsed), let right = try? ReadWriteSet(serialized: computed) else {
            return ActionDifference(item: "the read-write set", endorsed: OutcomeItem.digest(endorsed), computed: OutcomeItem.digest(computed))
        }
        let (leftItems, rightItems) = (OutcomeItem.items(of: left), OutcomeItem.items(of: right))
        // A forged set may be long: each item is looked up, never searched for. The order of the dictionaries decides nothing.
        let (leftStates, rightStates) = (self.firstStates(of: leftItems), self.firstStates(of: rightItems))
        for (index, entry) in leftItems.enumerated() {
            guard index < rightItems.count, rightItems[index].item.utf8.elementsEqual(entry.item.utf8) else {
                // Absent on one side, or the order is another.
                if let other = rightStates[Array(entry.item.utf8)] {
                    if other == entry.state { continue }
                    return ActionDifference(item: entry.item, endorsed: entry.state, computed: other)
                }
                return ActionDifference(item: entry.item, endorsed: entry.state, computed: "nothing")
            }
            if rightItems[index].state != entry.state {
                return ActionDifference(item: entry.item, endorsed: entry.state, computed: rightItems[index].state)
            }
        }
        if let added = rightItems.first(where: { leftStates[Array($0.item.utf8)] == nil }) {
            return ActionDifference(item: added.item, endorsed: "nothing", computed: added.state)
        }
        return ActionDifference(item: "the read-write set", endorsed: OutcomeItem.digest(endorsed), computed: OutcomeItem.digest(computed))
    }

    /// What is said of each item first, by the bytes of its name.
    private static func firstStates(of items: [OutcomeItem]) -> [[UInt8]: String] {
        Dictionary(items.map { (Array($0.item.utf8), $0.state) }) { first, _ in first }
    }

    private static func event(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "none" }
        guard let event = try? ChaincodeEvent(serialized: bytes) else { return "bytes that do not parse" }
        return "'\(event.name)' with a payload \(OutcomeItem.digest(event.payload))"
    }
}
