import ChannelConfiguration
import Identity
import Ledger
import LedgerModel
import Validation

/// Finds in a ledger under which configurations its next block is to be judged.
struct ConfigurationHistory {
    private let snapshot: LedgerSnapshot
    /// That of the genesis block.
    private let first: ChannelBundle
    private let verifier: any SignatureVerifying

    init(_ snapshot: LedgerSnapshot, first: ChannelBundle, verifier: any SignatureVerifying) {
        self.snapshot = snapshot
        self.first = first
        self.verifier = verifier
    }

    func authority() throws -> BlockAuthority {
        let current = try self.current()
        guard self.snapshot.height > 1, let former = try self.configuration(before: self.snapshot.height - 1) else {
            return BlockAuthority(current)
        }
        return BlockAuthority(current, parentBundle: former)
    }

    /// The configuration in office: the last one that was committed, kept in the world state.
    private func current() throws -> ChannelBundle {
        guard let stored = try self.snapshot.value(at: .key(Namespace(""), ConfigurationState.key)) else { return self.first }
        return try ChannelBundle(configEnvelope: stored.value, channelID: self.first.channelID, verifier: self.verifier)
    }

    /// The configuration below a block that changed it; nil for a block that changed nothing.
    private func configuration(before number: UInt64) throws -> ChannelBundle? {
        guard try self.changesConfiguration(number) != nil else { return nil }
        var number = number
        while number > 1 {
            // The block below names the newest configuration block; a refused configuration is named too, and passed over.
            let lastConfig = try OrdererBlockMetadata(serialized: BlockSignatures(slot: self.block(number - 1).metadata(.signatures)).value)
                .lastConfig
            guard lastConfig < number, lastConfig > 0 else { break }
            if let block = try self.changesConfiguration(lastConfig) { return try ChannelBundle(block: block, verifier: self.verifier) }
            number = lastConfig
        }
        return self.first
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
