import ChannelConfiguration
import LedgerModel
import Validation

extension LedgerReplay {
    /// Compares the codes that follow from the rules with those in slot 2.
    mutating func compareCodes(of block: OrderedBlock, with outcome: ValidationOutcome) {
        let number = block.number.rawValue
        let filter = block.metadata(.transactionsFilter)
        guard self.expectsRecord(in: block) || !filter.isEmpty else { return }
        self.report.agreement.codesRecorded += block.envelopes.count
        guard let stored = block.storedCodes else {
            self.report.add(
                AuditFinding(
                    .validation, block: number, expected: "one known code for each of \(block.envelopes.count) transactions",
                    found: "\(filter.count) bytes: \(hex(Array(filter.prefix(16))))"))
            return
        }
        for (index, verdict) in outcome.verdicts.enumerated() {
            guard stored[index] != verdict.code else {
                self.report.agreement.codesEqual += 1
                continue
            }
            let deciding = verdict.code == .valid ? stored[index] : verdict.code
            self.report.add(
                AuditFinding(
                    Self.rule(of: deciding), block: number, transaction: index, transactionID: outcome.block.transactionIDs[index],
                    expected: "the verdict \(verdict)", found: "the stored verdict \(stored[index])"))
        }
    }

    /// Compares the commit hash with slot 4. Each hash covers the one before, so only the first wrong one is told.
    mutating func compareCommitHash(of block: OrderedBlock, with outcome: ValidationOutcome) {
        // A genesis block has none in either form, and that is compared too.
        guard self.expectsRecord(in: block) || !block.metadata(.commitHash).isEmpty else { return }
        self.report.agreement.commitHashesRecorded += 1
        let stored = try? block.storedCommitHash()
        guard stored != outcome.block.commitHash else {
            self.report.agreement.commitHashesEqual += 1
            return
        }
        guard !self.hasReportedCommitHash else { return }
        self.hasReportedCommitHash = true
        self.report.add(
            AuditFinding(
                .commitHash, block: block.number.rawValue, expected: hex(outcome.block.commitHash),
                found: stored.map { $0.isEmpty ? "none" : hex($0) } ?? "bytes that do not parse"))
    }

    /// Whether a block must say codes and a commit hash: a peer's copy does, an orderer's does not.
    ///
    /// Block 0 of a copy that nobody vouches for decides nothing: a peer may keep it as it got it.
    private mutating func expectsRecord(in block: OrderedBlock) -> Bool {
        if let isRecorded = self.isRecorded { return isRecorded }
        let isRecorded = !block.metadata(.transactionsFilter).isEmpty
        if isRecorded || block.number > 0 { self.isRecorded = isRecorded }
        return isRecorded
    }

    /// Runs the valid transactions of a block again, each on the state that the ones before it leave.
    mutating func runAgain(_ block: OrderedBlock, _ outcome: ValidationOutcome, bundle: ChannelBundle, base: any StateReading) {
        var outcomes: [TransactionOutcome] = []
        var overlay = BlockOverlay(base: base)
        for (index, envelope) in block.envelopes.enumerated() {
            guard outcome.verdicts[index].code == .valid else {
                outcomes.append(Self.isGovernance(envelope, outcome.verdicts[index].code) ? .governance : .invalid)
                continue
            }
            guard self.options.isReexecuting else {
                outcomes.append(.notReexecutable(.switchedOff))
                continue
            }
            do {
                let payload = try Payload(serialized: Envelope(serialized: envelope).payload)
                let state = OverlayState(base: base, overlay: overlay)
                outcomes.append(self.reexecution.outcome(of: payload, bundle: bundle, state: state, history: self.history))
                // What was endorsed is what the channel holds, whether or not it is what the contract gives.
                if case .notReexecutable(.configuration) = outcomes[index] { continue }
                let version = StateVersion(block: block.number.rawValue, transaction: UInt64(index))
                try overlay.apply(Self.endorsedWrites(of: payload), version: version)
            } catch {
                // Cannot happen to a valid transaction; told rather than assumed.
                let difference = ActionDifference(item: "the transaction", endorsed: "readable", computed: "unreadable: \(error)")
                if outcomes.count == index { outcomes.append(.different(difference)) } else { outcomes[index] = .different(difference) }
            }
        }
        self.note(block, outcome, outcomes)
    }

    /// Adds the transactions of a block to the report.
    mutating func note(_ block: OrderedBlock, _ outcome: ValidationOutcome, _ outcomes: [TransactionOutcome]) {
        let number = block.number.rawValue
        let filter = block.metadata(.transactionsFilter)
        for (index, verdict) in outcome.verdicts.enumerated() {
            let id = outcome.block.transactionIDs[index]
            let transaction = AuditReport.Transaction(
                block: number, index: index, id: id, type: AuditReport.Transaction.type(of: block.envelopes[index]),
                recorded: filter.count == block.envelopes.count ? filter[index] : nil, code: verdict.code, reason: verdict.reason,
                outcome: outcomes[index])
            self.report.count(transaction)
            self.judged.append(transaction)
            if case .different(let difference) = outcomes[index] {
                self.report.add(
                    AuditFinding(
                        .reexecution, block: number, transaction: index, transactionID: id,
                        expected: "\(difference.item): \(difference.computed), as the contract gives", found: "\(difference.endorsed), as endorsed"))
            }
        }
    }

    /// Whether an envelope is one for the ordering nodes: its contract is the reserved one, which to a peer is an undefined chaincode.
    private static func isGovernance(_ envelope: [UInt8], _ code: ValidationCode) -> Bool {
        guard code == .invalidChaincode, let payload = try? Payload(serialized: Envelope(serialized: envelope).payload),
            let header = try? ChannelHeader(serialized: payload.channelHeaderBytes), header.kind == .endorserTransaction
        else { return false }
        return (try? header.chaincodeName()) == ChaincodeDefinition.governanceNamespace
    }

    private static func endorsedWrites(of payload: Payload) throws(MessageError) -> ReadWriteSet {
        let transaction = try EndorserTransaction(serialized: payload.data)
        let response = try ProposalResponsePayload(serialized: transaction.responsePayloadBytes)
        return try ReadWriteSet(serialized: ChaincodeAction(serialized: response.actionBytes).results)
    }

    /// Which check a code belongs to.
    private static func rule(of code: ValidationCode) -> AuditFinding.Rule {
        switch code {
        case .badCreatorSignature: .signatures
        case .endorsementPolicyFailure: .policies
        case .mvccReadConflict, .phantomReadConflict, .duplicateTransactionID: .reads
        default: .validation
        }
    }
}
