import LedgerModel
import Ordering
import SelvageClient
import Synchronization

/// Governance as it follows from the blocks that ordering nodes give, block by block; nothing is stored.
final class GovernanceFollower: BlockReceiver {
    let name = "the election"
    private let replay: Mutex<GovernanceReplay>
    private let taken: HeightSignal

    init(genesis: OrderedBlock) throws(GovernanceReplayError) {
        let replay = try GovernanceReplay(genesis: genesis)
        self.taken = HeightSignal(height: replay.height.rawValue + 1)
        self.replay = Mutex(replay)
    }

    /// The number of the next block.
    var height: UInt64 { self.taken.height }
    var plane: ControlPlane { self.replay.withLock { $0.plane } }

    func block(of transaction: TransactionID) -> BlockNumber? { self.replay.withLock { $0.block(of: transaction) } }

    /// Waits for the block of this number.
    func wait(for number: UInt64) async { _ = await self.taken.wait(for: number) }

    func receive(_ block: OrderedBlock) async throws(NodeError) {
        guard block.number.rawValue >= self.height else { return }
        do throws(GovernanceReplayError) {
            try self.replay.withLock { (replay) throws(GovernanceReplayError) in try replay.take(block) }
        } catch {
            throw .blockRefused(node: self.name, block: block.number, reason: "\(error)")
        }
        self.taken.advance(to: block.number.rawValue + 1)
    }

    func endOfBlocks(because reason: String) {}
}
