import Ledger
import LedgerModel
import Ordering
import Synchronization

/// The blocks of one member on disk, readable by number; one writer, any number of readers.
///
/// Block 0 is always there. A member that joined with a snapshot has none between block 0 and the snapshot's first one.
final class ChainStore: MemberChain {
    private struct Opened {
        let store: BlockStore
        var locations: [BlockLocation]
    }

    private let opened: Mutex<Opened?>
    /// The number of the block before the first one after block 0.
    private let base: UInt64
    /// As found on the disk.
    let last: OrderedBlock
    let recent: [OrderedBlock]
    /// Whether the store was begun just now.
    let isNew: Bool

    /// Opens a folder, or begins it with the genesis block.
    ///
    /// - Parameters:
    ///   - joined: The blocks with which the member joined; those that are not stored yet are.
    ///   - count: How many of the last blocks are wanted as `recent`, block 0 not counted.
    ///   - visit: Sees every stored block after block 0, in order.
    init(
        folder: String, genesis: OrderedBlock, joined: [OrderedBlock] = [], recent count: Int, files: any BlockFileIO,
        visit: (OrderedBlock) throws -> Void = { _ in }
    ) throws {
        self.base = (joined.first?.number.rawValue).map { $0 - min($0, 1) } ?? 0
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
            if block.number > 0 {
                recent.append(block)
                try visit(block)
            }
            if recent.count > count { recent.removeFirst() }
        }
        self.isNew = locations.isEmpty
        if self.isNew { locations.append(try store.append(genesis.serialized(), number: 0)) }
        for block in joined where locations.count <= joined.count && block.number.rawValue - self.base == UInt64(locations.count) {
            locations.append(try store.append(block.serialized(), number: UInt64(locations.count)))
            last = block
            recent = Array((recent + [block]).suffix(count))
        }
        self.last = last ?? genesis
        self.recent = recent
        self.opened = Mutex(Opened(store: store, locations: locations))
    }

    /// The number of the first block after block 0 that is here, or will be.
    var first: UInt64 { self.base + 1 }

    /// Stores the next block and returns when it is durable.
    func append(_ block: OrderedBlock) throws {
        try self.opened.withLock { opened in
            guard let store = opened?.store else { throw LedgerMismatch(reason: "its block files are closed") }
            // Frames are numbered without a gap.
            let location = try store.append(block.serialized(), number: block.number.rawValue - min(self.base, block.number.rawValue))
            opened?.locations.append(location)
        }
    }

    /// The bytes of a block; nil when it is not there, and after `close()`.
    func block(_ number: UInt64) throws -> [UInt8]? {
        try self.opened.withLock { opened in
            guard let opened, number == 0 || number > self.base else { return nil }
            let frame = number == 0 ? 0 : number - self.base
            guard frame < UInt64(opened.locations.count) else { return nil }
            return try opened.store.read(frame, at: opened.locations[Int(frame)])
        }
    }

    /// Gives the folder back.
    func close() {
        self.opened.withLock { $0 = nil }
    }
}
