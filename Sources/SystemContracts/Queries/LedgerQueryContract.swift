import Chaincode
import ContractVM
import FabricMessages
import LedgerModel

/// The system chaincode `qscc`: blocks and transactions of a channel (interop 11.1).
///
/// The channel is the first argument after the function, whatever channel the proposal itself names. Results are Fabric's messages; every error has
/// status 500. It is for clients only and can be committed nowhere.
package struct LedgerQueryContract: Contract {
    package let name = "qscc"
    package let summary = "Blocks and transactions of a channel, as this node stored them."

    package init() {}

    package var transactions: [Transaction] {
        [
            function("GetChainInfo", 1, Self.chainInfo).described("The height of a channel and its last two block hashes; argument: channel."),
            function("GetBlockByNumber", 2, Self.blockByNumber)
                .described("A block; arguments: channel, number in decimal digits, where 18446744073709551615 is the last one."),
            function("GetBlockByHash", 2, Self.blockByHash).described("A block; arguments: channel, header hash as bytes."),
            function("GetTransactionByID", 2, Self.transactionByID).described("A transaction and its verdict; arguments: channel, transaction id."),
            function("GetBlockByTxID", 2, Self.blockByTransactionID).described("The block of a transaction; arguments: channel, transaction id."),
        ]
    }

    package func unknownTransaction(_ context: Context, _ function: String) throws(ContractError) -> [UInt8] {
        throw .failure("unknown-function", "qscc has no such function; it shows blocks and transactions")
    }

    private func function(
        _ name: String, _ count: Int, _ body: @escaping @Sendable (any BlockReading, [UInt8]) throws(ContractError) -> [UInt8]
    ) -> Transaction {
        ChannelQuery.transaction(name, count: count) { (node, arguments) throws(ContractError) -> [UInt8] in
            try body(try ChannelQuery.blocks(node), arguments.first ?? [])
        }
    }

    private static func chainInfo(_ blocks: any BlockReading, _: [UInt8]) throws(ContractError) -> [UInt8] {
        var info = Common_BlockchainInfo()
        info.height = blocks.blockCount
        info.currentBlockHash = blocks.lastBlockHash.data
        let beginning = try ChannelQuery.read { () throws(StateReadError) in try blocks.snapshotBeginning() }
        if let beginning {
            info.bootstrappingSnapshotInfo.lastBlockInSnapshot = beginning.lastBlock.rawValue
            info.previousBlockHash = beginning.previousBlockHash.data
        }
        // The last block of a snapshot is not there, but what it names is known.
        if blocks.blockCount > 0, beginning?.lastBlock.rawValue != blocks.blockCount - 1 {
            let last = try ChannelQuery.block(BlockNumber(blocks.blockCount - 1), blocks)
            info.previousBlockHash = last.previousHash.data
        }
        return info.encoded()
    }

    private static func blockByNumber(_ blocks: any BlockReading, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        guard argument.count <= 20, argument.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = UInt64(String(decoding: argument, as: UTF8.self))
        else { throw .failure("invalid-arguments", "the number of a block must be decimal digits, up to \(UInt64.max)") }
        // The largest number stands for the last block.
        guard number == .max, blocks.blockCount > 0 else { return try ChannelQuery.block(BlockNumber(number), blocks).serialized() }
        return try ChannelQuery.block(BlockNumber(blocks.blockCount - 1), blocks).serialized()
    }

    private static func blockByHash(_ blocks: any BlockReading, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let number = try ChannelQuery.read { () throws(StateReadError) in try blocks.blockNumber(withHash: argument) }
        guard let number else { throw ChannelQuery.notFound("a block with this header hash") }
        return try ChannelQuery.block(number, blocks).serialized()
    }

    private static func transactionByID(_ blocks: any BlockReading, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        let stored = try transaction(argument, blocks)
        var result = Protos_ProcessedTransaction()
        do throws(MessageError) {
            result.transactionEnvelope = try Common_Envelope.decode(stored.envelope, as: "envelope")
        } catch {
            throw .failure("state-unavailable", "the transaction cannot be read: \(error)")
        }
        result.validationCode = Int32(stored.code.rawValue)
        return result.encoded()
    }

    private static func blockByTransactionID(_ blocks: any BlockReading, _ argument: [UInt8]) throws(ContractError) -> [UInt8] {
        try ChannelQuery.block(try transaction(argument, blocks).block, blocks).serialized()
    }

    private static func transaction(_ id: [UInt8], _ blocks: any BlockReading) throws(ContractError) -> StoredTransaction {
        let stored = try ChannelQuery.read { () throws(StateReadError) in try blocks.storedTransaction(TransactionID(utf8: id)) }
        guard let stored else { throw ChannelQuery.notFound("a transaction with this id") }
        return stored
    }
}

/// What `qscc` and `cscc` have in common: functions on a channel that an argument names.
enum ChannelQuery {
    /// A function whose arguments begin with a channel; the rest is handed on once the channel is found to be the node's.
    static func transaction(
        _ name: String, count: Int, _ body: @escaping @Sendable (NodeView, [[UInt8]]) throws(ContractError) -> [UInt8]
    ) -> Transaction {
        Transaction(raw: name, kind: .evaluate) { (context, arguments) throws(ContractError) -> [UInt8] in
            let node = try SystemHost.of(context).nodeView()
            guard arguments.count >= count else {
                throw .failure(
                    "invalid-arguments", "\(name) takes \(count) arguments, of which the first is a channel; \(arguments.count) were given")
            }
            guard ChannelID(utf8: arguments.first ?? []) == node.channel else {
                throw .failure("unknown-channel", "this node has not joined the channel; list its channels with cscc GetChannels")
            }
            return try body(node, Array(arguments.dropFirst()))
        }
    }

    static func blocks(_ node: NodeView) throws(ContractError) -> any BlockReading {
        guard let blocks = node.blocks else { throw .failure("blocks-unavailable", "this node keeps no blocks; ask a peer of the channel") }
        return blocks
    }

    static func block(_ number: BlockNumber, _ blocks: any BlockReading) throws(ContractError) -> OrderedBlock {
        guard let block = try read({ () throws(StateReadError) in try blocks.storedBlock(number) }) else {
            throw .failure("not-found", "block number [\(number)] does not exist; the channel has \(blocks.blockCount) blocks")
        }
        return block
    }

    static func notFound(_ item: String) -> ContractError {
        .failure("not-found", "the channel does not hold \(item)")
    }

    static func read<Result>(_ read: () throws(StateReadError) -> Result) throws(ContractError) -> Result {
        do throws(StateReadError) {
            return try read()
        } catch {
            if error.firstBlock != nil { throw .failure("not-here", error.reason) }
            throw .failure("state-unavailable", "the node cannot read its blocks; its operator has to repair it")
        }
    }
}
