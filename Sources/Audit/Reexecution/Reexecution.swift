import ChannelConfiguration
import ContractVM
import Endorsement
import LedgerModel

/// Runs endorsed transactions again and compares the outcome with what was endorsed.
///
/// Nothing that the endorsers signed is believed: whether an obstacle stands in the way is decided by what the contract does now.
struct Reexecution: Sendable {
    private let catalogue: ContractCatalogue
    private let machine: ContractMachine

    init(catalogue: ContractCatalogue, limits: InvocationLimits) {
        self.catalogue = catalogue
        // A clock that stands still: an auditor may be slower than the endorsers were.
        self.machine = ContractMachine(catalogue: catalogue, limits: limits, now: { 0 })
    }

    /// Runs a valid transaction of a block again.
    ///
    /// - Parameters:
    ///   - payload: The payload of its envelope.
    ///   - state: The state just before the transaction, inside its block.
    ///   - history: The history before the block.
    func outcome(
        of payload: Payload, bundle: ChannelBundle, state: any StateReading, history: any HistoryReading
    ) -> TransactionOutcome {
        let endorsed: [UInt8]
        let invocation: Invocation
        let node: NodeView
        do {
            if try ChannelHeader(serialized: payload.channelHeaderBytes).kind == .config { return .notReexecutable(.configuration) }
            let transaction = try EndorserTransaction(serialized: payload.data)
            endorsed = try ProposalResponsePayload(serialized: transaction.responsePayloadBytes).actionBytes
            invocation = try self.invocation(payload, transaction, bundle)
            node = try Self.node(of: transaction, bundle)
        } catch {
            return Self.notRun("a proposal that can be read", because: "\(error)")
        }
        do {
            let result = try self.machine.invoke(invocation, state: state, history: history, node: node)
            return self.judge(result, against: endorsed)
        } catch .notInstalled(let name) {
            return .notReexecutable(.externalCode(name))
        } catch .notDefined(let name, _) where name == ChaincodeDefinition.lifecycleNamespace {
            // The lifecycle needs no definition; without its code it looks like any undefined contract.
            return .notReexecutable(.externalCode(name))
        } catch {
            return Self.notRun("a result", because: error.description)
        }
    }

    /// The node that endorsed first: approvals are those of its organisation, and a commit asks for each endorser's alike.
    private static func node(of transaction: EndorserTransaction, _ bundle: ChannelBundle) throws -> NodeView {
        let endorser = try transaction.endorsements.first.map { try bundle.membership.identity($0.endorser).mspID }
        return NodeView(
            organization: endorser ?? "", channel: bundle.channelID, applicationOrganizations: bundle.applicationOrganizations.map(\.mspID))
    }

    /// The call as the endorsers read it from the proposal, but without the transient data that the ledger does not hold.
    private func invocation(_ payload: Payload, _ transaction: EndorserTransaction, _ bundle: ChannelBundle) throws -> Invocation {
        let proposal = Proposal(
            channelHeaderBytes: payload.channelHeaderBytes, signatureHeaderBytes: transaction.signatureHeaderBytes,
            payloadBytes: transaction.proposalPayloadBytes)
        let received = try ReceivedProposal(SignedProposal(proposalBytes: proposal.serialized(), signature: []))
        let creator = received.signatureHeader.creator
        return Invocation(received, caller: .init(try bundle.membership.identity(creator), serialized: creator))
    }

    private func judge(_ result: InvocationResult, against endorsed: [UInt8]) -> TransactionOutcome {
        let action = result.action
        if action.serialized() == endorsed { return .equal }
        if result.replayObstacles.contains(.transient) { return .notReexecutable(.transientInput) }
        if result.replayObstacles.contains(.privateData) { return .notReexecutable(.privateData) }
        if result.replayObstacles.contains(.history) { return .notReexecutable(.historyQuery) }
        if let name = self.missingCode(in: result) { return .notReexecutable(.externalCode(name)) }
        return .different(ActionDifference(endorsed: endorsed, computed: action))
    }

    /// A defined chaincode that the contract called and for which there is no code here.
    ///
    /// Entering a chaincode reads the sequence of its definition, whether or not there is code for it.
    private func missingCode(in result: InvocationResult) -> Namespace? {
        guard result.chaincode != ChaincodeDefinition.lifecycleNamespace else { return nil }
        let known = Set(self.catalogue.userContractNames)
        for part in result.readWriteSet.namespaces where part.namespace == ChaincodeDefinition.lifecycleNamespace {
            for read in part.reads where read.version != nil {
                guard let name = Self.chaincode(ofSequenceKey: read.key), !known.contains(name), !self.catalogue.isSystem(name) else { continue }
                return name
            }
        }
        return nil
    }

    /// The name in a key that `ChaincodeDefinitionFormat.sequenceKey` made.
    private static func chaincode(ofSequenceKey key: StateKey) -> Namespace? {
        let prefix = Array(ChaincodeDefinitionFormat.fieldKey("", "").utf8.dropLast())
        let suffix = ChaincodeDefinitionFormat.sequenceKey("").utf8.dropFirst(prefix.count)
        guard key.utf8.count > prefix.count + suffix.count, key.utf8.starts(with: prefix), key.utf8.suffix(suffix.count) == suffix else {
            return nil
        }
        let name = Namespace(utf8: Array(key.utf8.dropFirst(prefix.count).dropLast(suffix.count)))
        return ChaincodeDefinitionFormat.sequenceKey(name) == key ? name : nil
    }

    private static func notRun(_ expected: String, because reason: String) -> TransactionOutcome {
        .different(ActionDifference(item: "the call", endorsed: expected, computed: "no result: \(reason)"))
    }
}
