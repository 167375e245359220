import ChannelConfiguration
import Identity
import Ledger
import LedgerModel
import Ordering
import Synchronization
import Validation

/// The blocks of a channel on an ordering node that the channel does not know: verified, stored, and watched for the node's own key.
final class FollowedChain: BlockReceiver {
    /// After the last stored block.
    private struct Head {
        var rules: CommitteeBlocks
        var authority: BlockAuthority
        var position: ChainPosition

        mutating func take(_ block: OrderedBlock, chain: [UInt8]) throws {
            let rules = try self.rules.successor(after: block)
            let isNew = ConfigurationBlock.configEnvelope(in: block) != nil
            self.authority = self.authority.after(newBundle: isNew ? rules.bundle : nil)
            self.position = try ChainPosition(after: block, chain: chain)
            self.rules = rules
        }
    }

    let name: String
    /// The number under which the chain knows the node's key, once it does.
    let named = OneTimeSignal<UInt32>()
    let released: HeightSignal
    private let identity: SigningIdentity
    private let chain: [UInt8]
    private let store: ChainStore
    private let head: Mutex<Head>

    /// Opens the folder, or begins it with the genesis block.
    ///
    /// - Parameter rules: For block 1.
    init(_ choice: OrderingChoice, rules: CommitteeBlocks, genesis: OrderedBlock, folder: String) throws(NodeError) {
        self.name = choice.name
        self.identity = choice.identity
        self.chain = genesis.headerHash
        var head = Head(rules: rules, authority: BlockAuthority(rules.bundle), position: ChainPosition(genesis: genesis))
        do {
            try HostFiles.makeFolders(folder)
            self.store = try ChainStore(folder: folder, genesis: genesis, recent: 0, files: SystemFiles()) { block in
                try head.take(block, chain: genesis.headerHash)
            }
        } catch {
            throw .notJoined(node: choice.name, reason: "\(error)")
        }
        self.released = HeightSignal(height: head.position.number.rawValue + 1)
        if let number = head.rules.number(of: choice.identity) { self.named.fire(number) }
        self.head = Mutex(head)
    }

    var height: UInt64 { self.released.height }

    /// The configuration in force.
    var bundle: ChannelBundle { self.head.withLock { $0.rules.bundle } }

    func blockBytes(_ number: UInt64) throws -> [UInt8]? { try self.store.block(number) }

    /// Verifies a block as a peer does, and stores it; one at a time.
    func receive(_ block: OrderedBlock) async throws(NodeError) {
        guard block.number.rawValue >= self.height, self.named.value == nil else { return }
        var head = self.head.withLock { $0 }
        do {
            try BlockVerifier(head.authority, form: .canonical).verify(block, after: head.position)
            try head.take(block, chain: self.chain)
        } catch {
            throw .blockRefused(node: self.name, block: block.number, reason: "\(error)")
        }
        do {
            try self.store.append(block)
        } catch {
            throw .storageFailed(node: self.name, block: block.number, reason: "\(error)")
        }
        let next = head
        self.head.withLock { $0 = next }
        self.released.advance(to: block.number.rawValue + 1)
        if let number = next.rules.number(of: self.identity) { self.named.fire(number) }
    }

    /// Nobody waits for a transaction here.
    func endOfBlocks(because reason: String) {}
}
