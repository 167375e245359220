import LedgerModel
import Node

/// The blocks of one round, kept or read from the chain's file one by one.
final class BlockSource {
    private var kept: ArraySlice<[UInt8]>
    private let chain: ChainFile.Reader?
    /// Blocks that may still be read from the file.
    private var left: Int
    /// Transactions of the blocks handed out so far.
    private(set) var transactions = 0

    init(_ blocks: [[UInt8]]) {
        self.kept = blocks[...]
        self.chain = nil
        self.left = 0
    }

    init(_ chain: ChainFile.Reader, count: Int) {
        self.kept = []
        self.chain = chain
        self.left = count
    }

    /// Brings all blocks to a peer; returns when they are durable there.
    func feed(_ peer: PeerNode) async throws {
        try await peer.receive { try self.next() }
    }

    private func next() throws -> OrderedBlock? {
        let bytes: [UInt8]?
        if let chain = self.chain {
            guard self.left > 0 else { return nil }
            self.left -= 1
            bytes = try chain.next()
        } else {
            bytes = self.kept.popFirst()
        }
        guard let bytes else { return nil }
        let block = try OrderedBlock(serialized: bytes)
        self.transactions += block.envelopes.count
        return block
    }
}
