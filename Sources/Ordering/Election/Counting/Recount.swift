import LedgerModel

/// A count by anybody, from the public record alone.
package enum Recount {
    /// Counts again and compares with what was published.
    ///
    /// - Parameters:
    ///   - published: the tally as it was published.
    ///   - closing: the id of the closing block; nil when the election was held without a chain.
    ///   - progress: is told how many entries are checked.
    /// - Throws: the first difference.
    package static func check(
        _ record: ElectionRecord, published: ElectionTally, closing: [UInt8]? = nil, progress: (Int) -> Void = { _ in }
    ) throws(RecountDifference) -> ElectionTally {
        var election = try record.replay(closing: closing, progress: progress)
        if election.tally == nil {
            do throws(ElectionRefusal) {
                try election.close(at: record.parameters.schedule.tally, closing: closing ?? record.closing)
            } catch {
                throw .noTally(error)
            }
        }
        guard let counted = election.tally else { throw .noTally(.notTallied) }
        if let difference = Self.difference(published, counted) { throw difference }
        // The published figures are right; then the agency's own signed words must be them.
        guard let statement = election.statement else { throw .noStatement }
        guard counted.agrees(with: statement) else { throw .statement }
        return counted
    }

    /// The first place where two tallies differ.
    package static func difference(_ published: ElectionTally, _ counted: ElectionTally) -> RecountDifference? {
        if published.election != counted.election { return .otherElection }
        let counts = [
            ("validation numbers issued", published.issued, counted.issued), ("ballots cast", published.committed, counted.committed),
            ("ballots opened", published.revealed, counted.revealed),
        ]
        for (name, published, counted) in counts where published != counted {
            return .count(of: name, published: UInt64(published), counted: UInt64(counted))
        }
        for rank in 0..<max(published.ranking.count, counted.ranking.count) {
            let left = rank < published.ranking.count ? published.ranking[rank] : nil
            let right = rank < counted.ranking.count ? counted.ranking[rank] : nil
            if left?.member != right?.member { return .rank(rank + 1, published: left?.member, counted: right?.member) }
            if let left, let right, left.approvals != right.approvals {
                return .count(of: "approvals of \(left.member)", published: left.approvals, counted: right.approvals)
            }
            if let left, let right, left.offencePoints != right.offencePoints {
                return .count(of: "offence points of \(left.member)", published: UInt64(left.offencePoints), counted: UInt64(right.offencePoints))
            }
        }
        return published.seed == counted.seed ? nil : .seed
    }
}

/// The first thing that does not fit when an election is counted again.
package enum RecountDifference: Error, Equatable, Sendable, CustomStringConvertible {
    /// An entry of the record does not count; the first entry is 0.
    case entry(index: Int, reason: ElectionRefusal)
    case tooManyEntries(Int)
    case noTally(ElectionRefusal)
    case otherElection
    case count(of: String, published: UInt64, counted: UInt64)
    case rank(Int, published: MSPID?, counted: MSPID?)
    case seed
    /// The tabulating facility has signed nothing.
    case noStatement
    /// The tabulating facility has signed another result.
    case statement

    package var description: String {
        switch self {
        case .entry(let index, let reason): "entry \(index) of the record does not count: \(reason)"
        case .tooManyEntries(let count): "the record has \(count) entries, above the limit of \(ElectionLimits.entries)"
        case .noTally(let reason): "there is no result: \(reason)"
        case .otherElection: "the published result is of another election"
        case .count(let name, let published, let counted): "\(name): published \(published), counted \(counted)"
        case .rank(let rank, let published, let counted):
            "rank \(rank): published \(published?.text ?? "nobody"), counted \(counted?.text ?? "nobody")"
        case .seed: "the seed is another one, so salts are missing or were changed"
        case .noStatement: "the record lacks the signed statement of the tabulating facility"
        case .statement: "the tabulating facility has signed another result than the one counted"
        }
    }
}
