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

    /// A bound on the value itself, for what people wait for: it depends on the machine, a ratio hardly does.
    enum Target: Encodable {
        case atMost(Double)
        case atLeast(Double)
    }

    let name: String
    let value: Double
    let unit: String
    var reference: Reference?
    var target: Target?

    /// Whether limit and target, if there are any, are met.
    var isGood: Bool {
        if let reference, let limit = reference.limit, reference.ratio > limit { return false }
        switch self.target {
        case .atMost(let bound): return self.value <= bound
        case .atLeast(let bound): return self.value >= bound
        case nil: return true
        }
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
