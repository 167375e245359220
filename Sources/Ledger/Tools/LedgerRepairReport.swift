/// What a tool that mends a ledger did.
package struct LedgerRepairReport: Equatable, Sendable {
    /// What was wrong before.
    package internal(set) var before: [LedgerFinding] = []
    /// Blocks that were taken from the other ledger.
    package internal(set) var fetchedBlocks: [UInt64] = []
    /// Segment files that were written anew.
    package internal(set) var rewrittenFiles: [String] = []
    /// Bytes of a block that was never finished, removed from the end of the files.
    package internal(set) var droppedBytes: UInt64 = 0
    /// Blocks whose effects an interrupted write had not brought into the state.
    package internal(set) var replayedBlocks: UInt64 = 0
    /// Whether the state database was built anew from the blocks.
    package internal(set) var didRebuildState = false
    /// The number of blocks now.
    package internal(set) var height: UInt64 = 0

    /// Whether anything was changed.
    package var didChange: Bool {
        !self.rewrittenFiles.isEmpty || self.didRebuildState || self.droppedBytes > 0 || self.replayedBlocks > 0
            || self.before.contains { $0.kind.isOfCrash }
    }
}
