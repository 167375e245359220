import ChannelConfiguration
import Identity
import LedgerModel

/// The part of phase A that asks the state before the block: repeated ids, and whether the endorsements suffice (interop 8.1).
///
/// A pure function of what was read, the state and the configuration, so that many can run at once.
struct TransactionInspector: Sendable {
    let bundle: ChannelBundle
    let transactions: any TransactionIndexReading
    let rules: NamespaceRules

    /// Checks what does not depend on the other transactions of the block, in Fabric's order of checks.
    func inspect(_ reading: TransactionReading) throws(StateReadError) -> TransactionInspection {
        let content: TransactionInspection.Content
        switch reading.content {
        case .failed(let verdict): return TransactionInspection(transactionID: reading.transactionID, failure: verdict, content: .none)
        case .configuration(let bytes): content = .configuration(bytes)
        case .endorsed(let transaction):
            do {
                content = .endorsed(try self.judge(transaction))
            } catch {
                switch error {
                case .transaction(let failure):
                    return TransactionInspection(transactionID: reading.transactionID, failure: failure.verdict, content: .none)
                case .state(let error): throw error
                }
            }
        }
        return TransactionInspection(transactionID: reading.transactionID, failure: nil, content: content)
    }

    private func judge(_ transaction: ReadTransaction) throws(InspectionInterruption) -> EndorsedContent {
        let isKnown: Bool
        do {
            isKnown = try self.transactions.contains(transaction.transactionID)
        } catch {
            throw .state(error)
        }
        if isKnown { throw .invalid(.duplicateTransactionID, "the ledger already holds a transaction with this id") }
        let action: EndorsedAction
        do { action = try transaction.action.get() } catch { throw .transaction(error) }
        let endorsers = EndorserSet(membership: self.bundle.membership, transaction: transaction)
        let outcomes = try self.judgeNamespaces(invoked: action.chaincode, action.readWriteSet, endorsers)
        do {
            try self.rules.state.prepare(action.readWriteSet)
        } catch {
            throw .state(error)
        }
        return EndorsedContent(readWriteSet: action.readWriteSet, outcomes: outcomes)
    }

    /// Checks the invoked chaincode, then every other namespace that is written (interop 8.1, point 6).
    private func judgeNamespaces(
        invoked: Namespace, _ readWriteSet: ReadWriteSet, _ endorsers: EndorserSet
    ) throws(InspectionInterruption) -> [EndorsedContent.NamespaceOutcome] {
        var parts: [(Namespace, NamespaceReadWriteSet?)] = [(invoked, nil)]
        var seen: Set<Namespace> = []
        for part in readWriteSet.namespaces {
            guard seen.insert(part.namespace).inserted else {
                throw .invalid(.illegalWriteSet, "namespace '\(part.namespace)' appears twice in the read-write set")
            }
            if part.namespace == invoked {
                parts[0].1 = part
            } else if part.hasWrites {
                parts.append((part.namespace, part))
            }
        }
        let judge = NamespaceJudge(rules: self.rules, endorsers: endorsers)
        var outcomes: [EndorsedContent.NamespaceOutcome] = []
        for (namespace, part) in parts {
            let failure = try judge.failure(of: namespace, part)
            outcomes.append(EndorsedContent.NamespaceOutcome(namespace: namespace, failure: failure))
            if failure != nil { break }
        }
        return outcomes
    }
}
