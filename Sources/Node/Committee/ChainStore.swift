import Ledger
import LedgerModel
import Ordering
import Synchronization

/// The blocks of one member on disk, readable by number; one writer, any number of readers.
///
/// Block 0 is always there. A member that joined with a snapshot has none between block 0 and the snapshot's first one.
package final class ChainStore: MemberChain {
    static let folder = "blocks"

    private struct Opened {
        let store: BlockStore
        var locations: [BlockLocation]
    }

    private let opened: Mutex<Opened?>
    private let head: StoredHeadFile
    /// The number of the block before the first one after block 0.
    private let base: UInt64
    /// As found on the disk.
    package let last: OrderedBlock
    let recent: [OrderedBlock]
    /// Whether the store was begun just now.
    let isNew: Bool

    /// Opens the folder `blocks` of a member, or begins it with the genesis block.
    ///
    /// What a crash leaves of a block whose `append` had not returned is removed, whatever it looks like; a block that was durable and is damaged
    /// now is an error, because a member that forgot it would be one that has not decided. What was durable is told by the member's record and
    /// by the stored head. A block of which neither knows yet may be either: without it the member is where it was right before it stored it,
    /// and its record still holds all that it signed for that height.
    ///
    /// - Parameters:
    ///   - folder: The member's folder.
    ///   - acknowledgedHeight: Blocks below this number are known to have been durable; nil when nothing is known.
    ///   - joined: The blocks with which the member joined; those that are not stored yet are.
    ///   - count: How many of the last blocks are wanted as `recent`, block 0 not counted.
    ///   - visit: Sees every stored block after block 0, in order.
    package init(
        folder: String, genesis: OrderedBlock, joined: [OrderedBlock] = [], acknowledgedHeight: UInt64? = nil, recent count: Int,
        files: any BlockFileIO, visit: (OrderedBlock) throws -> Void = { _ in }
    ) throws {
        let base = (joined.first?.number.rawValue).map { $0 - min($0, 1) } ?? 0
        self.base = base
        let head = try StoredHeadFile(folder: folder, files: files)
        self.head = head
        let frames = acknowledgedHeight.map { max($0 - min($0, base), head.height) }
        let store = try BlockStore(folder: folder + "/" + Self.folder, files: files, acknowledgedHeight: frames)
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
        try head.open(at: store.height)
        self.last = last ?? genesis
        self.recent = recent
        self.opened = Mutex(Opened(store: store, locations: locations))
    }

    /// The number of the first block after block 0 that is here, or will be.
    var first: UInt64 { self.base + 1 }

    /// Stores the next block and returns when it is durable.
    package func append(_ block: OrderedBlock) throws {
        try self.opened.withLock { opened in
            guard let store = opened?.store else { throw LedgerMismatch(reason: "its block files are closed") }
            // Frames are numbered without a gap.
            let location = try store.append(block.serialized(), number: block.number.rawValue - min(self.base, block.number.rawValue))
            opened?.locations.append(location)
            try self.head.note(store.height)
        }
    }

    /// The bytes of a block; nil when it is not there, and after `close()`.
    package func block(_ number: UInt64) throws -> [UInt8]? {
        try self.opened.withLock { opened in
            guard let opened, number == 0 || number > self.base else { return nil }
            let frame = number == 0 ? 0 : number - self.base
            guard frame < UInt64(opened.locations.count) else { return nil }
            return try opened.store.read(frame, at: opened.locations[Int(frame)])
        }
    }

    /// Gives the folder back.
    package func close() {
        self.opened.withLock { $0 = nil }
    }
}
