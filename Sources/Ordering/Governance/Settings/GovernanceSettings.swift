import ChannelConfiguration
import CryptoPrimitives
import LedgerModel

/// An institution of the pool, as the channel's configuration admits it.
package struct PoolSeat: Hashable, Sendable {
    package let member: MSPID
    /// The key under which it registers, votes and resigns: a P-256 point of 65 bytes.
    package let identityKey: [UInt8]
    /// Barred from office by a vote of the members, which a configuration update is.
    package let isExcluded: Bool
    /// How often the members have readmitted it; a higher number lifts every bar that came before.
    package let pardons: UInt32
    /// What its ballot weighs where votes go by stake; 1 elsewhere.
    package let stake: UInt64

    package init(member: MSPID, identityKey: [UInt8], isExcluded: Bool = false, pardons: UInt32 = 0, stake: UInt64 = 1) {
        self.member = member
        self.identityKey = identityKey
        self.isExcluded = isExcluded
        self.pardons = pardons
        self.stake = stake
    }
}

/// A member that stands ready before the first election on the chain, with the key that it would sign with.
package struct ReserveSeat: Hashable, Sendable {
    package let member: MSPID
    /// The certificate of its consensus key, PEM.
    package let certificate: [UInt8]
    package let endpoint: Endpoint

    package init(member: MSPID, certificate: [UInt8], endpoint: Endpoint) {
        self.member = member
        self.certificate = certificate
        self.endpoint = endpoint
    }
}

/// The two agencies: who certifies voters, and who tabulates.
package struct Agencies: Hashable, Sendable {
    package struct Authority: Hashable, Sendable {
        package let name: String
        /// The key under which it opens elections and says who received a number, 65 bytes.
        package let statementKey: [UInt8]

        package init(name: String, statementKey: [UInt8]) {
            self.name = name
            self.statementKey = statementKey
        }
    }

    /// In the order in which elections number them.
    package let authorities: [Authority]
    /// How many of them sign each validation number.
    package let threshold: Int
    /// The key of the tabulating facility, 65 bytes.
    package let tabulator: [UInt8]

    package init(authorities: [Authority], threshold: Int = 1, tabulator: [UInt8]) {
        self.authorities = authorities
        self.threshold = threshold
        self.tabulator = tabulator
    }
}

/// What the members agree on before the chain begins, and may change by a configuration update: sizes, phases, limits and sanctions.
package struct GovernanceSettings: Hashable, Sendable {
    /// Heights that the phases of an election last at least.
    package struct Phases: Hashable, Sendable {
        package var registration: UInt64
        package var issue: UInt64
        package var commit: UInt64
        package var reveal: UInt64

        package init(registration: UInt64, issue: UInt64, commit: UInt64, reveal: UInt64) {
            self.registration = registration
            self.issue = issue
            self.commit = commit
            self.reveal = reveal
        }
    }

    package var sizes: ElectionSizes
    /// Heights from one epoch boundary to the next.
    package var epochBlocks: UInt64
    /// The regular election may open from this height of an epoch on.
    package var electionStart: UInt64
    package var phases: Phases
    package var weightMode: WeightMode
    /// Heights after which an offence can no longer be charged.
    package var evidenceMaxAge: UInt64
    /// More misses than this among the last `missedWindow` slots demote a member (S1, S2).
    package var missedLimit: Int
    package var missedWindow: Int
    /// Strikes of one epoch that evict.
    package var strikeLimit: Int
    /// A receipt's transaction must be ordered within so many turns of the whole committee (E6).
    package var censorshipTurns: UInt64
    /// How far a transaction's time may lie from the parent's; beyond it nobody has to order it any more.
    package var transactionMaxAgeMs: UInt64
    /// A transaction is refused while one of so many last blocks holds it.
    package var replayBlocks: UInt32
    /// Below this height only governance and configuration are ordered.
    package var serviceThreshold: UInt64
    /// After so long without a block the proposer makes one with a heartbeat; 0 is never.
    package var heartbeatMs: UInt32
    package var barring: BarringPolicy
    /// Epochs after which a consensus key has to be replaced.
    package var keyLifetime: UInt64
    /// Heights in a row that begin with the same proposer.
    package var turn: UInt64
    /// SHA-256 of the consortium's written rules; zeros when there are none.
    package var bylaws: [UInt8]
    /// The seed of the first committee's schedule, 32 bytes.
    package var seed: [UInt8]
    /// The pool, ascending by member.
    package var seats: [PoolSeat]
    /// Nil where no elections are held.
    package var agencies: Agencies?
    /// Audit nodes, then standbys, of the first epoch in rank order; the producers are the consenters of block 0.
    package var reserves: [ReserveSeat]

    package var calendar: EpochCalendar? { EpochCalendar(blocks: self.epochBlocks) }

    /// The seat of a member.
    package func seat(of member: MSPID) -> PoolSeat? { self.seats.first { $0.member == member } }
}

extension GovernanceSettings {
    /// The settings that have a name (consensus 2.2).
    package init(
        _ preset: ElectionSizes.Preset, seats: [PoolSeat], agencies: Agencies? = nil, reserves: [ReserveSeat] = [],
        seed: [UInt8] = ExtendedHeader.zeroHash, bylaws: [UInt8] = ExtendedHeader.zeroHash
    ) {
        let isLarge = preset == .paper || preset == .medium
        let phase: UInt64 = preset == .paper ? 600 : preset == .medium ? 200 : 20
        self.init(
            sizes: preset.sizes, epochBlocks: preset == .paper ? 28_800 : preset == .medium ? 10_000 : 400,
            electionStart: isLarge ? 1_000 : 10, phases: Phases(registration: phase, issue: phase, commit: phase, reveal: phase),
            weightMode: .members,
            evidenceMaxAge: isLarge ? 100_000 : 5_000, missedLimit: isLarge ? 475 : 95, missedWindow: isLarge ? 500 : 100, strikeLimit: 3,
            censorshipTurns: 50, transactionMaxAgeMs: 3_600_000, replayBlocks: 100,
            serviceThreshold: preset == .paper ? 51 : preset == .medium ? 11 : 0,
            heartbeatMs: 30_000, barring: preset.barring, keyLifetime: 4, turn: 1, bylaws: bylaws, seed: seed,
            seats: seats.sorted { $0.member < $1.member }, agencies: agencies, reserves: reserves)
    }

    /// Throws unless the numbers fit together and every key is one.
    package func check() throws(GovernanceSettingsError) {
        guard self.epochBlocks >= 4, self.turn > 0, self.keyLifetime > 0, self.evidenceMaxAge > 0 else { throw .number("an epoch, turn or age") }
        guard (1...GovernanceLimits.missedWindow).contains(self.missedWindow), self.missedLimit > 0, self.missedLimit < self.missedWindow else {
            throw .number("the limit of missed slots")
        }
        guard (1...255).contains(self.strikeLimit), (1...65_535).contains(self.censorshipTurns) else {
            throw .number("the limit of strikes or turns")
        }
        let lengths = [self.phases.registration, self.phases.issue, self.phases.commit, self.phases.reveal]
        guard lengths.allSatisfy({ (1...1_000_000_000).contains($0) }), self.electionStart < self.epochBlocks else { throw .number("a phase") }
        guard self.bylaws.count == 32, self.seed.count == 32 else { throw .number("the seed or the hash of the bylaws") }
        guard !self.seats.isEmpty, self.seats.count <= self.sizes.pool else { throw .seats(count: self.seats.count, pool: self.sizes.pool) }
        guard !zip(self.seats, self.seats.dropFirst()).contains(where: { $0.member >= $1.member }) else { throw .order }
        for seat in self.seats {
            guard ElectionName.isValid(seat.member.utf8, limit: ElectionLimits.nameBytes) else { throw .order }
            guard (try? PublicKey(x963: seat.identityKey)) != nil else { throw .key(of: seat.member.text) }
        }
        guard self.seats.allSatisfy({ $0.stake > 0 && (self.weightMode == .stake || $0.stake == 1) }) else { throw .number("a stake") }
        guard Set(self.seats.map(\.identityKey)).count == self.seats.count else { throw .sharedKey }
        try self.checkAgencies()
        guard self.reserves.count <= self.sizes.pool, Set(self.reserves.map(\.member)).count == self.reserves.count else { throw .reserve }
        for reserve in self.reserves {
            guard self.seat(of: reserve.member) != nil, (try? Certificate(pem: reserve.certificate)) != nil else { throw .reserve }
        }
    }

    private func checkAgencies() throws(GovernanceSettingsError) {
        guard let agencies else { return }
        guard (1...ElectionLimits.authorities).contains(agencies.authorities.count), (1...agencies.authorities.count).contains(agencies.threshold)
        else { throw .number("the number of authorities") }
        for authority in agencies.authorities {
            guard ElectionName.isValid(Array(authority.name.utf8), limit: ElectionLimits.nameBytes),
                (try? PublicKey(x963: authority.statementKey)) != nil
            else { throw .key(of: authority.name) }
        }
        guard (try? PublicKey(x963: agencies.tabulator)) != nil else { throw .key(of: "the tabulating facility") }
        let keys = agencies.authorities.map(\.statementKey) + [agencies.tabulator]
        guard Set(keys).count == keys.count else { throw .sharedKey }
    }
}

/// Why settings cannot be used.
package enum GovernanceSettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(MessageError)
    case sizes(ElectionParameterError)
    case number(String)
    case seats(count: Int, pool: Int)
    case order
    case key(of: String)
    case sharedKey
    case reserve

    package var description: String {
        switch self {
        case .malformed(let error): "\(error)"
        case .sizes(let error): "\(error)"
        case .number(let name): "\(name) is out of its range; see the settings in Documentation/governance.md"
        case .seats(let count, let pool): "\(count) members do not fit a pool of \(pool); there must be at least one"
        case .order: "the members must be in ascending order, each once, with names of plain text"
        case .key(let owner): "the key of \(owner) is no point of P-256 in uncompressed form"
        case .sharedKey: "two members or agencies have one key; each needs its own"
        case .reserve: "a reserve is named twice, is no member of the pool, or has no certificate that can be read"
        }
    }
}
