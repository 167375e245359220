import Ledger
import LedgerModel
import Synchronization

/// The blocks of one member on disk, readable by number; one writer, any number of readers.
final class ChainStore: Sendable {
    private struct Opened {
        let store: BlockStore
        var locations: [BlockLocation]
    }

    private let opened: Mutex<Opened?>
    /// As found on the disk.
    let last: OrderedBlock
    let recent: [OrderedBlock]
    /// Whether the store was begun just now.
    let isNew: Bool

    /// Opens a folder, or begins it with the genesis block.
    ///
    /// - Parameter count: How many of the last blocks are wanted as `recent`, block 0 not counted.
    init(folder: String, genesis: OrderedBlock, recent count: Int, files: any BlockFileIO) throws {
        let store = try BlockStore(folder: folder, files: files)
        var locations: [BlockLocation] = []
        var recent: [OrderedBlock] = []
        var last: OrderedBlock?
        var scan = try store.scan()
        while let stored = try scan.next() {
            let block = try OrderedBlock(serialized: stored.bytes)
            if locations.isEmpty, block != genesis { throw LedgerMismatch(reason: "its block files begin with another genesis block") }
            locations.append(stored.location)
            last = block
            if block.number > 0 { recent.append(block) }
            if recent.count > count { recent.removeFirst() }
        }
        self.isNew = locations.isEmpty
        if self.isNew { locations.append(try store.append(genesis.serialized(), number: 0)) }
        self.last = last ?? genesis
        self.recent = recent
        self.opened = Mutex(Opened(store: store, locations: locations))
    }

    /// Number of the last block; nil after `close()`.
    var head: UInt64? { self.opened.withLock { $0.map { UInt64($0.locations.count) - 1 } } }

    /// Stores the next block and returns when it is durable.
    func append(_ block: OrderedBlock) throws {
        try self.opened.withLock { opened in
            guard let store = opened?.store else { throw LedgerMismatch(reason: "its block files are closed") }
            let location = try store.append(block.serialized(), number: block.number.rawValue)
            opened?.locations.append(location)
        }
    }

    /// The bytes of a block; nil when it is not there, and after `close()`.
    func block(_ number: UInt64) throws -> [UInt8]? {
        try self.opened.withLock { opened in
            guard let opened, number < UInt64(opened.locations.count) else { return nil }
            return try opened.store.read(number, at: opened.locations[Int(number)])
        }
    }

    /// Gives the folder back.
    func close() {
        self.opened.withLock { $0 = nil }
    }
}
