import CryptoPrimitives
import LedgerModel

/// One institution of the pool as it was when the election opened: a voter, and a candidate if it stands.
package struct PoolMember: Hashable, Sendable {
    package let id: MSPID
    /// Its identity key on P-256, 65 bytes.
    package let identityKey: [UInt8]
    /// Offences on record; of two with equal approvals the one with fewer ranks higher.
    package let offencePoints: UInt32
    /// False for one that may vote but is barred from office, or has a place already when only empty ones are filled.
    package let mayStand: Bool
    /// What its ballot weighs: 1, and other numbers above 0 in `WeightMode.stake` only.
    package let stake: UInt64

    package init(id: MSPID, identityKey: [UInt8], offencePoints: UInt32 = 0, mayStand: Bool = true, stake: UInt64 = 1) {
        self.id = id
        self.identityKey = identityKey
        self.offencePoints = offencePoints
        self.mayStand = mayStand
        self.stake = stake
    }
}

/// A legitimation authority (CLA): who gets a validation number is its word, which number it is it cannot know.
package struct AuthorityKeys: Hashable, Sendable {
    package let name: String
    /// The key of its blind signatures, used for this election only.
    package let blindKey: BlindVerificationKey
    /// The key under which it says in public who received a number, 65 bytes.
    package let statementKey: [UInt8]

    package init(name: String, blindKey: BlindVerificationKey, statementKey: [UInt8]) {
        self.name = name
        self.blindKey = blindKey
        self.statementKey = statementKey
    }
}

/// The heights at which the phases begin; each lasts until the next.
package struct ElectionSchedule: Hashable, Sendable {
    package let registration: BlockNumber
    package let issue: BlockNumber
    package let commit: BlockNumber
    package let reveal: BlockNumber
    package let tally: BlockNumber

    package init(registration: BlockNumber, issue: BlockNumber, commit: BlockNumber, reveal: BlockNumber, tally: BlockNumber) {
        self.registration = registration
        self.issue = issue
        self.commit = commit
        self.reveal = reveal
        self.tally = tally
    }

    /// The phase of a height.
    package func phase(at height: BlockNumber) -> ElectionPhase {
        if height >= self.tally { return .tally }
        if height >= self.reveal { return .reveal }
        if height >= self.commit { return .commit }
        if height >= self.issue { return .issue }
        return height >= self.registration ? .registration : .notOpen
    }

    /// The first height of a phase.
    package func start(of phase: ElectionPhase) -> BlockNumber {
        switch phase {
        case .notOpen: 0
        case .registration: self.registration
        case .issue: self.issue
        case .commit: self.commit
        case .reveal: self.reveal
        case .tally: self.tally
        }
    }
}

/// What may be done now.
package enum ElectionPhase: Int, Hashable, Comparable, Sendable, CustomStringConvertible {
    case notOpen, registration, issue, commit, reveal, tally

    package static func < (left: ElectionPhase, right: ElectionPhase) -> Bool { left.rawValue < right.rawValue }

    package var description: String {
        switch self {
        case .notOpen: "before the opening"
        case .registration: "registration of candidates"
        case .issue: "issue of validation numbers"
        case .commit: "voting"
        case .reveal: "opening of ballots"
        case .tally: "tally"
        }
    }
}

/// Everything that is fixed when an election opens (consensus 2.3 step 1); its hash is the election's id, so nothing in it can change later.
package struct ElectionParameters: Hashable, Sendable {
    /// The header hash of block 0, 32 bytes.
    package let chain: [UInt8]
    /// The epoch that is elected for.
    package let epoch: UInt64
    /// Seats to fill in a by-election; nil for the election of a whole epoch.
    package let seats: Int?
    /// How ballots are cast and what each weighs.
    package let weightMode: WeightMode
    package let sizes: ElectionSizes
    package let schedule: ElectionSchedule
    /// At least `threshold` of them sign every validation number; none where ballots are open.
    package let authorities: [AuthorityKeys]
    package let threshold: Int
    /// The key of the tabulating facility (CTF), 65 bytes.
    package let tabulator: [UInt8]
    /// The pool, ascending by id.
    package let members: [PoolMember]
    /// SHA-256 of consensus keys that were used before or are burned, ascending; nobody may register them.
    package let usedKeys: [[UInt8]]
    /// SHA-256 of the canonical bytes.
    package private(set) var id: [UInt8]

    /// Checks everything that the rest relies on; the order in which members and used keys are given does not matter.
    package init(
        chain: [UInt8], epoch: UInt64, seats: Int? = nil, weightMode: WeightMode = .members, sizes: ElectionSizes, schedule: ElectionSchedule,
        authorities: [AuthorityKeys], threshold: Int = 1, tabulator: [UInt8], members: [PoolMember], usedKeys: [[UInt8]] = []
    ) throws(ElectionParameterError) {
        self.chain = chain
        self.epoch = epoch
        self.seats = seats
        self.weightMode = weightMode
        self.sizes = sizes
        self.schedule = schedule
        self.authorities = authorities
        // There is nobody to sign where no numbers are issued.
        self.threshold = weightMode == .stake ? 0 : threshold
        self.tabulator = tabulator
        self.members = members.sorted { $0.id < $1.id }
        self.usedKeys = usedKeys.sorted { $0.lexicographicallyPrecedes($1) }
        self.id = []
        try self.check()
        self.id = SHA256.hash(ElectionParametersFormat.encode(self))
    }

    /// The member of this id.
    package func member(_ id: MSPID) -> PoolMember? {
        var low = 0
        var high = self.members.count
        while low < high {
            let middle = (low + high) / 2
            if self.members[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < self.members.count && self.members[low].id == id ? self.members[low] : nil
    }

    private func check() throws(ElectionParameterError) {
        guard self.chain.count == 32 else { throw .chain }
        if let seats, !(1...self.sizes.pool).contains(seats) { throw .seats(seats) }
        let heights = [self.schedule.registration, self.schedule.issue, self.schedule.commit, self.schedule.reveal, self.schedule.tally]
        guard !zip(heights, heights.dropFirst()).contains(where: { $0 >= $1 }) else { throw .schedule }
        try self.checkAgencies()
        guard !self.members.isEmpty, self.members.count <= self.sizes.pool else { throw .members(count: self.members.count, pool: self.sizes.pool) }
        for (index, member) in self.members.enumerated() {
            guard ElectionName.isValid(member.id.utf8, limit: ElectionLimits.nameBytes) else { throw .name }
            if index > 0, self.members[index - 1].id == member.id { throw .duplicateMember(member.id) }
            guard Self.isKey(member.identityKey) else { throw .key(of: member.id.text) }
        }
        try self.checkStakes()
        // One key behind two names would be one institution with two votes.
        guard Set(self.members.map(\.identityKey)).count == self.members.count else { throw .sharedKey }
        guard self.usedKeys.count <= ElectionLimits.usedKeys, self.usedKeys.allSatisfy({ $0.count == 32 }),
            !zip(self.usedKeys, self.usedKeys.dropFirst()).contains(where: { $0 == $1 })
        else { throw .usedKeys }
    }

    private func checkStakes() throws(ElectionParameterError) {
        var total: UInt64 = 0
        for member in self.members {
            guard member.stake > 0, self.weightMode == .stake || member.stake == 1 else { throw .stake(of: member.id) }
            let (sum, overflow) = total.addingReportingOverflow(member.stake)
            guard !overflow else { throw .stake(of: member.id) }
            total = sum
        }
    }

    private func checkAgencies() throws(ElectionParameterError) {
        switch self.weightMode {
        case .members:
            guard (1...ElectionLimits.authorities).contains(self.authorities.count), (1...self.authorities.count).contains(self.threshold) else {
                throw .threshold(self.threshold, of: self.authorities.count)
            }
        case .stake:
            guard self.authorities.isEmpty else { throw .authoritiesOfOpenBallots }
        }
        for authority in self.authorities {
            guard ElectionName.isValid(Array(authority.name.utf8), limit: ElectionLimits.nameBytes) else { throw .name }
            guard Self.isKey(authority.statementKey) else { throw .key(of: authority.name) }
        }
        guard Self.isKey(self.tabulator) else { throw .key(of: "the tabulating facility") }
        // Two agencies, not one under two names: what each must not know rests on that.
        let statementKeys = self.authorities.map(\.statementKey) + [self.tabulator]
        guard Set(statementKeys).count == statementKeys.count, Set(self.authorities.map(\.blindKey)).count == self.authorities.count else {
            throw .sharedKey
        }
    }

    private static func isKey(_ x963: [UInt8]) -> Bool { (try? PublicKey(x963: x963)) != nil }
}

/// What a ballot weighs, and so how it is cast (consensus 2.2).
package enum WeightMode: UInt8, CaseIterable, Hashable, Sendable {
    /// One member, one vote: secret ballots under validation numbers.
    case members = 0
    /// Approval counted by stake: open ballots signed by the member, since numbers of different weight would tell voters apart.
    case stake = 1
}

/// Names are UTF-8 without control characters, so that they can be shown and written in a file.
enum ElectionName {
    static func isValid(_ utf8: [UInt8], limit: Int) -> Bool {
        !utf8.isEmpty && utf8.count <= limit && Array(String(decoding: utf8, as: UTF8.self).utf8) == utf8
            && utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}

/// Why an election cannot be opened like this.
package enum ElectionParameterError: Error, Equatable, Sendable, CustomStringConvertible {
    case sizes(String)
    case chain
    case seats(Int)
    case schedule
    case threshold(Int, of: Int)
    case members(count: Int, pool: Int)
    case name
    case duplicateMember(MSPID)
    case key(of: String)
    case sharedKey
    /// A stake of 0, one other than 1 where every member has one vote, or a sum above 2^64 - 1.
    case stake(of: MSPID)
    /// Open ballots need no validation numbers and so no authority.
    case authoritiesOfOpenBallots
    case usedKeys
    case malformed(MessageError)

    package var description: String {
        switch self {
        case .sizes(let reason): "the sizes are wrong: \(reason)"
        case .chain: "the chain must be named by the 32 bytes of its first block's hash"
        case .seats(let count): "a by-election cannot fill \(count) seats; give 1 up to the size of the pool"
        case .schedule: "the phases must follow one another: every one needs at least one height"
        case .threshold(let count, let total):
            "\(count) of \(total) authorities cannot be asked for; there are 1 to \(ElectionLimits.authorities), and at least one signs"
        case .members(let count, let pool): "\(count) members do not fit a pool of \(pool); there must be at least one"
        case .name: "a name is empty, too long, not UTF-8, or has control characters; use at most \(ElectionLimits.nameBytes) bytes"
        case .duplicateMember(let id): "member \(id) is there twice; list it once"
        case .key(let owner): "the key of \(owner) is no point of P-256 in uncompressed form"
        case .sharedKey: "two members or agencies have one key; each needs its own"
        case .stake(let id):
            "the stake of \(id) cannot be counted: it must be above 0, exactly 1 where every member has one vote, and all together below 2^64"
        case .authoritiesOfOpenBallots: "an election by stake has open ballots and no validation numbers; name no authority"
        case .usedKeys: "the used keys must be distinct hashes of 32 bytes, at most \(ElectionLimits.usedKeys)"
        case .malformed(let error): "\(error)"
        }
    }
}
