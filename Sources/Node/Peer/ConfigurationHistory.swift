import ChannelConfiguration
import Identity
import Ledger
import LedgerModel
import Validation

/// Finds in a ledger under which configurations its next block is to be judged.
struct ConfigurationHistory {
    private let snapshot: LedgerSnapshot
    private let channel: ChannelID
    /// The number of the first block after the configuration that `beginning` gives.
    private let first: UInt64
    /// The configuration of the genesis block, or of the snapshot from which the ledger began.
    private let beginning: () throws -> ChannelBundle
    private let verifier: any SignatureVerifying

    init(
        _ snapshot: LedgerSnapshot, channel: ChannelID, first: UInt64 = 1, verifier: any SignatureVerifying,
        beginning: @escaping () throws -> ChannelBundle
    ) {
        self.snapshot = snapshot
        self.channel = channel
        self.first = first
        self.beginning = beginning
        self.verifier = verifier
    }

    func authority() throws -> BlockAuthority {
        let current = try self.current()
        guard self.snapshot.height > self.first, let former = try self.configuration(before: self.snapshot.height - 1) else {
            return BlockAuthority(current)
        }
        return BlockAuthority(current, parentBundle: former)
    }

    /// The configuration in office: the last one that was committed, kept in the world state.
    private func current() throws -> ChannelBundle {
        guard let stored = try self.snapshot.value(at: .key(Namespace(""), ConfigurationState.key)) else { return try self.beginning() }
        return try ChannelBundle(configEnvelope: stored.value, channelID: self.channel, verifier: self.verifier)
    }

    /// The configuration below a block that changed it; nil for a block that changed nothing.
    private func configuration(before number: UInt64) throws -> ChannelBundle? {
        guard try self.changesConfiguration(number) != nil else { return nil }
        var number = number
        while number > self.first {
            // The block below names the newest configuration block; a refused configuration is named too, and passed over.
            let lastConfig = try OrdererBlockMetadata(serialized: BlockSignatures(slot: self.block(number - 1).metadata(.signatures)).value)
                .lastConfig
            guard lastConfig < number, lastConfig >= self.first else { break }
            if let block = try self.changesConfiguration(lastConfig) { return try ChannelBundle(block: block, verifier: self.verifier) }
            number = lastConfig
        }
        return try self.beginning()
    }

    /// The block, when it brought a configuration that was accepted.
    private func changesConfiguration(_ number: UInt64) throws -> OrderedBlock? {
        let block = try self.block(number)
        return BlockVerifier.isConfiguration(block) && block.storedCodes == [.valid] ? block : nil
    }

    private func block(_ number: UInt64) throws -> OrderedBlock {
        guard let block = try self.snapshot.block(BlockNumber(number)) else {
            throw LedgerMismatch(reason: "its ledger lacks block \(number)")
        }
        return block
    }
}
