/// Events by time, and in the order of their adding where the time is the same.
///
/// The heap holds keys only; the events stay where they are in a table, so that a large event is never moved.
struct EventQueue<Event> {
    private var heap: [(key: UInt64, slot: Int)] = []
    private var events: [Event?] = []
    private var unused: [Int] = []
    private var added: UInt64 = 0

    var count: Int { self.heap.count }

    /// - Parameter time: Milliseconds, below 2^32.
    mutating func add(_ event: Event, at time: UInt64) {
        let slot: Int
        if let free = self.unused.popLast() {
            slot = free
            self.events[slot] = event
        } else {
            slot = self.events.count
            self.events.append(event)
        }
        self.added += 1
        self.heap.append((time << 32 | self.added, slot))
        var index = self.heap.count - 1
        while index > 0, self.heap[index].key < self.heap[(index - 1) / 2].key {
            self.heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Takes the next event out; nil when there is none.
    mutating func next() -> (time: UInt64, event: Event)? {
        guard let last = self.heap.popLast() else { return nil }
        var first = last
        if !self.heap.isEmpty {
            first = self.heap[0]
            self.heap[0] = last
            self.sink()
        }
        guard let event = self.events[first.slot] else { return nil }
        self.events[first.slot] = nil
        self.unused.append(first.slot)
        return (first.key >> 32, event)
    }

    private mutating func sink() {
        var index = 0
        while true {
            var least = index
            let left = 2 * index + 1
            if left < self.heap.count, self.heap[left].key < self.heap[least].key { least = left }
            if left + 1 < self.heap.count, self.heap[left + 1].key < self.heap[least].key { least = left + 1 }
            if least == index { return }
            self.heap.swapAt(index, least)
            index = least
        }
    }
}
