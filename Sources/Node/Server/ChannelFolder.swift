import ChannelConfiguration
import Ledger
import LedgerModel
import SystemContracts

/// Where a node keeps what it has of its channels: one folder each, with the genesis block in it, by which it is found again.
struct ChannelFolder: Sendable {
    static let genesisFile = "genesis.block"

    /// Of all channels in one role.
    let root: String

    /// Where the files of a channel are.
    func folder(of channel: ChannelID) -> String { self.root + "/" + channel.text }

    /// The genesis blocks of the channels that were joined, by name.
    func joined() throws(HostFileError) -> [OrderedBlock] {
        let names: [String]
        do {
            names = try SystemFiles().list(self.root)
        } catch {
            if error.isMissing { return [] }
            throw HostFileError(path: self.root, reason: "\(error)")
        }
        var blocks: [OrderedBlock] = []
        // Those with a point are notes about channels that were left.
        for name in names where !name.hasPrefix(".") {
            let path = self.root + "/" + name + "/" + Self.genesisFile
            guard let bytes = try HostFiles.read(path, limit: NodeLimits.genesisBytes) else { continue }
            do {
                blocks.append(try OrderedBlock(serialized: bytes))
            } catch {
                throw HostFileError(path: path, reason: "it is no block: \(error); fetch the channel's block 0 again")
            }
        }
        return blocks
    }

    /// Notes that a channel is joined; durable when it returns.
    func note(_ genesis: OrderedBlock, of channel: ChannelID) throws(HostFileError) {
        try HostFiles.makeFolders(self.folder(of: channel))
        try HostFiles.write(genesis.serialized(), to: self.folder(of: channel) + "/" + Self.genesisFile)
    }

    /// The channel that a block begins.
    ///
    /// - Throws: `ChannelJoinError.notAGenesisBlock` for anything but a block 0 whose configuration can be used.
    static func channel(of genesis: OrderedBlock) throws(ChannelJoinError) -> ChannelID {
        guard genesis.number == 0 else { throw .notAGenesisBlock(reason: "its number is \(genesis.number)") }
        guard genesis.dataHash == Formulas.dataHash(of: genesis.envelopes) else {
            throw .notAGenesisBlock(reason: "its data hash is not that of its data")
        }
        do {
            // The name has been checked with it: it is one of a folder too.
            return try ChannelBundle(block: genesis).channelID
        } catch {
            throw .notAGenesisBlock(reason: "\(error)")
        }
    }
}
