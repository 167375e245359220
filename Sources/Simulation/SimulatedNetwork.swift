/// Which links are cut at the moment.
struct SimulatedNetwork {
    /// Members by bit; messages across the sides are lost. 0 is a whole network.
    private var sides: UInt64 = 0
    private var isOneWay = false
    /// A member whose messages a liar keeps from everybody, and until when.
    private var silenced: (member: UInt32, until: UInt64)?

    mutating func cut(_ sides: UInt64, oneWay: Bool) {
        self.sides = sides
        self.isOneWay = oneWay
    }

    mutating func silence(_ member: UInt32, until: UInt64) {
        if (self.silenced?.until ?? 0) < until { self.silenced = (member, until) }
    }

    mutating func heal() {
        self.sides = 0
        self.silenced = nil
    }

    func isOpen(from: UInt32, to: UInt32, at time: UInt64) -> Bool {
        if let silenced = self.silenced, silenced.member == from, time < silenced.until { return false }
        guard self.sides != 0 else { return true }
        let (left, right) = (self.sides >> UInt64(from) & 1, self.sides >> UInt64(to) & 1)
        return left == right || self.isOneWay && left == 0
    }
}
