import CryptoPrimitives
import LedgerModel
import Node
import Ordering

extension Story {
    /// Stage 2: the pool elects its committee on the chain, and the elected take office.
    func electCommittee() async throws {
        let (narrator, profile) = (self.narrator, self.network.profile)
        let (pool, sizes) = (self.network.institutions, profile.sizes)
        narrator.done(
            "a pool of \(sizes.pool): \(Self.list(pool.map(\.id))); \(sizes.producers) will produce blocks, up to \(sizes.auditNodes) will audit "
                + "them, a ballot approves up to \(sizes.maxChoices)")
        let candidates = pool.filter { profile.standing.contains($0.id) }
        try await self.warmUp(profile.warmUpBlocks)
        var election = try await self.openElection(epoch: 1, seats: nil, candidates: candidates.count)
        try await self.register(candidates, in: election)
        try await self.issueNumbers(in: &election)
        try await self.vote(profile.approvals, in: &election)
        try await self.revealBallots(in: election)
        let former = try self.network.committee()
        let tally = try await self.count(election)
        guard let elected = try self.network.control().pending?.record else { throw StoryError.unexpectedAnswer("the control plane") }
        try await self.recount(tally, of: election)
        try await self.takeOffice(elected, after: former)
    }

    /// Waits until the chain is as long as the preset demands before it takes data: until then members make heartbeats.
    private func warmUp(_ last: UInt64) async throws {
        guard last > 0 else { return }
        let peer = self.network.peers[0]
        try await self.network.wait("the chain has \(last + 1) blocks") {
            while peer.height <= last { try await Task.sleep(for: .milliseconds(20)) }
        }
        try await self.network.waitForMembers()
        self.narrator.done("blocks 1-\(last): heartbeats; a chain of this preset takes no data before it has \(last + 1) blocks, as the paper has it")
    }

    /// The agencies open an election: each phase lasts as many blocks as there are acts in it.
    func openElection(epoch: UInt64, seats: Int?, candidates: Int) async throws -> PlayedElection {
        let pool = UInt64(self.network.institutions.count)
        // The opening itself is in the next block.
        let registration = self.network.head + 2
        let issue = registration + UInt64(candidates)
        let schedule = ElectionSchedule(
            registration: BlockNumber(registration), issue: BlockNumber(issue), commit: BlockNumber(issue + pool),
            reveal: BlockNumber(issue + 2 * pool), tally: BlockNumber(issue + 3 * pool))
        let blindKey = try BlindSigningKey.generate(bits: Self.blindKeyBits)
        let opening = try GovernanceSigning.opening(
            epoch: epoch, seats: seats, schedule: schedule, blindKeys: [blindKey.verificationKey],
            authorities: [self.network.agencies.authority], chain: self.network.genesis.headerHash)
        let block = try await self.govern(opening, through: self.network.institutions[0])
        guard let parameters = try self.network.control().election?.election.parameters else {
            throw StoryError.unexpectedAnswer("the control plane")
        }
        self.narrator.done(
            "block \(block): the legitimation authority opens \(seats == nil ? "the election" : "a by-election") for epoch \(epoch), with a key of "
                + "\(Self.blindKeyBits) bits for signing blindly: registration from block \(schedule.registration), numbers from \(schedule.issue), "
                + "closed ballots from \(schedule.commit), opening from \(schedule.reveal), count at \(schedule.tally)")
        return try PlayedElection(parameters, agencies: self.network.agencies, blindKey: blindKey)
    }

    /// Candidates stand, each with a new consensus key.
    func register(_ candidates: [Institution], in election: PlayedElection) async throws {
        var blocks: [BlockNumber] = []
        for candidate in candidates {
            let key = try self.network.makeOrderingKey(of: candidate.id, epoch: election.parameters.epoch)
            let registration = try election.registration(
                of: candidate.player, key: key.key, certificate: key.identity.certificate.pem, endpoint: key.endpoint)
            blocks.append(try await self.govern(registration, through: candidate))
            guard let consenter = try self.network.control().election?.keys[candidate.id] else {
                throw StoryError.unexpectedAnswer("the control plane")
            }
            self.network.orderingKeys[consenter] = key
        }
        let isOne = candidates.count == 1
        self.narrator.done(
            "\(Self.range(blocks)): \(Self.list(candidates.map(\.id))) \(isOne ? "stands and" : "stand, and each") has proved that it holds a new "
                + "consensus key")
    }

    /// Every institution of the pool gets one validation number.
    func issueNumbers(in election: inout PlayedElection) async throws {
        var blocks: [BlockNumber] = []
        for voter in self.voters(in: election) {
            let state = try self.election()
            let act = try election.issue(to: voter.player, state: state, at: BlockNumber(self.network.head + 1))
            blocks.append(try await self.govern(act, through: voter))
        }
        self.narrator.done(
            "\(Self.range(blocks)): validation numbers issued: \(blocks.count); the authority knows who has one, and cannot know which: it signed "
                + "them blinded")
    }

    /// Closed ballots come in through relays of other institutions.
    func vote(_ approvals: [[MSPID]], in election: inout PlayedElection) async throws {
        let pool = self.network.institutions
        let voters = self.voters(in: election)
        var blocks: [BlockNumber] = []
        for (index, voter) in voters.enumerated() {
            let place = pool.firstIndex { $0.id == voter.id } ?? 0
            let ballot = try election.ballot(of: voter.id, approving: approvals[place])
            blocks.append(try await self.govern(ballot, through: voters[(index + 1) % voters.count]))
            guard index == 0, voters.count > 1 else { continue }
            let second = try election.secondBallot(of: voter.id, approving: approvals[place])
            await self.narrator.mustRefuse("a second ballot under the same validation number", containing: "each counts once") {
                "it is in block \(try await self.govern(second, through: voters[1]))"
            }
        }
        self.narrator.done(
            "\(Self.range(blocks)): closed ballots: \(blocks.count)\(voters.count > 1 ? ", each handed in by another institution's relay" : ""); no name "
                + "in them, and no result yet")
    }

    func revealBallots(in election: PlayedElection) async throws {
        let voters = self.voters(in: election)
        var blocks: [BlockNumber] = []
        for (index, voter) in voters.enumerated() {
            blocks.append(try await self.govern(try election.opening(of: voter.id), through: voters[(index + 2) % voters.count]))
        }
        self.narrator.done(
            "\(Self.range(blocks)): ballots opened: \(blocks.count); a ballot that is not what was closed before would be refused")
    }

    static let blindKeyBits = 3_072

    /// Those who may vote.
    func voters(in election: PlayedElection) -> [Institution] {
        self.network.institutions.filter { election.parameters.member($0.id) != nil }
    }

    /// "block 6" or "blocks 6-11".
    static func range(_ blocks: [BlockNumber]) -> String {
        guard let first = blocks.first, let last = blocks.last, first != last else { return "block \(blocks.first.map { "\($0)" } ?? "?")" }
        return "blocks \(first)-\(last)"
    }
}
