import LedgerModel

/// A member's word that another consensus key takes over from its present one at the next epoch boundary.
package struct KeyRotation: Hashable, Sendable {
    package let member: MSPID
    /// The certificate of the new key, PEM.
    package let certificate: [UInt8]
    package let endpoint: Endpoint
    /// By the identity key.
    package let memberSignature: [UInt8]
    /// By the new key: the proof that the member holds it.
    package let possession: [UInt8]
}

/// A member's word that it leaves office at the next epoch boundary, and stands in no election until then.
package struct Resignation: Hashable, Sendable {
    package let member: MSPID
    /// The epoch in which it was said: in another one it counts for nothing.
    package let epoch: UInt64
    /// The number of the key that it holds office with, or is elected with. Whoever comes back has another one, so the word is not heard twice.
    package let consenter: UInt32
    /// By the identity key.
    package let signature: [UInt8]
}

/// The authorities' word that an election is open, with the key that each has made for it.
package struct ElectionOpening: Hashable, Sendable {
    /// The epoch that is elected for.
    package let epoch: UInt64
    /// Seats to fill in a by-election; nil for the election of a whole epoch.
    package let seats: Int?
    package let schedule: ElectionSchedule
    /// The blind keys in the order of the authorities, SubjectPublicKeyInfo in DER; none where ballots are open.
    package let blindKeys: [[UInt8]]
    /// Of each authority, in the same order.
    package let signatures: [[UInt8]]

    package init(epoch: UInt64, seats: Int?, schedule: ElectionSchedule, blindKeys: [[UInt8]], signatures: [[UInt8]]) {
        self.epoch = epoch
        self.seats = seats
        self.schedule = schedule
        self.blindKeys = blindKeys
        self.signatures = signatures
    }
}

/// One transaction for the reserved contract `committee`: ordering nodes evaluate it, peers flag it as a call of an unknown chaincode.
package enum GovernanceTransaction: Hashable, Sendable {
    /// A registration in an open election, with the certificate of the key that it registers.
    case registerCandidate(certificate: [UInt8], ElectionAction)
    case rotateKey(KeyRotation)
    case resign(Resignation)
    case openElection(ElectionOpening)
    /// issueToken, commitBallot, revealBallot, openBallot and tallyStatement, as `ElectionActionFormat` has them.
    case election(ElectionAction)
    case evidence(Misbehaviour)
    /// Keeps the chain alive; signed by the proposer of the block of this height, and alone in it.
    case heartbeat(height: UInt64)

    /// The name by which people call it.
    package var name: String {
        switch self {
        case .registerCandidate: "registerCandidate"
        case .rotateKey: "rotateKey"
        case .resign: "resign"
        case .openElection: "openElection"
        case .evidence: "evidence"
        case .heartbeat: "heartbeat"
        case .election(let action):
            switch action.step {
            case .issue: "issueToken"
            case .commit: "commitBallot"
            case .reveal: "revealBallot"
            case .state: "tallyStatement"
            case .openVote: "openBallot"
            case .register: "registerCandidate"
            }
        }
    }
}
