import CryptoPrimitives
import LedgerModel

/// How long proof of misbehaviour keeps an institution out of office (consensus 0.1).
package enum BarringPolicy: String, Hashable, Sendable {
    /// For the rest of the epoch; for longer the members vote. Most double signatures are two copies of one node, not malice.
    case forTheEpoch
    /// For good, as the paper has it.
    case forGood
}

/// What an offence costs (consensus 2.6).
package enum Sanction: Hashable, Sendable {
    /// Out of office, key burned, institution barred by policy.
    case evictAndBar
    /// Out of office; the institution may stand again.
    case evict
    /// One of the strikes of an epoch.
    case strike
    /// Behind the last standby, not barred.
    case demote
}

/// The offences that an audit node can prove or count.
package enum OffenceCode: String, CaseIterable, Hashable, Sendable {
    case doubleVote = "E1"
    case doubleProposal = "E2"
    case lockViolation = "E3"
    case invalidProposal = "E4"
    case wrongProposer = "E5"
    case censorship = "E6"
    case wrongAnswer = "E7"
    case conflictingAttestation = "E8"
    case missedSignatures = "S1"
    case missedProposals = "S2"

    /// Strikes of one epoch after which a member is evicted.
    package static let strikesToEvict = 3

    package var sanction: Sanction {
        switch self {
        case .doubleVote, .doubleProposal, .lockViolation, .wrongAnswer: .evictAndBar
        case .invalidProposal, .wrongProposer, .conflictingAttestation: .evict
        case .censorship: .strike
        case .missedSignatures, .missedProposals: .demote
        }
    }
}

/// Who may not hold office, and which keys nobody may use again.
package struct BarringRegister: Hashable, Sendable {
    package enum Term: Hashable, Sendable {
        /// Up to and with this epoch.
        case through(epoch: UInt64)
        case forGood
    }

    private var terms: [MSPID: Term] = [:]
    private var burned: Set<[UInt8]> = []

    package init() {}

    /// A register as it was written down: everyone on the list, and SHA-256 of the burned keys.
    package init(barred: [(MSPID, Term)], burnedKeys: [[UInt8]]) {
        for (member, term) in barred { self.terms[member] = term }
        self.burned = Set(burnedKeys)
    }

    /// Everyone on the list with its term, ascending by id.
    package var barred: [(member: MSPID, term: Term)] {
        self.terms.sorted { $0.key < $1.key }.map { (member: $0.key, term: $0.value) }
    }

    /// SHA-256 of burned keys, ascending; `ElectionParameters.usedKeys` takes them.
    package var burnedKeys: [[UInt8]] { self.burned.sorted { $0.lexicographicallyPrecedes($1) } }

    /// Proof of misbehaviour in `epoch`: the key is burned for good, the institution is out by policy. A longer term is never shortened.
    package mutating func bar(_ member: MSPID, consensusKey: [UInt8], epoch: UInt64, policy: BarringPolicy) {
        self.burned.insert(SHA256.hash(consensusKey))
        switch (self.terms[member], policy) {
        case (.forGood, _), (_, .forGood): self.terms[member] = .forGood
        case (.through(let earlier), .forTheEpoch): self.terms[member] = .through(epoch: max(earlier, epoch))
        case (nil, .forTheEpoch): self.terms[member] = .through(epoch: epoch)
        }
    }

    /// A vote of the members keeps an institution out for good.
    package mutating func barForGood(_ member: MSPID) { self.terms[member] = .forGood }

    /// A vote of the members lets an institution stand again; its burned keys stay burned.
    package mutating func readmit(_ member: MSPID) { self.terms[member] = nil }

    /// Whether a member may hold office in an epoch.
    package func mayHoldOffice(_ member: MSPID, in epoch: UInt64) -> Bool {
        switch self.terms[member] {
        case nil: true
        case .through(let last): epoch > last
        case .forGood: false
        }
    }

    package func isBurned(_ consensusKey: [UInt8]) -> Bool { self.burned.contains(SHA256.hash(consensusKey)) }
}
