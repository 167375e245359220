/// What happened in a run, stage by stage; every entry is made from the result of something that ran.
package struct Account: Sendable {
    /// How something ended.
    package enum Outcome: String, Sendable, Codable {
        /// It was done, or it was found to be so.
        case done
        /// It was refused, as it should be; the entry's reason is the system's own.
        case refused
        /// It did not go as it should.
        case failed
    }

    /// One thing that happened.
    package struct Entry: Sendable, Codable {
        package let what: String
        package let outcome: Outcome
        /// For refusals and failures the system's own words.
        package let reason: String?
        /// Time it took, in milliseconds, where it is worth telling.
        package let milliseconds: Double?
    }

    /// A stage of the run.
    package struct Stage: Sendable, Codable {
        package let number: Int
        package let title: String
        package internal(set) var entries: [Entry] = []
        package internal(set) var milliseconds: Double = 0
    }

    /// Where the ledgers, shares and keys of the run lie.
    package let directory: String
    package internal(set) var stages: [Stage] = []
    /// Named figures of the whole run, sorted by name.
    package internal(set) var figures: [String: Double] = [:]
    package internal(set) var milliseconds: Double = 0

    package init(directory: String) {
        self.directory = directory
    }

    /// True when nothing failed.
    package var isGood: Bool { !self.stages.isEmpty && self.stages.allSatisfy { $0.entries.allSatisfy { $0.outcome != .failed } } }
}
