import LedgerModel
import Node
import Synchronization

/// Keeps the blocks that an ordering node gives out.
final class BlockCollector: BlockReceiver {
    let name = "collector"
    private let collected: Mutex<[OrderedBlock]>
    private let first: UInt64

    /// - Parameter height: The collector has the blocks below already.
    init(height: UInt64 = 1) {
        self.first = height
        self.collected = Mutex([])
    }

    var blocks: [OrderedBlock] { self.collected.withLock { $0 } }
    var height: UInt64 { self.first + UInt64(self.blocks.count) }

    func receive(_ block: OrderedBlock) async throws(NodeError) { self.collected.withLock { $0.append(block) } }

    func endOfBlocks(because reason: String) {}
}

/// Refuses every block, and keeps what it is told about the end.
final class RefusingReceiver: BlockReceiver {
    let name = "refuser"
    let height: UInt64 = 1
    private let told = Mutex<[String]>([])

    var ends: [String] { self.told.withLock { $0 } }

    func receive(_ block: OrderedBlock) async throws(NodeError) {
        throw .blockRefused(node: self.name, block: block.number, reason: "it refuses everything")
    }

    func endOfBlocks(because reason: String) { self.told.withLock { $0.append(reason) } }
}
