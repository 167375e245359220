import LedgerModel

/// Everything public of an election: what it was opened with and every action that counted. From it anybody counts again.
package struct ElectionRecord: Sendable {
    package struct Entry: Hashable, Sendable {
        package let height: BlockNumber
        package let action: ElectionAction

        package init(height: BlockNumber, action: ElectionAction) {
            self.height = height
            self.action = action
        }
    }

    package let parameters: ElectionParameters
    package private(set) var entries: [Entry]

    package init(parameters: ElectionParameters, entries: [Entry] = []) {
        self.parameters = parameters
        self.entries = entries
    }

    package mutating func append(_ action: ElectionAction, at height: BlockNumber) {
        self.entries.append(Entry(height: height, action: action))
    }

    /// The id of the closing block, or what stands for it without a chain.
    package var closing: [UInt8] {
        ElectionTallyFormat.closing(election: self.parameters.id, actions: self.entries.map(\.action))
    }

    /// What the tabulating facility works on: closed and opened ballots. Who has a number is not in it.
    package var ballotBox: [ElectionAction] {
        self.entries.map(\.action).filter { $0.phase == .commit || $0.phase == .reveal }
    }

    /// Plays all actions again.
    ///
    /// - Parameters:
    ///   - closing: the id of the block of the tally's height; `self.closing` when the election was held without a chain.
    ///   - progress: is told how many entries are checked.
    /// - Throws: the first entry that does not count, with the reason.
    package func replay(closing: [UInt8]? = nil, progress: (Int) -> Void = { _ in }) throws(RecountDifference) -> Election {
        var election = Election(self.parameters)
        guard self.entries.count <= ElectionLimits.entries else { throw .tooManyEntries(self.entries.count) }
        for (index, entry) in self.entries.enumerated() {
            do throws(ElectionRefusal) {
                if entry.action.phase == .tally, election.tally == nil {
                    try election.close(at: entry.height, closing: closing ?? self.closing)
                }
                try election.apply(entry.action, at: entry.height)
                progress(index + 1)
            } catch {
                throw .entry(index: index, reason: error)
            }
        }
        return election
    }
}
