/// What the preloaded disk is to do to a process; see Documentation/crash-testing.md.
struct Faults: Sendable {
    enum Code: String, Sendable {
        case inputOutput = "EIO"
        case noSpace = "ENOSPC"
    }

    /// What a failing call has done before it fails.
    enum Phase: String, Sendable {
        /// Nothing; of a write some part.
        case before
        /// All of it: only the answer is an error.
        case after
        /// A failed sync has lost the dirty pages: memory shows the bytes, and later syncs pass them over.
        case drop
    }

    /// Decides in what way the crash happens and what survives it.
    var seed: UInt64 = 0
    /// The crash comes at this call, counted from 1 among those of `crashKind`; nil: none.
    var crashAt: Int?
    /// Such as "segment-write"; empty: any call.
    var crashKind = ""
    var errorAt: Int?
    var errorKind = ""
    var errorCode = Code.inputOutput
    /// How many calls fail; -1: all from the first on.
    var errorCount = 1
    var errorPhase = Phase.before
    /// Syncs of this kind report success and do nothing; "all": every sync.
    var droppedSync = ""
    /// Names that a folder has gained or lost survive in any selection, not only as a prefix.
    var namesInAnyOrder = false

    /// The variables that ask for this.
    var environment: [String: String] {
        var variables = ["SELVAGE_FAULT_SEED": "\(self.seed)"]
        if let at = self.crashAt {
            variables["SELVAGE_FAULT_CRASH_AT"] = "\(at)"
            variables["SELVAGE_FAULT_CRASH_KIND"] = self.crashKind
        }
        if let at = self.errorAt {
            variables["SELVAGE_FAULT_ERROR_AT"] = "\(at)"
            variables["SELVAGE_FAULT_ERROR_KIND"] = self.errorKind
            variables["SELVAGE_FAULT_ERROR"] = self.errorCode.rawValue
            variables["SELVAGE_FAULT_ERROR_COUNT"] = "\(self.errorCount)"
            variables["SELVAGE_FAULT_ERROR_PHASE"] = self.errorPhase.rawValue
        }
        if !self.droppedSync.isEmpty { variables["SELVAGE_FAULT_DROP_SYNC"] = self.droppedSync }
        if self.namesInAnyOrder { variables["SELVAGE_FAULT_NAMES"] = "any" }
        return variables
    }

    /// The variables as one types them before a command.
    var commandPrefix: String {
        self.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
}
