import ChannelConfiguration
import CryptoPrimitives
import LedgerModel

/// The state of governance after a decided block: offices, keys, elections, offences (consensus 2.1).
///
/// Ordering nodes evaluate it when they decide, auditors replay it. It is a pure function of the blocks up to `height` and no part of the
/// world state; `root` names it in the headers of later blocks.
package struct ControlPlane: Sendable {
    /// The header hash of block 0.
    package let chain: [UInt8]
    package let channelID: ChannelID
    package internal(set) var bundle: ChannelBundle
    package internal(set) var settings: GovernanceSettings
    /// The newest block that was applied.
    package internal(set) var height: UInt64 = 0
    /// Who holds office from `height + 2` on.
    package internal(set) var epoch: EpochRecord
    /// Elected, and not yet in office.
    package internal(set) var pending: PendingEpoch?
    /// Ascending by first height; the oldest are dropped when no evidence can reach them.
    package internal(set) var terms: [CommitteeTerm]
    /// Set while the next block has to be a configuration.
    package internal(set) var due: CommitteeDue?
    /// The fork alarm: ordering stops.
    package internal(set) var isHalted = false
    package internal(set) var election: RunningElection?
    package internal(set) var barring = BarringRegister()

    var keys: [UInt32: ConsensusKey] = [:]
    var nextKeyID: UInt32 = 1
    /// SHA-256 of keys that were forgotten otherwise, ascending.
    var spentKeys: [[UInt8]] = []
    var members: [MSPID: MemberStanding] = [:]
    /// The height at which each proven offence came on the chain.
    var facts: [Evidence.Identity: UInt64] = [:]
    /// Convicted in the block that is being applied.
    var convicted: [MSPID] = []
    var evidenceInBlock = 0
    /// Nothing in production; see `GovernanceBugs`.
    var bugs: GovernanceBugs = []

    /// The state after block 0.
    ///
    /// - Parameters:
    ///   - bundle: The configuration of block 0: its consenters are the first producers, in the order of their ids.
    ///   - chain: The header hash of block 0.
    package init(bundle: ChannelBundle, chain: [UInt8], settings: GovernanceSettings) throws(ControlPlaneError) {
        do throws(GovernanceSettingsError) {
            try settings.check()
        } catch {
            throw .settings(error)
        }
        guard chain.count == 32 else { throw .genesis("the chain must be named by the 32 bytes of its first block's hash") }
        self.chain = chain
        self.channelID = bundle.channelID
        self.bundle = bundle
        self.settings = settings
        let consenters = bundle.consenters.sorted { $0.id < $1.id }
        let audited = settings.reserves.prefix(settings.sizes.auditNodes).map(\.member)
        let standbys = settings.reserves.dropFirst(settings.sizes.auditNodes).map(\.member)
        self.epoch = EpochRecord(
            number: 0, firstHeight: 0, sizes: settings.sizes, producers: consenters.map(\.mspID), auditNodes: audited, standbys: Array(standbys),
            seed: settings.seed)
        self.terms = []
        for seat in settings.seats { self.members[seat.member] = MemberStanding() }
        try self.addFirstKeys(consenters)
        guard let term = self.term(from: 1), term.committee != nil, consenters.count <= settings.sizes.producers else {
            throw .genesis("its consenters are no committee of the configured size")
        }
        self.terms = [term]
        self.takeSeats()
        guard self.convicted.isEmpty else { throw .genesis("\(self.convicted[0]) is excluded and in office") }
    }

    /// The state after a block 0 whose configuration carries the settings.
    package init(bundle: ChannelBundle, chain: [UInt8]) throws(ControlPlaneError) {
        let settings: GovernanceSettings
        do throws(GovernanceSettingsError) {
            settings = try GovernanceSettingsFormat.decode(bundle.governance)
        } catch {
            throw .settings(error)
        }
        try self.init(bundle: bundle, chain: chain, settings: settings)
    }

    private mutating func addFirstKeys(_ consenters: [Consenter]) throws(ControlPlaneError) {
        var offices: [(MSPID, [UInt8], Endpoint)] = consenters.map { ($0.mspID, $0.identity, Endpoint(host: $0.host, port: $0.port)) }
        offices += self.settings.reserves.map { ($0.member, $0.certificate, $0.endpoint) }
        for (index, office) in offices.enumerated() {
            let (member, certificate, endpoint) = office
            guard let standing = self.members[member], standing.key == 0 else {
                throw .genesis("\(member) is no member of the pool, or holds two offices")
            }
            guard let key = (try? Certificate(pem: certificate))?.publicKey, key.algorithm == .p256, !self.isUsed(key.x963) else {
                throw .genesis("the certificate of \(member) has no P-256 key of its own")
            }
            let id = index < consenters.count ? consenters[index].id : self.nextKeyID
            guard id > 0, id < .max, self.keys[id] == nil else { throw .genesis("consenter ids must be distinct and begin at 1") }
            self.nextKeyID = max(self.nextKeyID, id + 1)
            self.keys[id] = ConsensusKey(id: id, member: member, certificate: certificate, publicKey: key.x963, endpoint: endpoint, lastUse: 0)
            self.members[member]?.key = id
        }
    }

    init(chain: [UInt8], bundle: ChannelBundle, settings: GovernanceSettings, epoch: EpochRecord, terms: [CommitteeTerm]) {
        self.chain = chain
        self.channelID = bundle.channelID
        self.bundle = bundle
        self.settings = settings
        self.epoch = epoch
        self.terms = terms
    }

    // MARK: - What others ask

    /// The committee of a height: known up to `height + 2`, and back as far as evidence reaches.
    package func term(at height: UInt64) -> CommitteeTerm? {
        guard height <= self.height.addingReportingOverflow(2).partialValue else { return nil }
        return self.terms.last { $0.firstHeight <= height }
    }

    /// A consensus key by its number.
    package func key(_ consenter: UInt32) -> ConsensusKey? { self.keys[consenter] }

    /// The number under which a consensus key of 65 bytes is registered.
    package func number(ofKey publicKey: [UInt8]) -> UInt32? { self.keys.values.filter { $0.publicKey == publicKey }.map(\.id).min() }

    /// What is kept of a member.
    package func standing(of member: MSPID) -> MemberStanding? { self.members[member] }

    /// Checks votes of a term's committee and of its audit nodes.
    package func verifier(of term: CommitteeTerm) -> CommitteeKeys {
        var keys: [UInt32: PublicKey] = [:]
        for id in term.order + term.auditors { keys[id] = self.keys[id].flatMap { try? PublicKey(x963: $0.publicKey) } }
        return CommitteeKeys(chain: self.chain, keys: keys)
    }

    /// Checks what one member signed.
    package func verifier(of consenter: UInt32) -> CommitteeKeys {
        var keys: [UInt32: PublicKey] = [:]
        keys[consenter] = self.keys[consenter].flatMap { try? PublicKey(x963: $0.publicKey) }
        return CommitteeKeys(chain: self.chain, keys: keys)
    }

    /// The hash that names a height's committee in headers; nil when the committee is not known.
    package func committeeHash(at height: UInt64) -> [UInt8]? {
        guard let term = self.term(at: height) else { return nil }
        var members: [CommitteeHashFormat.Member] = []
        for id in term.order.sorted() {
            guard let key = self.keys[id], let publicKey = try? PublicKey(x963: key.publicKey) else { return nil }
            members.append(CommitteeHashFormat.Member(consenter: id, mspID: key.member, publicKey: publicKey.spkiDER))
        }
        return CommitteeHashFormat.hash(epoch: term.epoch, members: members)
    }

    /// The consenters that the next block's configuration has to name, by ascending id; nil when nothing is due.
    package var dueChange: [Consenter]? {
        self.due?.consenters.compactMap { id in self.keys[id].map { self.consenter($0) } }
    }

    /// A key as the configuration names it when it is in office.
    func consenter(_ key: ConsensusKey) -> Consenter {
        Consenter(id: key.id, host: key.endpoint.host, port: key.endpoint.port, mspID: key.member, identity: key.certificate)
    }

    /// Whether only governance and configuration may be ordered at a height (consensus 1.16).
    package func isWarmingUp(_ height: UInt64) -> Bool { height < self.settings.serviceThreshold }

    /// Everyone of the pool, ascending by id.
    package var statistics: [CommitteeStatistics] {
        let barred = Dictionary(uniqueKeysWithValues: self.barring.barred.map { ($0.member, $0.term) })
        return self.members.sorted { $0.key < $1.key }.map { member, standing in
            CommitteeStatistics(
                member: member, place: self.epoch.place(of: member), consenter: standing.key, standing: standing, barred: barred[member])
        }
    }

    /// The height from which the next regular election may be opened; nil while one is running or has been decided.
    package var nextElectionHeight: UInt64? {
        guard self.election?.isRunning != true, self.pending == nil else { return nil }
        let start = self.height - self.height % self.settings.epochBlocks
        let open = start.addingReportingOverflow(self.settings.electionStart)
        return open.overflow ? nil : max(open.partialValue, self.height + 1)
    }

    /// Proven offences with the height at which each came on the chain, in the order of heights and offenders.
    package var offences: [(fact: Evidence.Identity, height: UInt64)] {
        self.facts.map { (fact: $0.key, height: $0.value) }.sorted {
            ($0.height, $0.fact.offender, $0.fact.code, $0.fact.height) < ($1.height, $1.fact.offender, $1.fact.code, $1.fact.height)
        }
    }
}

/// Elected people that wait for an epoch boundary, with the keys that they registered.
package struct PendingEpoch: Hashable, Sendable {
    package internal(set) var record: EpochRecord
    package let keys: [MSPID: UInt32]
}

/// The election that is on the chain now, or was last.
package struct RunningElection: Sendable {
    package internal(set) var record: ElectionRecord
    package internal(set) var election: Election
    /// The keys that candidates registered.
    package internal(set) var keys: [MSPID: UInt32] = [:]
    /// The id of the block at which it was counted.
    package internal(set) var closing: [UInt8]?

    init(_ parameters: ElectionParameters) {
        self.record = ElectionRecord(parameters: parameters)
        self.election = Election(parameters)
    }

    /// Neither counted nor void.
    package var isRunning: Bool { self.election.tally == nil && self.election.void == nil }
}

/// Why a control plane cannot be made, or cannot go on. After an error while applying, the state is as it was before the block.
package enum ControlPlaneError: Error, Equatable, Sendable, CustomStringConvertible {
    case settings(GovernanceSettingsError)
    case genesis(String)
    case wrongHeight(expected: UInt64, found: UInt64)
    case malformed(MessageError)
    case configuration(ConfigurationError)
    /// The block had to be the configuration of a new committee, or changes the committee although nothing was due.
    case committee(height: UInt64, expected: [UInt32], found: [UInt32])
    case refused(index: Int, GovernanceRefusal)
    case exhausted

    package var description: String {
        switch self {
        case .settings(let error): "the governance settings cannot be used: \(error)"
        case .genesis(let reason): "governance cannot begin with this block 0: \(reason)"
        case .wrongHeight(let expected, let found): "block \(found) does not follow: block \(expected) is next"
        case .malformed(let error): "\(error)"
        case .configuration(let error): "\(error)"
        case .committee(let height, let expected, let found):
            "block \(height) brings the consenters \(found) into office, and must bring \(expected)"
        case .refused(let index, let refusal): "envelope \(index) may not stand in this block: \(refusal)"
        case .exhausted: "a counter of the chain has reached its end"
        }
    }
}
