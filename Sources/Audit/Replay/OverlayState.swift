import LedgerModel

/// The state in the middle of a block: that before the block, changed by the transactions that came first.
struct OverlayState: StateReading {
    private let base: any StateReading
    private let overlay: BlockOverlay

    /// - Parameter overlay: Made over the same base.
    init(base: any StateReading, overlay: BlockOverlay) {
        self.base = base
        self.overlay = overlay
    }

    func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        try self.overlay.value(at: address)
    }

    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        let changes = self.overlay.changes(in: namespace, from: start, to: end, includingEnd: false)
        return OverlayScan(changes: changes, base: try self.base.scan(namespace, from: start, to: end))
    }
}

/// A walk over the keys of two sorted sources; where both hold a key the change wins, and a deleted key is left out.
private final class OverlayScan: StateScan {
    private let changes: [(StateKey, StateUpdate)]
    private let base: any StateScan
    private var position = 0
    /// The next entry of the base, once it was looked at; the inner nil is its end.
    private var ahead: (key: StateKey, value: VersionedValue)??

    init(changes: [(StateKey, StateUpdate)], base: any StateScan) {
        self.changes = changes
        self.base = base
    }

    func next() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        while true {
            let committed = try self.peek()
            guard self.position < self.changes.count else {
                self.ahead = nil
                return committed
            }
            let (key, update) = self.changes[self.position]
            if let committed, committed.key < key {
                self.ahead = nil
                return committed
            }
            if let committed, committed.key == key { self.ahead = nil }
            self.position += 1
            if let value = update.result { return (key, value) }
        }
    }

    private func peek() throws(StateReadError) -> (key: StateKey, value: VersionedValue)? {
        if let ahead = self.ahead { return ahead }
        let entry = try self.base.next()
        self.ahead = .some(entry)
        return entry
    }
}
