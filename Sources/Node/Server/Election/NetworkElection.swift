import ChannelConfiguration
import CryptoPrimitives
import Identity
import Ledger
import LedgerModel
import Ordering
import SelvageClient
import Synchronization

/// Holds an election in a network that runs, on its own chain, with the keys in the network's folder: one person plays all who take part, for a trial.
///
/// Every candidate gets a new node with a new consensus key, which follows the chain and takes its seat as soon as the key is registered. When the epoch
/// begins, the nodes of the elected sign; those of the committee before observe from then on.
package struct NetworkElection: Sendable {
    package struct Options: Sendable {
        /// How many blocks each phase lasts, if more than the settings demand: with other people's transactions blocks come quickly.
        package var phaseBlocks: UInt64 = 0
        /// Whom each institution approves; who is not in it approves as many as a ballot holds, beginning with itself.
        package var approvals: [MSPID: [MSPID]] = [:]

        package init() {}
    }

    package enum Progress: Sendable {
        case opened(epoch: UInt64, block: BlockNumber, ElectionSchedule)
        case registered([MSPID])
        case issued(Int)
        case closed(Int)
        case revealed(Int)
        case counted(ElectionTally, EpochRecord)
        case inOffice(EpochRecord)
        /// - Parameter now: The number of the next block.
        case waiting(for: BlockNumber, now: BlockNumber)
    }

    let folder: String
    let options: Options
    let environment = SystemEnvironment()
    /// Starts the node whose file is in a folder.
    let start: @Sendable (_ nodeFolder: String) async throws -> Void
    let report: @Sendable (Progress) -> Void

    package init(
        folder: String, options: Options = Options(), start: @escaping @Sendable (_ nodeFolder: String) async throws -> Void,
        report: @escaping @Sendable (Progress) -> Void
    ) {
        self.folder = folder
        self.options = options
        self.start = start
        self.report = report
    }

    /// Holds the regular election of the next epoch, and returns when the elected are in office.
    package func run() async throws -> EpochRecord {
        let (file, genesis) = try self.genesis()
        let chain = try ElectionChain(genesis: genesis, keys: PoolKeys(folder: self.folder), environment: self.environment)
        return try await chain.whileFollowing { try await self.hold(on: chain, genesisFile: file) }
    }

    private func genesis() throws -> (file: String, OrderedBlock) {
        let files = try SystemFiles().list(self.folder).filter { $0.hasSuffix(".block") }
        guard files.count == 1, let bytes = try HostFiles.read("\(self.folder)/\(files[0])", limit: NodeLimits.genesisBytes) else {
            throw NetworkElectionError.noNetwork(folder: self.folder)
        }
        return (files[0], try OrderedBlock(serialized: bytes))
    }

    private func hold(on chain: ElectionChain, genesisFile: String) async throws -> EpochRecord {
        let agencies = try chain.keys.agencies()
        // Before anything is begun.
        try self.check(chain.plane, agencies)
        let blindKey = try BlindSigningKey.generate(bits: Self.blindKeyBits)
        let parameters = try await self.open(on: chain, agencies, blindKey)
        let nodes = try await self.startNodes(on: chain, genesisFile)
        var played = try PlayedElection(parameters, agencies: agencies, blindKey: blindKey)
        let (schedule, voters) = (parameters.schedule, parameters.members.map(\.id))

        try await self.wait(for: schedule.registration, on: chain)
        let candidates = try await self.register(nodes, on: chain, played)
        // Not earlier: a node whose key is on the chain passes on what clients send it, and these send to all addresses.
        let addresses = nodes.filter { candidates.contains($0.institution) }.map { (institution: $0.institution, address: "\($0.endpoint)") }
        try await chain.waitUntilReady(addresses)
        try await chain.announce(addresses)
        self.report(.registered(candidates))

        try await self.wait(for: schedule.issue, on: chain)
        guard let state = chain.plane.election?.election else { throw NetworkElectionError.gone }
        var acts: [GovernanceTransaction] = []
        for voter in voters { acts.append(try played.issue(to: try chain.keys.player(voter), state: state, at: BlockNumber(chain.height))) }
        try await chain.send(acts, through: voters)
        self.report(.issued(acts.count))

        try await self.wait(for: schedule.commit, on: chain)
        let most = parameters.sizes.maxChoices
        acts = []
        for (place, voter) in voters.enumerated() {
            acts.append(try played.ballot(of: voter, approving: try self.choices(of: voter, at: place, candidates, atMost: most).sorted()))
        }
        // Another one's relay hands it in: who sends is seen by everybody.
        try await chain.send(acts, through: Array(voters.dropFirst() + voters.prefix(1)))
        self.report(.closed(acts.count))

        try await self.wait(for: schedule.reveal, on: chain)
        try await chain.send(try voters.map { try played.opening(of: $0) }, through: Array(voters.dropFirst(2) + voters.prefix(2)))
        self.report(.revealed(voters.count))

        // Its block counts.
        try await self.wait(for: BlockNumber(schedule.tally.rawValue + 1), on: chain)
        guard let tally = chain.plane.election?.election.tally else { throw NetworkElectionError.gone }
        try await chain.send([try played.statement(on: tally)], through: [voters[0]])
        guard let elected = chain.plane.pending?.record ?? Self.record(chain.plane, of: parameters.epoch) else { throw NetworkElectionError.nobody }
        self.report(.counted(tally, elected))
        try await self.wait(for: BlockNumber(elected.firstHeight.rawValue + 1), on: chain)
        guard let record = Self.record(chain.plane, of: parameters.epoch) else { throw NetworkElectionError.nobody }
        self.report(.inOffice(record))
        // The former nodes are in no office; what is still sent to them they pass on.
        try await chain.announce(addresses, isAlone: true)
        return record
    }

    private static let blindKeyBits = 3_072

    /// Whether an election can be held now, with these keys, by one person on one machine.
    func check(_ plane: ControlPlane, _ agencies: AgencyKeys) throws(NetworkElectionError) {
        guard plane.election?.isRunning != true, plane.pending == nil else { throw .running }
        guard plane.settings.agencies == agencies.agencies else { throw .otherAgencies }
        if let elsewhere = plane.bundle.consenters.first(where: { !Self.isHere($0.host) }) { throw .elsewhere(host: elsewhere.host) }
        let members = Set(plane.settings.seats.map(\.member))
        for (voter, choices) in self.options.approvals.sorted(by: { $0.key < $1.key }) {
            guard members.contains(voter) else { throw .ballot(voter, reason: "it is no member of the pool") }
            if let stranger = choices.first(where: { !members.contains($0) }) { throw .ballot(voter, reason: "\(stranger) is no member of the pool") }
            guard Set(choices).count == choices.count else { throw .ballot(voter, reason: "it names a candidate twice") }
        }
    }

    private static func isHere(_ host: String) -> Bool { host.utf8.elementsEqual("localhost".utf8) || host.utf8.starts(with: "127.".utf8) }

    /// What a voter approves: as its file says, or itself and those after it.
    private func choices(of voter: MSPID, at place: Int, _ candidates: [MSPID], atMost most: Int) throws(NetworkElectionError) -> [MSPID] {
        guard let named = self.options.approvals[voter] else {
            return (0..<min(most, candidates.count)).map { candidates[(place + $0) % candidates.count] }
        }
        guard named.count <= most else { throw .ballot(voter, reason: "it approves \(named.count), and a ballot holds \(most)") }
        if let absent = named.first(where: { !candidates.contains($0) }) { throw .ballot(voter, reason: "\(absent) does not stand") }
        return named
    }

    private static func record(_ plane: ControlPlane, of epoch: UInt64) -> EpochRecord? { plane.epoch.number == epoch ? plane.epoch : nil }

    private func open(on chain: ElectionChain, _ agencies: AgencyKeys, _ blindKey: BlindSigningKey) async throws -> ElectionParameters {
        let plane = chain.plane
        let settings = plane.settings
        let (epoch, now) = (plane.epoch.number + 1, chain.height)
        // Not before the epoch is old enough, and with room for the opening itself.
        let age = now % settings.epochBlocks
        if age < settings.electionStart { try await self.wait(for: BlockNumber(now - age + settings.electionStart), on: chain) }
        func length(_ least: UInt64) -> UInt64 { min(max(least, self.options.phaseBlocks), max(least, settings.epochBlocks)) }
        let registration = chain.height + length(settings.phases.registration)
        let issue = registration + length(settings.phases.registration)
        let commit = issue + length(settings.phases.issue)
        let reveal = commit + length(settings.phases.commit)
        let schedule = ElectionSchedule(
            registration: BlockNumber(registration), issue: BlockNumber(issue), commit: BlockNumber(commit), reveal: BlockNumber(reveal),
            tally: BlockNumber(reveal + length(settings.phases.reveal)))
        let opening = try GovernanceSigning.opening(
            epoch: epoch, seats: nil, schedule: schedule, blindKeys: [blindKey.verificationKey], authorities: [agencies.authority],
            chain: plane.chain)
        guard let first = settings.seats.first?.member else { throw NetworkElectionError.gone }
        let blocks = try await chain.send([opening], through: [first])
        guard let parameters = chain.plane.election?.election.parameters, let block = blocks.first else { throw NetworkElectionError.gone }
        self.report(.opened(epoch: epoch, block: block, schedule))
        return parameters
    }

    /// A node that will sign with a new key.
    private struct Node {
        let institution: MSPID
        let key: SigningKey
        let certificate: [UInt8]
        let endpoint: Endpoint
    }

    /// Whoever has a node gets a new one; they follow the chain until their keys are registered.
    private func startNodes(on chain: ElectionChain, _ genesisFile: String) async throws -> [Node] {
        let plane = chain.plane
        let known = Set(plane.bundle.consenters.map(\.mspID) + plane.settings.reserves.map(\.member) + plane.epoch.auditNodes)
        var nodes: [Node] = []
        for institution in plane.settings.seats.map(\.member) where known.contains(institution) {
            let (port, adminPort) = try SparePorts.two()
            let node = try chain.keys.makeNode(
                of: institution, epoch: plane.epoch.number + 1, port: port, adminPort: adminPort, genesis: genesisFile,
                now: self.environment.now())
            try await self.start(node.folder)
            nodes.append(
                Node(
                    institution: institution, key: node.key, certificate: node.certificate,
                    endpoint: Endpoint(host: "localhost", port: UInt32(port))))
        }
        return nodes
    }

    /// Those that may stand do.
    private func register(_ nodes: [Node], on chain: ElectionChain, _ played: PlayedElection) async throws -> [MSPID] {
        let standing = nodes.filter { played.parameters.member($0.institution)?.mayStand == true }
        let acts = try standing.map {
            try played.registration(
                of: try chain.keys.player($0.institution), key: $0.key, certificate: $0.certificate, endpoint: $0.endpoint)
        }
        let candidates = standing.map(\.institution)
        try await chain.send(acts, through: candidates)
        return candidates
    }

    /// Until the next block is this one.
    private func wait(for block: BlockNumber, on chain: ElectionChain) async throws {
        while chain.height < block.rawValue {
            self.report(.waiting(for: block, now: BlockNumber(chain.height)))
            await chain.waitForBlock()
            try Task.checkCancellation()
        }
    }
}

/// Why an election in a network cannot be held.
package enum NetworkElectionError: Error, Equatable, Sendable, CustomStringConvertible {
    case noNetwork(folder: String)
    case unreachable(reason: String)
    case refused(reason: String)
    case notOrdered
    case gone
    case nobody
    case running
    case otherAgencies
    case elsewhere(host: String)
    case ballot(MSPID, reason: String)
    case notReady(address: String)

    package var description: String {
        switch self {
        case .noNetwork(let folder): "\(folder): no network with one channel is here; make one with: selvage network init --pool \(folder)"
        case .unreachable(let reason): "no ordering node takes the act: \(reason); start the nodes with: selvage network up"
        case .refused(let reason): "the committee refuses the act: \(reason)"
        case .notOrdered: "an act was taken and is in no block after 60 s; its phase may be over: give phases more blocks with --phase-blocks"
        case .gone: "the election is not there any more, or void: too few took part"
        case .running: "an election is open, or its result waits for the next epoch: selvage committee show tells when"
        case .otherAgencies: "the keys in agencies/ are not those of the agencies on the chain, or there are several authorities"
        case .elsewhere(let host):
            "ordering is on \(host), and the new nodes would be on this machine alone: hold the election by hand, with a node for each institution"
        case .ballot(let voter, let reason): "the ballot of \(voter): \(reason)"
        case .notReady(let address): "the new node at \(address) has not caught up with the chain in time: look at its node.log"
        case .nobody: "the election brought nobody into office; the committee stays"
        }
    }
}
