/// The rule that keeps any two organisations from opening a record together: where the shares of a record may be placed.
///
/// No two organisations together hold t shares, and none holds more than (t - 1) / 2 rounded down. A threshold below 3 can never satisfy it.
public enum Placement {
    /// Checks the organisation of each share, in index order; names compare byte by byte. `excluded` organisations, such as insurers, hold none.
    public static func check(organisations: [String], threshold: Int, excluded: [String] = []) throws(PlacementError) {
        guard organisations.count <= Limits.sharesPerRecord, (2...max(2, organisations.count)).contains(threshold), organisations.count >= 2 else {
            throw .invalidThreshold(threshold: threshold, shares: organisations.count)
        }
        let refused = Set(excluded.map { Array($0.utf8) })
        var held: [[UInt8]: Int] = [:]
        for (index, organisation) in organisations.enumerated() {
            let name = Array(organisation.utf8)
            guard !name.isEmpty, name.count <= Limits.nameBytes else { throw .badOrganisationName(share: index) }
            guard !refused.contains(name) else { throw .organisationMayHoldNone(organisation: organisation, share: index) }
            held[name, default: 0] += 1
        }
        let ordered = held.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key) }
        if ordered.count > 1, ordered[0].value + ordered[1].value >= threshold {
            throw .pairReachesThreshold(
                first: name(ordered[0].key), second: name(ordered[1].key), shares: ordered[0].value + ordered[1].value, threshold: threshold)
        }
        let allowed = (threshold - 1) / 2
        if let first = ordered.first, first.value > allowed {
            throw .organisationHoldsTooMany(organisation: name(first.key), shares: first.value, allowed: allowed)
        }
    }

    private static func name(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// Why a placement of shares is refused.
public enum PlacementError: Error, Equatable, Sendable, CustomStringConvertible {
    case invalidThreshold(threshold: Int, shares: Int)
    case badOrganisationName(share: Int)
    case organisationMayHoldNone(organisation: String, share: Int)
    case pairReachesThreshold(first: String, second: String, shares: Int, threshold: Int)
    case organisationHoldsTooMany(organisation: String, shares: Int, allowed: Int)

    /// What breaks the rule and what to do about it.
    public var description: String {
        switch self {
        case .invalidThreshold(let threshold, let shares):
            "a threshold of \(threshold) among \(shares) shares is impossible; choose 2 <= t <= n <= 255"
        case .badOrganisationName(let share): "share \(share) has an empty or overlong organisation name; name its holder"
        case .organisationMayHoldNone(let organisation, let share):
            "\(organisation) may hold no share but is to hold share \(share); choose another holder"
        case .pairReachesThreshold(let first, let second, let shares, let threshold):
            "\(first) and \(second) together hold \(shares) shares and \(threshold) open the record; spread the shares over more organisations"
        case .organisationHoldsTooMany(let organisation, let shares, let allowed):
            "\(organisation) holds \(shares) shares and at most \(allowed) are allowed; spread the shares over more organisations"
        }
    }
}
