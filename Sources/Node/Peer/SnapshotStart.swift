import ChannelConfiguration
import Identity
import Ledger
import LedgerModel
import Validation

/// Finds where a ledger stands that began from a snapshot.
///
/// The configuration in office is in the state. A snapshot gives of its last block only the number and the header hash; its time, its sequence
/// and its certificate, by which the next block is judged, are in the block's metadata. As long as the ledger has no block of its own, that one
/// block is fetched from another node and held against the hash; its metadata against the signatures of the committee below it. When the last
/// block brought the configuration, that is another committee: then the configuration before it is fetched too, and must be the one from which
/// the update in the block leads to the configuration in the state.
struct SnapshotStart {
    private let folder: String
    private let snapshot: LedgerSnapshot
    private let base: LedgerBase
    private let genesis: OrderedBlock?
    private let form: BlockVerifier.Form
    private let verifier: any SignatureVerifying
    private let channel: ChannelID
    /// In the state: the configuration in office, its bytes, and the block that brought it.
    private let current: ChannelBundle
    private let configEnvelope: [UInt8]
    private let configurationBlock: UInt64

    /// - Parameters:
    ///   - folder: The ledger's folder.
    ///   - genesis: Block 0 where it is known: the ledger must be of its channel and its chain then.
    init(
        _ snapshot: LedgerSnapshot, base: LedgerBase, folder: String, genesis: OrderedBlock?, form: BlockVerifier.Form,
        verifier: any SignatureVerifying
    ) throws {
        self.snapshot = snapshot
        self.base = base
        self.folder = folder
        self.genesis = genesis
        self.form = form
        self.verifier = verifier
        self.channel = ChannelID(base.channelName)
        if let genesis {
            let expected = try ChannelBundle(block: genesis, verifier: verifier).channelID
            guard self.channel == expected else { throw SnapshotStartError.otherChannel(self.channel, expected: expected) }
        }
        guard let stored = try snapshot.value(at: .key(Namespace(""), ConfigurationState.key)) else {
            throw SnapshotStartError.unusableConfiguration(reason: "there is none")
        }
        self.configEnvelope = stored.value
        self.configurationBlock = stored.version.block
        do throws(ConfigurationError) {
            self.current = try ChannelBundle(configEnvelope: stored.value, channelID: self.channel, verifier: verifier)
        } catch {
            throw SnapshotStartError.unusableConfiguration(reason: "\(error)")
        }
    }

    /// From the ledger alone; nil while its last block is the snapshot's and has to be fetched.
    func local() throws -> PeerStart? {
        if self.snapshot.height == self.base.height {
            // Of block 0 the hash says everything.
            guard self.base.lastBlock == 0, let genesis = self.genesis else { return nil }
            guard genesis.headerHash == self.base.blockHash else { throw SnapshotStartError.otherGenesis }
            return PeerStart(position: ChainPosition(genesis: genesis), authority: BlockAuthority(self.current))
        }
        guard let last = try self.snapshot.block(BlockNumber(self.snapshot.height - 1)) else {
            throw LedgerMismatch(reason: "its ledger lacks its last block")
        }
        let chain = try self.chain(named: last)
        if let genesis = self.genesis, genesis.headerHash != chain { throw SnapshotStartError.otherGenesis }
        let history = ConfigurationHistory(self.snapshot, channel: self.channel, first: self.base.height, verifier: self.verifier) {
            try ChannelBundle(
                configEnvelope: Ledger.baseConfiguration(of: self.base, folder: self.folder), channelID: self.channel, verifier: self.verifier)
        }
        return PeerStart(position: try ChainPosition(after: last, chain: chain), authority: try history.authority())
    }

    /// The name of the chain, as a block says that was verified before it was committed; blocks of a stock orderer name none.
    private func chain(named block: OrderedBlock) throws -> [UInt8] {
        guard self.form == .canonical else { return self.genesis?.headerHash ?? block.headerHash }
        let metadata = try OrdererBlockMetadata(serialized: BlockSignatures(slot: block.metadata(.signatures)).value).consenterMetadata
        return try ExtendedHeaderFormat.decode(metadata).header.chain
    }

    /// With the snapshot's last block from the first source that gives the right one.
    func fetched(from sources: [any BlockSource]) async throws -> PeerStart {
        let last = BlockNumber(self.base.lastBlock)
        guard !sources.isEmpty else { throw SnapshotStartError.needsSource(block: last) }
        var refusals: [SnapshotStartError.Refusal] = []
        for source in sources {
            do {
                return try await self.start(from: Asked(source))
            } catch let refusal as Refused {
                refusals.append(refusal.refusal)
            }
        }
        throw SnapshotStartError.refused(block: last, refusals)
    }

    private func start(from source: Asked) async throws -> PeerStart {
        let number = BlockNumber(self.base.lastBlock)
        let last = try await source.block(number)
        guard last.headerHash == self.base.blockHash else { throw source.refusal(number, .wrongHash) }
        // The hash of the snapshot does not hold its commit hash. A block from a peer carries one, from an ordering node none.
        let commitHash = (try? last.storedCommitHash()) ?? []
        guard commitHash.isEmpty || commitHash == self.base.commitHash else { throw source.refusal(number, .wrongCommitHash) }
        var signers = self.current
        if self.configurationBlock == number.rawValue, number > 0 { signers = try await self.formerConfiguration(last, from: source) }
        do throws(BlockVerificationError) {
            let position = try BlockVerifier(bundle: signers, form: self.form).position(
                after: last, number: number, headerHash: self.base.blockHash, chain: self.genesis?.headerHash)
            return PeerStart(position: position, authority: BlockAuthority(self.current, parentBundle: signers))
        } catch {
            throw source.refusal(number, .wrongMetadata(reason: error.description))
        }
    }

    /// The configuration below the last block, which brought another one.
    private func formerConfiguration(_ last: OrderedBlock, from source: Asked) async throws -> ChannelBundle {
        guard try Self.configuration(in: last) == self.configEnvelope else {
            throw SnapshotStartError.unusableConfiguration(reason: "it is not the one in block \(last.number), which is said to have brought it")
        }
        var below = BlockNumber(last.number.rawValue - 1)
        var block = try await source.block(below)
        guard block.headerHash == self.base.previousBlockHash else { throw source.refusal(below, .wrongHash) }
        var problem = ""
        for _ in 0..<NodeLimits.formerConfigurations {
            let number = below == 0 ? below : try source.lastConfiguration(of: block)
            let candidate = number == 0 ? self.genesis : nil
            let found = try await source.block(number, instead: candidate)
            do {
                let former = try ChannelBundle(block: found, verifier: self.verifier)
                if former.channelID == self.channel {
                    _ = try former.successor(verifying: self.configEnvelope)
                    return former
                }
                problem = "it is one of channel \(former.channelID)"
            } catch {
                problem = "\(error)"
            }
            // A configuration that was refused is named like one that was accepted: the right one is further back.
            guard number > 0 else { throw source.refusal(number, .wrongFormerConfiguration(reason: problem)) }
            below = BlockNumber(number.rawValue - 1)
            block = try await source.block(below)
        }
        throw source.refusal(below, .wrongFormerConfiguration(reason: problem))
    }

    private static func configuration(in block: OrderedBlock) throws -> [UInt8]? {
        try block.envelopes.first.map { try Payload(serialized: Envelope(serialized: $0).payload).data }
    }
}

/// One source, whose failures are told with its name.
private struct Asked {
    let source: any BlockSource

    init(_ source: any BlockSource) { self.source = source }

    func block(_ number: BlockNumber, instead known: OrderedBlock? = nil) async throws -> OrderedBlock {
        if let known { return known }
        let block: OrderedBlock?
        do {
            block = try await self.source.block(number)
        } catch {
            try Task.checkCancellation()
            throw self.refusal(number, .unavailable(reason: "\(error)"))
        }
        guard let block else { throw self.refusal(number, .unavailable(reason: "it does not have it")) }
        guard block.number == number else { throw self.refusal(number, .wrongHash) }
        return block
    }

    /// Which block a block names as the newest configuration up to it.
    func lastConfiguration(of block: OrderedBlock) throws -> BlockNumber {
        do {
            let named = try OrdererBlockMetadata(serialized: BlockSignatures(slot: block.metadata(.signatures)).value).lastConfig
            guard named <= block.number.rawValue else { throw MessageError(part: "slot 0", reason: "names a later block") }
            return BlockNumber(named)
        } catch {
            throw self.refusal(block.number, .wrongMetadata(reason: "\(error)"))
        }
    }

    func refusal(_ block: BlockNumber, _ problem: SnapshotStartError.Refusal.Problem) -> Refused {
        Refused(refusal: SnapshotStartError.Refusal(source: self.source.name, block: block, problem: problem))
    }
}

private struct Refused: Error {
    let refusal: SnapshotStartError.Refusal
}
