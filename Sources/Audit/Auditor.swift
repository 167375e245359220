import ContractVM
import Ledger
import LedgerModel

/// Replays a ledger from the bytes of its block files and judges it: chain, quorum, signatures, policies, reads, contracts, state.
///
/// It reads only: the folder is not locked, and not a byte in it changes. Its memory holds the world state of the channel.
package struct Auditor: Sendable {
    private let catalogue: ContractCatalogue
    private let options: AuditOptions

    /// - Parameter catalogue: The code with which transactions are run again; it must be the code that the endorsers should have run.
    package init(catalogue: ContractCatalogue, options: AuditOptions = AuditOptions()) {
        self.catalogue = catalogue
        self.options = options
    }

    /// Audits the ledger in a folder, as a peer keeps it: block files in `blocks`, the state database in `state`.
    ///
    /// Blocks that a running node adds meanwhile are left for the next audit; the stored state is compared only when no node is running.
    /// - Parameters:
    ///   - progress: Called after each block.
    ///   - each: Called with each transaction after its block. The report then holds no list of them, so that its size does not grow with
    ///     the ledger.
    /// - Throws: `AuditError` when there is nothing that can be judged; what is wrong in the ledger is in the report.
    package func audit(
        ledger folder: String, progress: (AuditProgress) -> Void = { _ in }, each: ((AuditReport.Transaction) -> Void)? = nil
    ) async throws(AuditError) -> AuditReport {
        let blockFolder = folder + "/blocks"
        if let block = try Self.snapshotBlock(ledger: folder) { throw .beganFromSnapshot(folder: folder, lastBlock: block) }
        // Before the blocks: what the database knows must then be in them.
        let search: StoredState.Search =
            self.options.isComparingState
            ? StoredState.search(ledger: folder, temporaryFolder: self.options.temporaryFolder) : .unavailable(reason: "switched off")
        let survey = try BlockSurvey(folder: blockFolder)
        guard survey.height > 0 || survey.damage != nil else { throw .noBlocks(folder: folder) }
        var report = AuditReport(anchor: self.options.expectedGenesisHash == nil ? .ledger : .pinned, isReexecuted: self.options.isReexecuting)
        report.storedBlocks = survey.height
        report.unfinishedBytes = survey.unfinishedBytes
        var storedHead: LedgerHead?
        if case .found(let state) = search { storedHead = state.head }
        var replay = LedgerReplay(
            folder: blockFolder, catalogue: self.catalogue, options: self.options, stateHeights: Set([storedHead?.height].compactMap { $0 }),
            report: report)
        try await self.replay(&replay, survey, blockFolder, progress, each)
        if replay.report.replayedBlocks == survey.height, let damage = survey.damage { replay.report.add(damage) }
        self.judgeHeight(&replay, survey, storedHead)
        self.compareState(&replay, search)
        return replay.report
    }

    /// The last block of the snapshot from which a ledger began; nil when it holds the whole chain.
    private static func snapshotBlock(ledger folder: String) throws(AuditError) -> UInt64? {
        let files = SystemFiles()
        let hasSnapshot: Bool
        do { hasSnapshot = try files.list(folder).contains(LedgerLayout.base) } catch {
            // What cannot be listed is told of by whoever reads the blocks.
            return nil
        }
        guard hasSnapshot else { return nil }
        do { return try SnapshotFolder(folder + "/" + LedgerLayout.base, files: files).metadata.lastBlockNumber } catch {
            throw .unreadableSnapshot(folder: folder, error)
        }
    }

    private func replay(
        _ replay: inout LedgerReplay, _ survey: BlockSurvey, _ folder: String, _ progress: (AuditProgress) -> Void,
        _ each: ((AuditReport.Transaction) -> Void)?
    ) async throws(AuditError) {
        do {
            var scan = try BlockScan(folder: folder, files: SystemFiles())
            while scan.height < survey.height, let stored = try scan.next() {
                let canGoOn = await replay.replay(ReadBlock(stored))
                replay.handOn(each)
                guard canGoOn else { return }
                progress(AuditProgress(blocksDone: stored.number + 1, blocksTotal: survey.height))
            }
            if scan.height < survey.height { self.addVanished(&replay.report, survey, "only \(scan.height) blocks") }
        } catch .file(let error) {
            throw .unreadable(error)
        } catch .segmentMissing {
            // A survey that found the gap too has told it and counted no blocks behind it.
            if survey.height > 0 { self.addVanished(&replay.report, survey, "later files without one between") }
        } catch {
            replay.report.add(
                AuditFinding(
                    .blockFile, block: replay.report.replayedBlocks, expected: "files that stay as they were while they are read",
                    found: error.description))
        }
    }

    /// Blocks that the survey counted and the replay did not find: somebody cut the files meanwhile, and nothing vouches for what is gone.
    private func addVanished(_ report: inout AuditReport, _ survey: BlockSurvey, _ found: String) {
        report.add(
            AuditFinding(
                .blockFile, block: report.replayedBlocks,
                expected: "\(survey.height) blocks, as there were when the audit began; leave the files alone while they are read", found: found))
    }

    private func judgeHeight(_ replay: inout LedgerReplay, _ survey: BlockSurvey, _ storedHead: LedgerHead?) {
        // Damage in the middle is told already, and hides what is behind it.
        guard survey.damage == nil else { return }
        if let minimum = self.options.minimumHeight, survey.height < minimum {
            replay.report.add(
                AuditFinding(.height, block: nil, expected: "at least \(minimum) blocks, as given by you", found: "\(survey.height) blocks"))
        } else if let head = storedHead, survey.height < head.height {
            replay.report.add(
                AuditFinding(
                    .height, block: nil, expected: "\(head.height) blocks, whose effects the state database holds", found: "\(survey.height) blocks"))
        }
    }

    private func compareState(_ replay: inout LedgerReplay, _ search: StoredState.Search) {
        switch search {
        case .unavailable(let reason):
            replay.report.state = .notCompared(reason: reason)
        case .damaged(let reason):
            replay.report.state = .different
            replay.report.add(AuditFinding(.state, block: nil, expected: "a state database that opens", found: reason))
        case .found(let stored):
            guard let moment = replay.moments[stored.head.height] else {
                let reason = "the database holds the effects of \(stored.head.height) blocks, the replay reached \(replay.report.replayedBlocks)"
                replay.report.state = .notCompared(reason: reason)
                return
            }
            self.compare(stored, with: moment.content, moment.channel, &replay.report)
        }
    }

    private func compare(
        _ stored: StoredState, with replayed: any KeyValueSnapshot, _ channel: LedgerReplay.Channel, _ report: inout AuditReport
    ) {
        let block = stored.head.height - 1
        let before = report.findingCount
        if stored.head.blockHash != channel.position.headerHash {
            report.add(
                AuditFinding(
                    .state, block: block, expected: "a savepoint at header hash \(hex(channel.position.headerHash))",
                    found: hex(stored.head.blockHash)))
        }
        if stored.head.commitHash != channel.commitHash {
            report.add(
                AuditFinding(
                    .state, block: block, expected: "a savepoint at commit hash \(hex(channel.commitHash))", found: hex(stored.head.commitHash)))
        }
        do {
            switch try StateComparison.compare(replayed: replayed, stored: stored.content) {
            case .equal(let entries): report.state = .equal(entries: entries, height: stored.head.height)
            case .different(let difference):
                report.add(
                    AuditFinding(.state, block: block, expected: "\(difference.item): \(difference.expected)", found: difference.found))
            }
        } catch {
            report.add(AuditFinding(.state, block: block, expected: "a state database that can be read", found: error.description))
        }
        if report.findingCount > before { report.state = .different }
    }
}
