/// One measured quantity, with what it is compared to.
struct Figure: Encodable {
    /// The other side of the ratio.
    struct Reference: Encodable {
        let name: String
        let value: Double
        /// The median over the rounds of value divided by reference.
        let ratio: Double
        /// The largest ratio that is good enough; nil when there is no limit.
        var limit: Double?
    }

    let name: String
    let value: Double
    let unit: String
    var reference: Reference?

    /// Whether the limit, if there is one, is met.
    var isGood: Bool {
        guard let reference, let limit = reference.limit else { return true }
        return reference.ratio <= limit
    }
}

/// The figures of one case.
struct CaseReport: Encodable {
    let name: CaseName
    let title: String
    /// How often things were done.
    let iterations: String
    let figures: [Figure]
}

/// Everything that a run found out.
struct BenchmarkReport: Encodable {
    let machine: MachineFacts
    let cases: [CaseReport]

    var isGood: Bool { self.cases.allSatisfy { $0.figures.allSatisfy(\.isGood) } }
}
