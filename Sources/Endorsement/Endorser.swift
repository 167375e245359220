import Chaincode
import ChannelConfiguration
import ContractVM
import CryptoPrimitives
import Identity
import LedgerModel

/// Checks a proposal, has it run on a snapshot of the state, and signs the outcome; or refuses with a reason (interop chapter 6).
package struct Endorser: Sendable {
    /// What an endorser needs to see of a ledger.
    package typealias LedgerView = StateReading & HistoryReading & TransactionIndexReading & BlockReading & PrivateDataReading

    /// Keeps the private writes of a transaction until it is in a block, durably.
    package typealias PrivateWriteHolder = @Sendable ([PrivateWriteSet], TransactionID) throws -> Void

    private static let writersPolicy = "/Channel/Application/Writers"

    private let identity: SigningIdentity
    private let bundle: ChannelBundle
    private let machine: ContractMachine
    private let hold: PrivateWriteHolder?

    /// - Parameter hold: Where private writes go before they are endorsed; without it none are.
    package init(identity: SigningIdentity, bundle: ChannelBundle, machine: ContractMachine, hold: PrivateWriteHolder? = nil) {
        self.identity = identity
        self.bundle = bundle
        self.machine = machine
        self.hold = hold
    }

    /// Processes a proposal: Fabric's `ProcessProposal` on one channel.
    ///
    /// - Parameters:
    ///   - ledger: The ledger as it is now; the whole simulation sees this one state.
    ///   - now: The endorser's clock.
    /// - Returns: The chaincode's answer, with an endorsement if its status is below 400. An answer without payload means that the chaincode
    ///   could not be run.
    /// - Throws: `EndorsementRefusal` when the proposal was not run at all.
    package func process(
        _ signed: SignedProposal, on ledger: any LedgerView, now: Timestamp
    ) throws(EndorsementRefusal) -> ProposalResponse {
        let proposal = try ProposalChecks.parse(signed)
        let checks = ProposalChecks(membership: self.bundle.membership)
        try checks.checkTimes(of: proposal, now: now)
        let channel = proposal.channelHeader.channelID
        guard !channel.isEmpty else {
            return try self.processWithoutChannel(proposal, signed, from: checks.creator(of: proposal, signed), on: ledger)
        }
        guard channel == self.bundle.channelID else { return Self.answer(status: 500, "channel '\(channel)' not found") }
        let creator = try checks.creator(of: proposal, signed)
        try self.checkUnused(proposal.channelHeader.transactionID, on: ledger)
        if let refusal = try self.checkAccess(of: creator, to: proposal.call) { return refusal }
        return try self.simulate(proposal, signed, creator: creator, on: ledger)
    }

    /// A proposal to a contract of the node itself, by members of the node's own organisation; the answer is not endorsed.
    private func processWithoutChannel(
        _ proposal: ReceivedProposal, _ signed: SignedProposal, from creator: VerifiedIdentity, on ledger: any LedgerView
    ) throws(EndorsementRefusal) -> ProposalResponse {
        guard creator.mspID == self.identity.mspID else { throw .accessDenied(proposal.channelHeader.channelID, creator.mspID) }
        let call = proposal.call
        guard self.machine.contracts.isSystem(call.chaincode), SystemAccess.worksWithoutChannel(call.chaincode, function: call.arguments.first ?? [])
        else {
            return Self.answer(status: 500, "a proposal without a channel is for functions of the node itself; name the channel in its header")
        }
        if let refusal = try self.checkAccess(of: creator, to: call) { return refusal }
        return try self.simulate(proposal, signed, creator: creator, on: ledger)
    }

    private func checkUnused(_ id: TransactionID, on ledger: any LedgerView) throws(EndorsementRefusal) {
        let isKnown: Bool
        do {
            isKnown = try ledger.contains(id)
        } catch {
            throw .failed(reason: error.description)
        }
        if isKnown { throw .duplicateTransaction(id) }
    }

    /// User chaincode refuses strangers before it runs; a system chaincode answers them with an error of its own.
    private func checkAccess(of creator: VerifiedIdentity, to call: ChaincodeCall) throws(EndorsementRefusal) -> ProposalResponse? {
        let isSystem = self.machine.contracts.isSystem(call.chaincode)
        let function = call.arguments.first ?? []
        let access = isSystem ? SystemAccess(call.chaincode, function: function) : .policy(resource: "peer/Propose", fallback: Self.writersPolicy)
        let missing: String?
        do {
            missing = try access.missing(for: creator, owner: self.identity.mspID, bundle: self.bundle)
        } catch {
            throw .failed(reason: error.description)
        }
        guard let missing else { return nil }
        guard isSystem else { throw .notWriter(self.bundle.channelID, call.chaincode, missing: missing) }
        return Self.answer(status: 500, "access denied to chaincode \(call.chaincode) on channel [\(self.bundle.channelID)]: \(missing)")
    }

    private func simulate(
        _ proposal: ReceivedProposal, _ signed: SignedProposal, creator: VerifiedIdentity, on ledger: any LedgerView
    ) throws(EndorsementRefusal) -> ProposalResponse {
        var invocation = Invocation(proposal, caller: Caller(creator, serialized: proposal.signatureHeader.creator))
        invocation.proposal = signed
        let result: InvocationResult
        do {
            result = try self.machine.invoke(invocation, state: ledger, history: ledger, node: self.node(ledger))
        } catch {
            return Self.answer(status: 500, "error in simulation: \(error)")
        }
        let interest: ChaincodeInterest?
        do {
            interest = try self.interest(of: result, on: ledger)
        } catch {
            return Self.answer(status: 500, "error in simulation: \(error)")
        }
        // The answer of a system chaincode's failure carries no outcome to sign either.
        let payload = ProposalResponsePayload(proposalHash: proposal.hash, actionBytes: result.action.serialized()).serialized()
        let isWithoutChannel = proposal.channelHeader.channelID.isEmpty
        switch result.response.status {
        case 500...: return ProposalResponse(response: result.response, payload: payload, endorsement: nil, interest: interest)
        case let status where status >= 400 || isWithoutChannel: return ProposalResponse(response: result.response, payload: [], endorsement: nil)
        default:
            try self.holdPrivateWrites(of: result, invocation.transaction)
            return ProposalResponse(response: result.response, payload: payload, endorsement: try self.endorse(payload), interest: interest)
        }
    }

    /// Nil for contracts of the node that only answer questions: they run without a simulation.
    private func interest(of result: InvocationResult, on ledger: any LedgerView) throws -> ChaincodeInterest? {
        guard result.chaincode != "qscc", result.chaincode != "cscc" else { return nil }
        return try ChaincodeInterest(of: result, on: ledger) {
            $0 == ChaincodeDefinition.lifecycleNamespace || self.machine.contracts.isSystem($0)
        }
    }

    private func node(_ ledger: any LedgerView) -> NodeView {
        NodeView(
            organization: self.identity.mspID, channel: self.bundle.channelID,
            applicationOrganizations: self.bundle.applicationOrganizations.map(\.mspID), blocks: ledger, privateData: ledger)
    }

    /// What only hashes of will be in the block is safe here before the endorsement is given.
    private func holdPrivateWrites(of result: InvocationResult, _ id: TransactionID) throws(EndorsementRefusal) {
        guard !result.privateWriteSets.isEmpty else { return }
        guard let hold = self.hold else { throw .failed(reason: "this node holds no private data") }
        do {
            try hold(result.privateWriteSets, id)
        } catch {
            throw .failed(reason: "\(error)")
        }
    }

    /// Signs the response payload, then the endorser's own identity (interop 4.4).
    private func endorse(_ payload: [UInt8]) throws(EndorsementRefusal) -> Endorsement {
        do {
            return Endorsement(
                endorser: self.identity.serialized,
                signature: try self.bundle.membership.sign(payload + self.identity.serialized, as: self.identity))
        } catch {
            throw .failed(reason: "this peer's key cannot sign: \(error)")
        }
    }

    private static func answer(status: Int32, _ message: String) -> ProposalResponse {
        ProposalResponse(response: ChaincodeResponse(status: status, message: message), payload: [], endorsement: nil)
    }
}

extension Invocation {
    /// The call that a proposal asks for, made by a verified caller.
    package init(_ proposal: ReceivedProposal, caller: Caller) {
        self.init(
            channel: proposal.channelHeader.channelID, transaction: proposal.channelHeader.transactionID, chaincode: proposal.call.chaincode,
            arguments: proposal.call.arguments, isInit: proposal.call.isInit, transient: proposal.payload.transient, caller: caller,
            timestamp: proposal.channelHeader.timestamp ?? Timestamp(seconds: 0))
    }
}
