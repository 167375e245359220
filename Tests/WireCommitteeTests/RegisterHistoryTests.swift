import TestSupport
import Testing

@Suite struct RegisterHistoryTests {
    private func history(_ operations: [(RegisterHistory.Action, Int, Int?)]) -> RegisterHistory {
        RegisterHistory(operations: operations.map { RegisterHistory.Operation(register: 1, action: $0.0, start: $0.1, end: $0.2) })
    }

    @Test func `a history that some order explains is linearizable`() {
        #expect(self.history([]).violation == nil)
        #expect(self.history([(.read(nil), 1, 2), (.write(1), 3, 4), (.read(1), 5, 6)]).violation == nil)
        // Both at once: the read may come before or after.
        #expect(self.history([(.write(1), 1, 4), (.read(nil), 2, 3)]).violation == nil)
        #expect(self.history([(.write(1), 1, 4), (.read(1), 2, 3)]).violation == nil)
        // A write whose end nobody knows may take effect much later, or never.
        #expect(self.history([(.write(1), 1, nil), (.read(nil), 2, 3), (.read(1), 4, 5)]).violation == nil)
        #expect(self.history([(.write(1), 1, nil), (.read(nil), 2, 3)]).violation == nil)
    }

    @Test func `stale reads, lost writes and values from nowhere are found`() {
        #expect(self.history([(.write(1), 1, 2), (.read(nil), 3, 4)]).violation == 1)
        #expect(self.history([(.write(1), 1, 2), (.write(2), 3, 4), (.read(1), 5, 6)]).violation == 1)
        #expect(self.history([(.read(7), 1, 2)]).violation == 1)
        // One has seen the new value, a later one the old value.
        #expect(self.history([(.write(1), 1, 10), (.read(1), 2, 3), (.read(nil), 4, 5)]).violation == 1)
    }

    @Test func `histories of a real register pass, and those with one read changed mostly do not`() {
        var random = SeededGenerator(seed: 5)
        var caught = 0
        for _ in 0..<60 {
            var operations: [RegisterHistory.Operation] = []
            var value: Int?
            for number in 0..<60 {
                // Each takes effect at a moment of its own, with up to two neighbours at once.
                let moment = number * 10
                let (start, end) = (moment - Int.random(in: 0...15, using: &random), moment + Int.random(in: 1...15, using: &random))
                if Bool.random(using: &random) {
                    value = number
                    operations.append(.init(register: 1, action: .write(number), start: start, end: end))
                } else {
                    operations.append(.init(register: 1, action: .read(value), start: start, end: end))
                }
            }
            #expect(RegisterHistory(operations: operations).violation == nil, "\(random)")
            guard let index = operations.lastIndex(where: { if case .read(let value) = $0.action { value != nil } else { false } }) else { continue }
            let read = operations[index]
            operations[index] = .init(register: 1, action: .read(nil), start: read.start, end: read.end)
            if RegisterHistory(operations: operations).violation != nil { caught += 1 }
        }
        #expect(caught > 50, "\(random)")
    }
}
