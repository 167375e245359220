import ChannelConfiguration
import Foundation
import Identity
import LedgerModel

/// A chain of blocks in a file, each behind its length in four bytes; block 0 is the first.
struct ChainFile {
    let path: String
    /// Full blocks, and the transactions in each.
    let blocks: Int
    let transactionsPerBlock: Int
    /// Blocks between block 0 and the full ones: the approvals and the definition of the contract, and the first content of the state.
    static let setUpBlocks = 3

    /// Has a network make the chain: endorsed on the state that the block before left, ordered and signed.
    init(path: String, blocks: Int, transactionsPerBlock: Int) throws {
        self.path = path
        self.blocks = blocks
        self.transactionsPerBlock = transactionsPerBlock
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
            throw WorkloadError.refused("\(path) cannot be written")
        }
        defer { try? file.close() }
        var network = try BenchmarkNetwork(transactionsPerBlock: transactionsPerBlock)
        try Self.write(network.genesis, to: file)
        let builder = try ChainBuilder(genesis: network.genesis)
        func add(_ envelopes: [Envelope]) throws {
            let block = try network.order(envelopes)
            try builder.commit(block)
            try Self.write(block, to: file)
        }
        func add(_ calls: [ChaincodeCall]) throws {
            let snapshot = builder.ledger.snapshot()
            var envelopes: [Envelope] = []
            for call in calls { envelopes.append(try network.endorsed(network.draft(call), on: snapshot)) }
            try add(envelopes)
        }
        let definition = try BenchmarkNetwork.definition()
        try add(try network.approvals(of: definition, on: builder.ledger.snapshot()))
        try add([try definition.commit()])
        try add([Workload.fill])
        for round in 0..<blocks { try add(Workload.changes(round: round, count: transactionsPerBlock)) }
    }

    private static func write(_ block: OrderedBlock, to file: FileHandle) throws {
        let bytes = block.serialized()
        var length = UInt32(bytes.count).bigEndian
        try file.write(contentsOf: withUnsafeBytes(of: &length) { Data($0) })
        try file.write(contentsOf: Data(bytes))
    }

    /// Reads one block after the other, holding none.
    final class Reader {
        private let file: FileHandle
        /// Bytes read so far.
        private(set) var offset = 0

        init(path: String) throws {
            guard let file = FileHandle(forReadingAtPath: path) else { throw WorkloadError.refused("\(path) cannot be read") }
            self.file = file
        }

        func genesis() throws -> OrderedBlock {
            guard let bytes = try self.next() else { throw WorkloadError.refused("the chain is empty") }
            return try OrderedBlock(serialized: bytes)
        }

        /// The bytes of the next block; nil at the end.
        func next() throws -> [UInt8]? {
            guard let head = try self.file.read(upToCount: 4), head.count == 4 else { return nil }
            let length = head.reduce(0) { $0 << 8 | Int($1) }
            guard let body = try self.file.read(upToCount: length), body.count == length else {
                throw WorkloadError.refused("the chain ends inside a block")
            }
            self.offset += 4 + length
            return [UInt8](body)
        }

        func next(_ count: Int) throws -> [[UInt8]] {
            var blocks: [[UInt8]] = []
            while blocks.count < count, let block = try self.next() { blocks.append(block) }
            return blocks
        }
    }
}
