import LedgerModel

/// Where two endorsers that ran the same proposal came apart: the first difference, with both sides.
package struct EndorsementDifference: Hashable, Sendable, CustomStringConvertible {
    package let firstPeer: String
    package let secondPeer: String
    /// What differs, for example `write of key 'color'`.
    package let item: String
    /// What the first peer has there; a digest where it is a value, because values may be private.
    package let first: String
    package let second: String

    package var description: String {
        "\(self.firstPeer) and \(self.secondPeer) computed different results, first at \(self.item): \(self.first) against \(self.second)"
    }

    package init(_ first: NamedResponse, _ second: NamedResponse) {
        self.firstPeer = first.peer
        self.secondPeer = second.peer
        let found = Self.find(first.response.payload, second.response.payload)
        self.item = found.item
        self.first = found.first
        self.second = found.second
    }

    private typealias Found = (item: String, first: String, second: String)

    private static func find(_ first: [UInt8], _ second: [UInt8]) -> Found {
        let left = Outcome(first)
        let right = Outcome(second)
        guard let left, let right else {
            return ("the response payload", left == nil ? "does not parse" : "parses", right == nil ? "does not parse" : "parses")
        }
        return Self.find(left.items, right.items) ?? ("the response payload", "other bytes", "other bytes")
    }

    private static func find(_ left: [OutcomeItem], _ right: [OutcomeItem]) -> Found? {
        for (index, entry) in left.enumerated() {
            guard index < right.count else { return (entry.item, entry.state, "nothing") }
            if !right[index].item.utf8.elementsEqual(entry.item.utf8) { return (entry.item, entry.state, "\(right[index].item) instead") }
            if right[index].state != entry.state { return (entry.item, entry.state, right[index].state) }
        }
        guard right.count > left.count else { return nil }
        return (right[left.count].item, "nothing", right[left.count].state)
    }
}

/// What one endorser computed, as a list of items in the order of the response payload.
private struct Outcome {
    let items: [OutcomeItem]

    init?(_ responsePayload: [UInt8]) {
        guard let payload = try? ProposalResponsePayload(serialized: responsePayload),
            let action = try? ChaincodeAction(serialized: payload.actionBytes)
        else { return nil }
        let response = action.response
        let head = [
            OutcomeItem("the proposal's hash", OutcomeItem.digest(payload.proposalHash)),
            OutcomeItem("the response", "status \(response.status) with payload \(OutcomeItem.digest(response.payload))"),
            OutcomeItem("the response's message", "a text \(OutcomeItem.digest(Array(response.message.utf8)))"),
            OutcomeItem("the chaincode's name", action.chaincode.map { "'\($0)'" } ?? "none"),
            OutcomeItem("the chaincode's version", "'\(action.chaincodeVersion)'"),
            OutcomeItem("the event", action.events.isEmpty ? "none" : OutcomeItem.digest(action.events)),
        ]
        guard let set = try? ReadWriteSet(serialized: action.results) else {
            self.items = head + [OutcomeItem("the read-write set", "does not parse: \(OutcomeItem.digest(action.results))")]
            return
        }
        self.items = head + OutcomeItem.items(of: set)
    }
}
