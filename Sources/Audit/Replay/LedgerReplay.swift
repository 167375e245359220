import ChannelConfiguration
import ContractVM
import Ledger
import LedgerModel
import Validation

/// Replays a ledger block by block from its bytes and compares every step with what the ledger says of itself.
///
/// It goes on after a finding with what follows from the rules, until nobody vouches for the next block.
struct LedgerReplay {
    /// Where the channel stands after the last block.
    struct Channel {
        var authority: BlockAuthority
        var position: ChainPosition
        /// As derived; empty after block 0.
        var commitHash: [UInt8]

        var bundle: ChannelBundle { self.authority.bundle }
    }

    let options: AuditOptions
    let reexecution: Reexecution
    let tally = SignatureTally()
    let store = InMemoryStore()
    let world: WorldState
    let index = TransactionIndex()
    let history: ReplayHistory
    /// The heights of states that are known from elsewhere; the replayed state of these moments is kept.
    let stateHeights: Set<UInt64>
    /// Whether blocks must say codes and commit hashes; nil: as the first block after block 0 does.
    var isRecorded: Bool?
    /// The transactions that were judged since somebody last took them.
    var judged: [AuditReport.Transaction] = []

    var report: AuditReport
    var channel: Channel?
    /// The replayed state at `stateHeights`, and what the ledger's end was then.
    private(set) var moments: [UInt64: ReplayedMoment] = [:]
    /// After the first wrong commit hash all later ones are wrong too.
    var hasReportedCommitHash = false

    /// - Parameters:
    ///   - folder: The folder of our own block files; nil for blocks of Fabric, whose code is not run.
    ///   - stateHeights: At which the replayed state is to be kept.
    init(folder: String?, catalogue: ContractCatalogue, options: AuditOptions, stateHeights: Set<UInt64>, report: AuditReport) {
        self.options = options
        self.reexecution = Reexecution(catalogue: catalogue, limits: options.limits)
        self.world = WorldState(store: self.store)
        self.history = ReplayHistory(folder: folder)
        self.stateHeights = stateHeights
        self.isRecorded = folder == nil ? nil : true
        self.report = report
    }

    /// Replays the next block; false when the blocks behind it mean nothing any more.
    mutating func replay(_ stored: ReadBlock) async -> Bool {
        let block: OrderedBlock
        do {
            block = try OrderedBlock(serialized: stored.bytes)
        } catch {
            self.report.add(AuditFinding(.chain, block: stored.number, expected: "a block in Fabric's form", found: error.description))
            return false
        }
        let canGoOn: Bool
        if let channel = self.channel {
            canGoOn = await self.replay(block, stored, in: channel)
        } else {
            canGoOn = self.replayGenesis(block, stored)
        }
        self.report.signatures = self.tally.counts
        if let channel = self.channel, canGoOn {
            self.report.replayedBlocks = stored.number + 1
            self.report.commitHash = channel.commitHash
            if self.stateHeights.contains(self.report.replayedBlocks) {
                self.moments[self.report.replayedBlocks] = ReplayedMoment(
                    content: self.store.snapshot(), channel: channel, transactionIDs: self.index, transactionIDCount: self.index.count)
            }
        }
        return canGoOn
    }

    private mutating func replay(_ block: OrderedBlock, _ stored: ReadBlock, in channel: Channel) async -> Bool {
        let form = self.form(of: block)
        self.tally.expectOrderers(of: block, carriesCertificate: form == .canonical)
        do {
            try BlockVerifier(channel.authority, form: form).verify(block, after: channel.position)
        } catch {
            self.report.add(AuditFinding(error, block: block, after: channel.position))
            return false
        }
        guard form == .fabric || block.serialized() == stored.bytes else {
            self.report.add(
                AuditFinding(.chain, block: stored.number, expected: "the one way to write this block", found: "other bytes with the same content"))
            return false
        }
        self.report.agreement.headerHashes += 1
        self.report.agreement.dataHashes += 1
        self.tally.expectTransactions(of: block)
        let base = self.world.snapshot()
        let outcome: ValidationOutcome
        do {
            let validator = BlockValidator(bundle: channel.bundle)
            outcome = try await validator.validate(block, state: base, transactions: self.index, previousCommitHash: channel.commitHash)
        } catch {
            self.report.add(
                AuditFinding(.configuration, block: stored.number, expected: "a block that can be judged", found: error.description))
            return false
        }
        self.compareCodes(of: block, with: outcome)
        self.compareCommitHash(of: block, with: outcome)
        self.runAgain(block, outcome, bundle: channel.bundle, base: base)
        do {
            let position = try ChainPosition(after: block, chain: channel.position.chain)
            // The new configuration checks signatures as the old one does, so they go on being counted.
            let authority = channel.authority.after(newBundle: outcome.newBundle)
            self.channel = Channel(authority: authority, position: position, commitHash: outcome.block.commitHash)
            try self.apply(outcome, of: stored)
            if let bundle = outcome.newBundle { self.noteCommittee(of: bundle, after: stored.number) }
        } catch {
            self.report.add(AuditFinding(.chain, block: stored.number, expected: "a block that others can follow", found: "\(error)"))
            return false
        }
        return true
    }

    /// Trusts block 0, or refuses it for another hash than the auditor's.
    private mutating func replayGenesis(_ block: OrderedBlock, _ stored: ReadBlock) -> Bool {
        self.report.genesisHash = block.headerHash
        if let expected = self.options.expectedGenesisHash, expected != block.headerHash {
            self.report.add(AuditFinding(.genesis, block: 0, expected: "header hash \(hex(expected))", found: hex(block.headerHash)))
            return false
        }
        guard block.number == 0, block.previousHash.isEmpty else {
            self.report.add(
                AuditFinding(
                    .chain, block: 0, expected: "number 0 and no previous hash",
                    found: "number \(block.number), previous hash \(hex(block.previousHash))"))
            return false
        }
        let dataHash = Formulas.dataHash(of: block.envelopes)
        guard dataHash == block.dataHash else {
            self.report.add(AuditFinding(.chain, block: 0, expected: "data hash \(hex(dataHash))", found: hex(block.dataHash)))
            return false
        }
        do {
            let outcome = try BlockValidator.acceptGenesis(block, verifier: self.tally)
            guard let bundle = outcome.newBundle else { return false }
            self.report.channel = bundle.channelID
            self.report.agreement.headerHashes += 1
            self.report.agreement.dataHashes += 1
            self.compareCodes(of: block, with: outcome)
            self.compareCommitHash(of: block, with: outcome)
            self.note(block, outcome, [self.options.isReexecuting ? .notReexecutable(.configuration) : .notReexecutable(.switchedOff)])
            self.channel = Channel(authority: BlockAuthority(bundle), position: ChainPosition(genesis: block), commitHash: [])
            try self.apply(outcome, of: stored)
            self.noteCommittee(of: bundle, after: 0)
            return true
        } catch {
            self.report.add(AuditFinding(.genesis, block: 0, expected: "the first configuration of a channel", found: "\(error)"))
            return false
        }
    }

    /// Remembers a committee that is not the one before it.
    private mutating func noteCommittee(of bundle: ChannelBundle, after block: UInt64) {
        let members = bundle.consenters.map { AuditReport.Committee.Member(consenter: $0.id, mspID: $0.mspID, certificate: $0.identity) }
        guard !members.isEmpty, self.report.committees.last?.members != members else { return }
        // As the channel asks: a stock network of three is content with two.
        var quorum = CommitteeQuorum.size(of: members.count)
        if case .outOf(let count, _) = bundle.signaturePolicy("/Channel/Orderer/BlockValidation")?.rule { quorum = Int(count) }
        self.report.committees.append(AuditReport.Committee(firstBlock: block + 1, members: members, quorum: quorum))
    }

    /// The form that all blocks must have: asked for, or that of block 1, which the committee's signatures cover.
    private mutating func form(of block: OrderedBlock) -> BlockVerifier.Form {
        if let form = self.report.form { return form }
        let form = self.options.form ?? Self.detectedForm(of: block)
        self.report.form = form
        return form
    }

    private static func detectedForm(of block: OrderedBlock) -> BlockVerifier.Form {
        guard let signatures = try? BlockSignatures(slot: block.metadata(.signatures)),
            let value = try? OrdererBlockMetadata(serialized: signatures.value)
        else { return .canonical }
        return (try? ExtendedHeaderFormat.decode(value.consenterMetadata)) == nil ? .fabric : .canonical
    }

    private mutating func apply(_ outcome: ValidationOutcome, of stored: ReadBlock) throws(KeyValueError) {
        try self.world.apply(outcome.block.updates)
        self.index.insert(outcome.block.transactionIDs)
        self.history.add(outcome.block.history, of: stored)
    }
}
