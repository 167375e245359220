import ChannelConfiguration
import Endorsement
import FabricMessages
import GRPCCore
import LedgerModel
import SelvageClient
import Validation

/// Has a proposal endorsed by as many peers as its policies ask for: `gateway.Gateway/Endorse`.
///
/// A peer of the own organisation runs it first. What it touched says which policies count, these say who else has to run it.
struct GatewayEndorsement: Sendable {
    let channel: @Sendable (ChannelID) -> GatewayChannel?
    let limits: WireLimits

    func answer(_ request: Gateway_EndorseRequest) async throws -> WireFrame {
        let signed = request.proposedTransaction.value
        guard !signed.proposalBytes.isEmpty else {
            throw GatewayFailure(.invalidArgument, "the proposed transaction must contain a signed proposal")
        }
        let proposal: ReceivedProposal
        do {
            proposal = try ReceivedProposal(signed)
        } catch {
            throw GatewayFailure(.invalidArgument, "\(error)")
        }
        let id = proposal.channelHeader.channelID
        guard let channel = self.channel(id) else {
            throw GatewayFailure(.failedPrecondition, "failed to get config for channel [\(id)]: this peer has not joined it")
        }
        let named = request.endorsingOrganizations.map { MSPID($0) }
        let chaincode = proposal.call.chaincode
        // In the words of Fabric's gateway, which looks first who runs it: nobody.
        guard channel.defines(chaincode) else {
            if !named.isEmpty {
                throw GatewayFailure(
                    .unavailable, "failed to find any endorsing peers for org(s): \(named.map(\.text).joined(separator: ", "))")
            }
            throw GatewayFailure(
                .failedPrecondition,
                "no combination of peers can be derived which satisfy the endorsement policy: No metadata was found for chaincode \(chaincode) "
                    + "in channel \(id)")
        }
        var round =
            named.isEmpty
            ? try await self.firstRound(channel, proposal, signed) : try self.round(of: named, channel)
        let endorsements = try await self.collect(&round, signed)
        var answer = Gateway_EndorseResponse()
        answer.preparedTransaction.payload = Self.transaction(proposal, round.payload ?? [], endorsements).data
        return WireFrame(head: answer.encoded())
    }

    /// What has been collected so far.
    fileprivate struct Round {
        /// Whoever may still be asked, or has endorsed.
        var peers: [GatewayPeer]
        var choice: EndorserChoice
        /// By place in `peers`.
        var endorsements: [Int: Endorsement] = [:]
        /// What all have to compute, with who said so first.
        var first: NamedResponse?
        var details: [Gateway_ErrorDetail] = []

        /// Who has to endorse, those who have included; nil before it was looked for.
        var plan: [Int]?

        var payload: [UInt8]? { self.first?.response.payload }
    }

    /// The client has chosen, and answers for it.
    private func round(of organizations: [MSPID], _ channel: GatewayChannel) throws -> Round {
        let missing = organizations.filter { organization in !channel.peers.contains { $0.mspID == organization } }
        guard missing.isEmpty else {
            throw GatewayFailure(.unavailable, "failed to find any endorsing peers for org(s): \(missing.map(\.text).joined(separator: ", "))")
        }
        return Round(
            peers: channel.peers.filter { organizations.contains($0.mspID) }, choice: EndorserChoice(demand: .organizations(organizations)))
    }

    /// Asks peers of the own organisation until one has run the proposal, and finds out who else has to.
    private func firstRound(_ channel: GatewayChannel, _ proposal: ReceivedProposal, _ signed: SignedProposal) async throws -> Round {
        var failed: [Int] = []
        var details: [Gateway_ErrorDetail] = []
        for (index, peer) in channel.peers.enumerated() where peer.mspID == channel.organization {
            switch try await GatewayAnswer(of: peer, to: signed, seconds: self.limits.endorsementSeconds) {
            case .response(let response):
                let requirements = try self.requirements(response, proposal, channel)
                var round = Round(
                    peers: [], choice: EndorserChoice(demand: .policies(requirements.policies, channel.ledger.bundle)), details: details)
                for (place, other) in channel.peers.enumerated() where !failed.contains(place) {
                    if let allowed = requirements.organizations, !allowed.contains(other.mspID) { continue }
                    if place == index { round.add(response, of: other, at: round.peers.count) }
                    round.peers.append(other)
                }
                round.plan = round.choosePlan()
                guard round.plan != nil else { throw try self.noPlan(response, proposal, channel, requirements, round) }
                return round
            case .failure(_, let message, _):
                failed.append(index)
                details.append(peer.detail(message))
            }
        }
        throw GatewayFailure(.aborted, "failed to endorse transaction, see attached details for more info", details: details)
    }

    private func requirements(
        _ response: ProposalResponse, _ proposal: ReceivedProposal, _ channel: GatewayChannel, isOpen: Bool = false
    ) throws -> EndorsementRequirements {
        var interest = response.interest ?? ChaincodeInterest(touches: [])
        if interest.touches.isEmpty { interest.touches = [ChaincodeInterest.Touch(chaincode: proposal.call.chaincode)] }
        do {
            return try EndorsementRequirements(
                interest, bundle: channel.ledger.bundle, state: channel.ledger.worldState(),
                isSecret: !isOpen && !proposal.payload.transient.isEmpty)
        } catch {
            throw GatewayFailure(.failedPrecondition, "no combination of peers can be derived which satisfy the endorsement policy: \(error)")
        }
    }

    /// Says why nobody can be chosen, and whether it is only because transient data stay among the members of a collection.
    private func noPlan(
        _ response: ProposalResponse, _ proposal: ReceivedProposal, _ channel: GatewayChannel, _ requirements: EndorsementRequirements, _ round: Round
    ) throws -> GatewayFailure {
        let open = try self.requirements(response, proposal, channel, isOpen: true)
        if open.organizations != requirements.organizations,
            round.choice.choose(
                channel.peers.filter { open.organizations?.contains($0.mspID) ?? true }.map(\.mspID), endorsed: []) != nil
        {
            let collections = (response.interest?.touches ?? []).filter(\.hasNoPrivateReads).flatMap(\.collections).map(\.text)
            return GatewayFailure(
                .failedPrecondition,
                "requires endorsement from organisation(s) that are not in the distribution policy of the private data collection(s): "
                    + "[\(collections.joined(separator: " "))]; retry specifying trusted endorsing organizations to protect transient data")
        }
        let policies = requirements.policies.map(\.description).joined(separator: " and ")
        let known = Set(channel.peers.map(\.mspID)).sorted().map(\.text).joined(separator: ", ")
        return GatewayFailure(
            .failedPrecondition,
            "no combination of peers can be derived which satisfy the endorsement policy: \(policies) with the peers of \(known)",
            details: round.details)
    }

    /// Asks whoever is still needed, all at once; then others in the place of those that failed.
    private func collect(_ round: inout Round, _ signed: SignedProposal) async throws -> [Endorsement] {
        while let plan = round.plan ?? round.choosePlan() {
            let missing = plan.filter { round.endorsements[$0] == nil }
            if missing.isEmpty { return plan.compactMap { round.endorsements[$0] } }
            let (peers, seconds) = (round.peers, self.limits.endorsementSeconds)
            let answers = try await Self.ask(missing, of: peers, signed, seconds: seconds)
            // In the order of the plan, so that the same peer is the one that the others are held against.
            var failed: [Int] = []
            for (index, answer) in answers.sorted(by: { $0.0 < $1.0 }) {
                if let reason = round.take(answer, of: peers[index], at: index) {
                    round.details.append(peers[index].detail(reason))
                    failed.append(index)
                }
            }
            round.plan = plan
            if !failed.isEmpty { round.remove(failed) }
        }
        throw GatewayFailure(
            .aborted, "failed to collect enough transaction endorsements, see attached details for more info", details: round.details)
    }

    /// What each of some peers says, by its place.
    private static func ask(
        _ places: [Int], of peers: [GatewayPeer], _ signed: SignedProposal, seconds: Int64
    ) async throws -> [(Int, GatewayAnswer)] {
        // No task more for the one that two organisations usually need.
        if places.count == 1 { return [(places[0], try await GatewayAnswer(of: peers[places[0]], to: signed, seconds: seconds))] }
        return try await withThrowingTaskGroup(of: (Int, GatewayAnswer).self) { group in
            for place in places { group.addTask { (place, try await GatewayAnswer(of: peers[place], to: signed, seconds: seconds)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// The payload that the client will sign (interop 4.5).
    private static func transaction(_ proposal: ReceivedProposal, _ response: [UInt8], _ endorsements: [Endorsement]) -> [UInt8] {
        // Endorsements with the same endorser bytes count once.
        var different: [Endorsement] = []
        for endorsement in endorsements where !different.contains(where: { $0.endorser == endorsement.endorser }) { different.append(endorsement) }
        let transaction = EndorserTransaction(
            signatureHeaderBytes: proposal.proposal.signatureHeaderBytes, proposalPayloadBytes: proposal.payload.withoutTransient,
            responsePayloadBytes: response, endorsements: different)
        return Payload(
            channelHeaderBytes: proposal.proposal.channelHeaderBytes, signatureHeaderBytes: proposal.proposal.signatureHeaderBytes,
            data: transaction.serialized()
        ).serialized()
    }
}

extension GatewayEndorsement.Round {
    /// Nil when whoever is left is not enough.
    fileprivate func choosePlan() -> [Int]? { self.choice.choose(self.peers.map(\.mspID), endorsed: Set(self.endorsements.keys)) }

    fileprivate mutating func add(_ response: ProposalResponse, of peer: GatewayPeer, at index: Int) {
        if self.first == nil { self.first = NamedResponse(peer: "\(peer.address) (\(peer.mspID))", response: response) }
        self.endorsements[index] = response.endorsement
    }

    /// Takes an answer, or says what is wrong with it.
    fileprivate mutating func take(_ answer: GatewayAnswer, of peer: GatewayPeer, at index: Int) -> String? {
        switch answer {
        case .failure(_, let message, _): return message
        case .response(let response):
            guard response.endorsement != nil else { return "the peer answered but did not endorse" }
            if let first, first.response.payload != response.payload {
                let difference = EndorsementDifference(first, NamedResponse(peer: "\(peer.address) (\(peer.mspID))", response: response))
                return "ProposalResponsePayloads do not match: \(difference)"
            }
            self.add(response, of: peer, at: index)
            return nil
        }
    }

    /// Forgets peers that failed, and with them the plan.
    fileprivate mutating func remove(_ failed: [Int]) {
        self.plan = nil
        var (peers, endorsements): ([GatewayPeer], [Int: Endorsement]) = ([], [:])
        for (index, peer) in self.peers.enumerated() where !failed.contains(index) {
            endorsements[peers.count] = self.endorsements[index]
            peers.append(peer)
        }
        (self.peers, self.endorsements) = (peers, endorsements)
    }
}
