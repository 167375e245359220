import Chaincode
import ContractVM
import Identity
import LedgerModel

/// Answers proposals that concern the node and no channel: its packages, its channels. Nothing is endorsed (interop 11.1, 11.2).
///
/// It judges callers by the node's own organisation, so it works before the node has joined anything.
package struct NodeEndorser: Sendable {
    private let owner: MSPID
    private let checks: ProposalChecks
    private let machine: ContractMachine

    /// - Parameters:
    ///   - owner: The organisation whose members may ask.
    ///   - membership: That organisation alone.
    package init(owner: MSPID, membership: MembershipService, machine: ContractMachine) {
        self.owner = owner
        self.checks = ProposalChecks(membership: membership)
        self.machine = machine
    }

    /// Processes a proposal whose header names no channel.
    ///
    /// - Parameter now: The node's clock.
    /// - Throws: `EndorsementRefusal` when the proposal was not run at all.
    package func process(_ signed: SignedProposal, now: Timestamp) throws(EndorsementRefusal) -> ProposalResponse {
        let proposal = try ProposalChecks.parse(signed)
        try self.checks.checkTimes(of: proposal, now: now)
        let creator = try self.checks.creator(of: proposal, signed)
        let (chaincode, function) = (proposal.call.chaincode, proposal.call.arguments.first ?? [])
        guard self.machine.contracts.isSystem(chaincode), SystemAccess.worksWithoutChannel(chaincode, function: function) else {
            return Self.answer("a proposal without a channel is for functions of the node itself; name the channel in its header")
        }
        if let missing = SystemAccess(chaincode, function: function).missingWithoutChannel(for: creator, owner: self.owner) {
            return Self.answer("access denied to chaincode \(chaincode): \(missing)")
        }
        let invocation = Invocation(proposal, caller: Caller(creator, serialized: proposal.signatureHeader.creator))
        let node = NodeView(organization: self.owner, channel: proposal.channelHeader.channelID, applicationOrganizations: [])
        do {
            let result = try self.machine.invoke(invocation, state: NoState(), node: node)
            return ProposalResponse(response: result.response, payload: [], endorsement: nil)
        } catch {
            return Self.answer("error in simulation: \(error)")
        }
    }

    private static func answer(_ message: String) -> ProposalResponse {
        ProposalResponse(response: ChaincodeResponse(status: 500, message: message), payload: [], endorsement: nil)
    }
}

/// The state of no channel.
private struct NoState: StateReading {
    private final class Nothing: StateScan {
        func next() -> (key: StateKey, value: VersionedValue)? { nil }
    }

    func value(at address: StateAddress) -> VersionedValue? { nil }

    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) -> any StateScan { Nothing() }
}
