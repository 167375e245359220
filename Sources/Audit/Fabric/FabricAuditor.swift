import ContractVM
import Ledger
import LedgerModel
import Validation

/// Audits blocks that a Fabric network wrote, from files that hold one block each.
///
/// Nothing is run again: Fabric's chaincode is not among our contracts. All else is derived anew: hashes, signatures under the configuration of
/// the newest configuration block below, every validation code, commit hashes, and the final state.
package struct FabricAuditor: Sendable {
    private let options: AuditOptions
    /// A file or folder with the state that the user named.
    private let namedState: String?

    package init(options: AuditOptions = AuditOptions(), namedState: String? = nil) {
        self.options = options
        self.namedState = namedState
    }

    /// Audits every copy by itself, and compares them.
    ///
    /// - Parameters:
    ///   - progress: Called after each block, with the blocks of all copies.
    ///   - begin: Called with a copy's name before its first transaction.
    ///   - each: Called with every transaction of the copy; without it the reports keep them.
    ///   - end: Called with a copy's report when it is complete.
    /// - Throws: `AuditError` when a file cannot be read.
    package func audit(
        _ subject: FabricCopies, progress: (AuditProgress) -> Void = { _ in }, begin: (String) -> Void = { _ in },
        each: ((AuditReport.Transaction) -> Void)? = nil, end: (FabricReport.Copy) -> Void = { _ in }
    ) async throws(AuditError) -> FabricReport {
        var report = FabricReport()
        report.setAside = subject.setAside
        let total = subject.copies.reduce(0) { $0 + UInt64($1.files.count) }
        var done: UInt64 = 0
        let states = KnownStateSearch.search(named: self.namedState, beside: subject.stateFolders)
        for copy in subject.copies {
            begin(copy.name)
            let audited = try await self.audit(copy, states, each) {
                done += 1
                progress(AuditProgress(blocksDone: done, blocksTotal: total))
            }
            let entry = FabricReport.Copy(name: copy.name, report: audited)
            report.copies.append(entry)
            end(entry)
        }
        if subject.copies.count > 1 {
            let comparison = try CopyComparison(subject.copies).run()
            report.comparison = comparison.result
            report.findings = comparison.findings
        }
        return report
    }

    private func audit(
        _ copy: BlockFolder, _ states: [KnownStateSearch], _ each: ((AuditReport.Transaction) -> Void)?, progress: () -> Void
    ) async throws(AuditError) -> AuditReport {
        var report = AuditReport(anchor: self.options.expectedGenesisHash == nil ? .ledger : .pinned, isReexecuted: false)
        report.storedBlocks = UInt64(copy.files.count)
        for finding in copy.findings { report.add(finding) }
        guard copy.files[0].number == 0 else {
            try Standalone.judge(copy, &report)
            return report
        }
        var heights: Set<UInt64> = []
        for case .found(_, let state) in states { heights.insert(state.height) }
        var replay = LedgerReplay(folder: nil, catalogue: ContractCatalogue(), options: self.options, stateHeights: heights, report: report)
        for file in copy.files {
            let expected = replay.report.replayedBlocks
            guard file.number == expected else {
                replay.report.add(
                    AuditFinding(
                        .blockFile, block: expected, expected: "a file with block \(expected)", found: "none; the next one holds block \(file.number)"
                    ))
                break
            }
            let canGoOn = await replay.replay(ReadBlock(number: file.number, bytes: try copy.bytes(of: file)))
            replay.handOn(each)
            progress()
            guard canGoOn else { break }
        }
        if let minimum = self.options.minimumHeight, replay.report.replayedBlocks < minimum {
            replay.report.add(
                AuditFinding(
                    .height, block: nil, expected: "at least \(minimum) blocks, as given by you", found: "\(replay.report.replayedBlocks) blocks"))
        }
        self.compareStates(&replay, states)
        return replay.report
    }

    /// Compares every known state; the result is the first of a kind in the order different, equal, not compared.
    private func compareStates(_ replay: inout LedgerReplay, _ states: [KnownStateSearch]) {
        for search in states { replay.report.knownStates.append(self.compare(&replay, search)) }
        let results = replay.report.knownStates.map(\.result)
        let equal = results.first { if case .equal = $0 { true } else { false } }
        replay.report.state =
            results.first { $0 == .different } ?? equal ?? results.first
            ?? .notCompared(reason: "none is written down beside the blocks (state.json, snapshot)")
    }

    private func compare(_ replay: inout LedgerReplay, _ search: KnownStateSearch) -> AuditReport.KnownState {
        switch search {
        case .unusable(let name, let reason):
            // What a user named must be compared, and a snapshot's hashes must hold; what else happens to lie there need not be a state.
            if self.namedState != nil || name == KnownStateSearch.snapshot {
                replay.report.add(AuditFinding(.state, block: nil, expected: "a state in \(name)", found: reason))
            }
            return AuditReport.KnownState(source: name, result: .notCompared(reason: reason), detail: "")
        case .found(let name, let state):
            func result(_ result: AuditReport.StateResult, _ detail: String = "") -> AuditReport.KnownState {
                AuditReport.KnownState(source: name, result: result, detail: detail)
            }
            guard let moment = replay.moments[state.height] else {
                let reason = "it holds the effects of \(state.height) blocks, the replay reached \(replay.report.replayedBlocks)"
                return result(.notCompared(reason: reason))
            }
            do {
                let found = try state.compare(with: moment)
                guard let first = found.first else {
                    return result(.equal(entries: found.equalCount, height: state.height), found.detail)
                }
                let more = found.differenceCount > 1 ? "; \(found.differenceCount - 1) more differ, \(found.equalCount) are equal" : ""
                replay.report.add(
                    AuditFinding(
                        .state, block: state.height - 1, expected: "\(first.item): \(first.expected)", found: "\(first.found) in \(name)\(more)"))
                return result(.different)
            } catch {
                return result(.notCompared(reason: error.description))
            }
        }
    }
}

/// What can be said of blocks whose chain is not there.
private enum Standalone {
    static func judge(_ copy: BlockFolder, _ report: inout AuditReport) throws(AuditError) {
        var previous: OrderedBlock?
        for file in copy.files {
            let block: OrderedBlock
            do {
                block = try OrderedBlock(serialized: try copy.bytes(of: file))
            } catch let error as AuditError {
                throw error
            } catch {
                report.add(AuditFinding(.chain, block: file.number, expected: "a block in Fabric's form", found: "\(error)"))
                previous = nil
                continue
            }
            do {
                try BlockVerifier.checkContent(of: block, form: .fabric)
                report.agreement.dataHashes += 1
            } catch {
                report.add(AuditFinding(refused: error, block: block))
            }
            if let previous, previous.number.next == block.number, previous.headerHash != block.previousHash {
                report.add(
                    AuditFinding(
                        .chain, block: file.number,
                        expected: "previous hash \(hex(previous.headerHash)), the header hash of block \(previous.number)",
                        found: hex(block.previousHash)))
            }
            previous = block
        }
        report.add(
            AuditFinding(
                .chain, block: copy.files[0].number, expected: "block 0, with which a replay begins",
                found: "block \(copy.files[0].number) first: who may sign, and what the state was, is not known here"))
        report.state = .notCompared(reason: "the replay did not begin")
    }
}
