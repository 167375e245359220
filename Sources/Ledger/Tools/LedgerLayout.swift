/// The names in a ledger's folder.
package enum LedgerLayout {
    /// The block files.
    package static let blocks = "blocks"
    /// The state database.
    package static let state = "state"
    /// The private data in the clear, which blocks do not hold; missing on a node without any.
    package static let privateData = "private"
    /// The snapshot from which the ledger began; missing in a ledger that holds the whole chain.
    package static let base = "base"
    /// A snapshot that is being copied to `base`.
    static let unfinishedBase = "base.partial"
    /// A state database that is being built; it becomes `state` when it is whole.
    static let newState = "state.new"
    /// The state database that was replaced, until it is removed.
    static let oldState = "state.old"
    /// What is added to the name of a file or folder that is not finished.
    static let unfinished = ".partial"
}

/// Replaces the state database of a ledger, so that a crash at any moment leaves a whole one or none, which the ledger builds itself.
///
/// The order is: the new one is built and durable; the old one gets another name; the new one gets the name of the old; the old one is removed.
struct StateFolderSwap {
    private let folder: String
    private let files: any FolderIO

    init(_ folder: String, files: any FolderIO) {
        self.folder = folder
        self.files = files
    }

    private func path(_ name: String) -> String { self.folder + "/" + name }

    /// Makes room for a new database and says where it is to be built.
    func prepare() throws(FileError) -> String {
        try self.settle()
        return self.path(LedgerLayout.newState)
    }

    /// Puts the new database, which is whole and closed, in the place of the old.
    func replace() throws(FileError) {
        // LevelDB makes its files durable as it needs them; their names are made durable here.
        try self.files.syncFolder(self.path(LedgerLayout.newState))
        if try self.files.contains(LedgerLayout.state, in: self.folder) {
            try self.files.rename(self.path(LedgerLayout.state), to: self.path(LedgerLayout.oldState))
            try self.files.syncFolder(self.folder)
        }
        try self.files.rename(self.path(LedgerLayout.newState), to: self.path(LedgerLayout.state))
        try self.files.syncFolder(self.folder)
        try self.files.removeFolder(self.path(LedgerLayout.oldState))
    }

    /// Ends what a crash interrupted.
    func settle() throws(FileError) {
        let names = try self.files.list(self.folder)
        if names.contains(LedgerLayout.oldState) && !names.contains(LedgerLayout.state) {
            // The new one was whole, or the old one would still have its name. Without it, the old one is as good as before.
            let found = names.contains(LedgerLayout.newState) ? LedgerLayout.newState : LedgerLayout.oldState
            try self.files.rename(self.path(found), to: self.path(LedgerLayout.state))
            try self.files.syncFolder(self.folder)
        }
        try self.files.removeFolder(self.path(LedgerLayout.newState))
        try self.files.removeFolder(self.path(LedgerLayout.oldState))
    }
}
