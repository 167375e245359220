/// The measurements of one quantity, one for each round.
struct Samples {
    private(set) var values: [Double]

    init(_ values: [Double] = []) { self.values = values }

    mutating func add(_ value: Double) { self.values.append(value) }

    /// The middle value; the mean of the two middle ones when there are two; 0 without measurements.
    var median: Double {
        let sorted = self.values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The smallest measurement that is at least as large as so many percent of all; 0 without measurements.
    func percentile(_ percent: Int) -> Double {
        let sorted = self.values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let rank = (sorted.count * percent + 99) / 100
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    /// Round by round, so that both sides of a quotient were measured at the same moment.
    static func / (left: Samples, right: Samples) -> Samples {
        var quotients = Samples()
        for (above, below) in zip(left.values, right.values) { quotients.add(below > 0 ? above / below : 0) }
        return quotients
    }
}
