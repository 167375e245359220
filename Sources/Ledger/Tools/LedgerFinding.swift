/// One thing that a check of a ledger found, with its place.
package struct LedgerFinding: Equatable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// A block file is damaged or missing.
        case blockFile
        /// A block does not continue the chain, or does not hold what its own hashes say.
        case block
        /// A file of the state database is damaged or missing.
        case databaseFile
        /// The state database does not open or cannot be read.
        case database
        /// An entry of the state, of the history or of an index is not what the blocks give.
        case entry
        /// A file of the private data is damaged; it cannot be made again from the blocks.
        case privateData
        /// A file of the snapshot from which the ledger began is damaged or missing.
        case base
        /// What an interrupted write of a block leaves; no acknowledged block is lost, and opening the ledger removes it.
        case unfinishedBlock
        /// What an interrupted write of the database leaves; opening the ledger replays the block.
        case unfinishedDatabaseWrite

        /// Whether a crash alone can have caused it.
        package var isOfCrash: Bool { self == .unfinishedBlock || self == .unfinishedDatabaseWrite }
    }

    package var kind: Kind
    /// The file, as a path from the ledger's folder.
    package var file: String?
    /// Bytes from the start of the file.
    package var offset: UInt64?
    /// The number of the block that is concerned.
    package var block: UInt64?
    /// The key of the database that is concerned.
    package var key: StateDatabaseKey?
    package var text: String

    init(_ kind: Kind, file: String? = nil, offset: UInt64? = nil, block: UInt64? = nil, key: StateDatabaseKey? = nil, text: String) {
        self.kind = kind
        self.file = file
        self.offset = offset
        self.block = block
        self.key = key
        self.text = text
    }

    package var description: String {
        var place: [String] = []
        if let file = self.file { place.append(file) }
        if let offset = self.offset { place.append("offset \(offset)") }
        if let block = self.block { place.append("block \(block)") }
        if let key = self.key { place.append(key.description) }
        return (place.isEmpty ? "" : place.joined(separator: ", ") + ": ") + self.text
    }
}
