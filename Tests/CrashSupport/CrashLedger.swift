import Ledger

/// The ledger of the crash tests: the real one, with sizes that make a short chain fill files.
package enum CrashLedger {
    /// A segment takes two to four blocks.
    package static let segmentSizeBytes: UInt64 = 24 << 10
    /// The least that LevelDB takes; some ten blocks fill it.
    package static let stateBufferSizeBytes = 64 << 10

    package static func open(_ folder: String) throws(LedgerError) -> Ledger {
        try Ledger.open(folder: folder, segmentSizeBytes: self.segmentSizeBytes, stateBufferSizeBytes: self.stateBufferSizeBytes)
    }
}
