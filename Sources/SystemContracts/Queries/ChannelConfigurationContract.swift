import Chaincode
import ContractVM
import FabricMessages
import LedgerModel

/// The system chaincode `cscc`: the channels of a node and their configuration (interop 11.1).
///
/// The channel is an argument, as for `qscc`.
package struct ChannelConfigurationContract: Contract {
    package let name = "cscc"
    package let summary = "The channels of this node and their configuration."

    private let channels: (any ChannelKeeping)?

    /// - Parameter channels: What the node has joined; nil on one that serves the one channel it was started with.
    package init(channels: (any ChannelKeeping)? = nil) {
        self.channels = channels
    }

    package var transactions: [Transaction] {
        [
            Transaction(raw: "GetChannels", kind: .evaluate) { (context, _) throws(ContractError) -> [UInt8] in
                let joined: [ChannelID]
                if let channels { joined = channels.channelIDs } else { joined = [try SystemHost.of(context).nodeView().channel] }
                var result = Protos_ChannelQueryResponse()
                result.channels = joined.map { id in
                    var channel = Protos_ChannelInfo()
                    channel.channelID = id.text
                    return channel
                }
                return result.encoded()
            }.described("The channels that this node has joined."),
            ChannelQuery.transaction("GetConfigBlock", count: 1) { (node, _) throws(ContractError) -> [UInt8] in
                try Self.configurationBlock(try ChannelQuery.blocks(node)).serialized()
            }.described("The block that holds the configuration in office; argument: channel."),
            ChannelQuery.transaction("GetChannelConfig", count: 1) { (node, _) throws(ContractError) -> [UInt8] in
                let blocks = try ChannelQuery.blocks(node)
                // The block that brought it is not there on a peer that joined with a snapshot.
                let stored = try ChannelQuery.read { () throws(StateReadError) in try blocks.configurationInOffice() }
                if let stored { return try Self.configuration(configEnvelope: stored) }
                return try Self.configuration(try Self.configurationBlock(blocks))
            }.described("The configuration in office; argument: channel."),
            Transaction(raw: "JoinChain", kind: .evaluate) { (_, arguments) throws(ContractError) -> [UInt8] in
                try self.join(arguments)
                return []
            }.described("Joins a channel; argument: its genesis block."),
        ]
    }

    package func unknownTransaction(_ context: Context, _ function: String) throws(ContractError) -> [UInt8] {
        throw .failure("unknown-function", "cscc has no such function; it shows channels and their configuration")
    }

    private func join(_ arguments: [[UInt8]]) throws(ContractError) {
        guard let channels else {
            throw .failure(
                "not-supported",
                "this node serves the one channel whose genesis block it was started with; start one from a file with: "
                    + "selvage node start")
        }
        guard arguments.count == 1, let bytes = arguments.first, !bytes.isEmpty else {
            throw .failure("invalid-arguments", "JoinChain takes one argument, the genesis block of the channel")
        }
        do throws(ChannelJoinError) {
            try channels.join(genesis: bytes)
        } catch {
            switch error {
            case .notAGenesisBlock: throw .failure("invalid-arguments", error.description)
            case .alreadyJoined: throw .failure("already-joined", error.description)
            case .tooMany, .failed: throw .failure("join-failed", error.description)
            }
        }
    }

    /// The newest configuration block that was accepted.
    ///
    /// Every block names the newest one up to it; one that was refused is named too and passed over by asking the block before it.
    private static func configurationBlock(_ blocks: any BlockReading) throws(ContractError) -> OrderedBlock {
        guard blocks.blockCount > 0 else { throw ChannelQuery.notFound("any block yet") }
        var number = blocks.blockCount - 1
        while true {
            let below = try ChannelQuery.block(BlockNumber(number), blocks)
            guard number > 0, let named = lastConfiguration(below), named > 0, named <= number else {
                return try ChannelQuery.block(0, blocks)
            }
            let block = try ChannelQuery.block(BlockNumber(named), blocks)
            if block.storedCodes == [.valid] { return block }
            number = named - 1
        }
    }

    private static func lastConfiguration(_ block: OrderedBlock) -> UInt64? {
        guard let signatures = try? BlockSignatures(slot: block.metadata(.signatures)) else { return nil }
        return try? OrdererBlockMetadata(serialized: signatures.value).lastConfig
    }

    private static func configuration(_ block: OrderedBlock) throws(ContractError) -> [UInt8] {
        do {
            guard let first = block.envelopes.first else { throw MessageError(part: "configuration block", reason: "is empty") }
            return try Self.configuration(configEnvelope: Payload(serialized: Envelope(serialized: first).payload).data)
        } catch {
            throw .failure("state-unavailable", "the configuration cannot be read: \(error)")
        }
    }

    private static func configuration(configEnvelope bytes: [UInt8]) throws(ContractError) -> [UInt8] {
        do throws(MessageError) {
            return try Common_ConfigEnvelope.decode(bytes, as: "configuration envelope").config.encoded()
        } catch {
            throw .failure("state-unavailable", "the configuration cannot be read: \(error)")
        }
    }
}
