/// What clients have done with registers, and when as they saw it: for each operation its beginning, its end and what it returned.
struct RegisterHistory: Sendable {
    enum Action: Hashable, Sendable {
        case write(Int)
        /// What was read; nil for a register that nobody has written.
        case read(Int?)
    }

    struct Operation: Sendable {
        let register: Int
        let action: Action
        let start: Int
        /// Nil when the client never knew that it had happened: it may have, at any time after its start, or not at all.
        let end: Int?
    }

    var operations: [Operation] = []

    /// The first register whose operations have no order in which each takes effect between its start and its end, and each read returns what the
    /// write before it wrote; nil when every register has one. The search is that of Wing and Gong, with a memory of where it has been.
    var violation: Int? {
        Set(self.operations.map(\.register)).sorted().first { register in !Self.isLinearizable(self.operations.filter { $0.register == register }) }
    }

    private struct Place: Hashable {
        var done: [UInt64]
        var value: Int?
    }

    private static func isLinearizable(_ all: [Operation]) -> Bool {
        // A read without an end has told nobody anything.
        let operations = all.filter { operation in
            if operation.end == nil, case .read = operation.action { return false }
            return true
        }
        let start = Place(done: [UInt64](repeating: 0, count: operations.count / 64 + 1), value: nil)
        var visited: Set<Place> = [start]
        var open = [start]
        while let place = open.popLast() {
            func isDone(_ index: Int) -> Bool { place.done[index / 64] >> UInt64(index % 64) & 1 == 1 }
            let left = operations.indices.filter { !isDone($0) }
            guard let firstEnd = left.compactMap({ operations[$0].end }).min() else { return true }
            for index in left where operations[index].start < firstEnd {
                var next = place
                next.done[index / 64] |= 1 << UInt64(index % 64)
                switch operations[index].action {
                case .write(let value): next.value = value
                case .read(let value): guard value == place.value else { continue }
                }
                if visited.insert(next).inserted { open.append(next) }
            }
        }
        return false
    }
}
