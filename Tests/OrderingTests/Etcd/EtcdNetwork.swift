import ChannelConfiguration
import Identity
import LedgerModel

@testable import Ordering

/// The test channel, ordered on etcd.
struct EtcdNetwork {
    let network: TestNetwork
    let genesis: OrderedBlock
    let bundle: ChannelBundle

    init() throws {
        self.network = try TestNetwork.shared.get()
        var profile = self.network.profile
        profile.ordering = .etcd
        self.genesis = try profile.genesisBlock()
        self.bundle = try ChannelBundle(block: self.genesis)
    }

    var chain: [UInt8] { self.genesis.headerHash }
    var keys: EtcdKeyFormat { EtcdKeyFormat(root: "test", chain: self.chain) }

    func blocks(_ identity: SigningIdentity? = nil) throws -> SignedCrashBlocks {
        try SignedCrashBlocks(bundle: self.bundle, identity: identity ?? self.network.orderer, chain: self.chain)
    }

    func checked(_ number: UInt8) throws -> CheckedEnvelope {
        try BroadcastChecks(bundle: self.bundle, takesUpdates: true).check(self.network.envelope(number), now: TestNetwork.now)
    }

    /// A chain of blocks with one envelope each.
    func chain(of numbers: UInt8...) throws -> [OrderedBlock] {
        var position = ChainPosition(genesis: self.genesis)
        let blocks = try self.blocks()
        return try numbers.map { number in
            let block = try blocks.block([self.checked(number)], after: position, leadership: 5, now: TestNetwork.now)
            position = try ChainPosition(after: block, chain: self.chain)
            return block
        }
    }

    func consenter(after stored: [OrderedBlock] = []) throws -> EtcdConsenter<SignedCrashBlocks> {
        let position = try stored.last.map { try ChainPosition(after: $0, chain: self.chain) } ?? ChainPosition(genesis: self.genesis)
        return EtcdConsenter(blocks: try self.blocks(), keys: self.keys, address: "here:1", position: position, recent: stored)
    }
}
