import CryptoPrimitives

/// The signer's own memory of what it has signed, kept apart from the safety record: a second line of defence (W7).
///
/// The host claims every message, makes the guard durable, and only then uses the key; the safety record is durable before that. So a guard
/// never knows of a signature that the record does not, unless the record is an old copy (`isCovered`).
package struct SignerGuard: Hashable, Sendable {
    package struct Claim: Hashable, Sendable {
        package let round: Round
        /// As `SignRequest.kind`.
        package let kind: UInt8
        /// SHA-256 of the signed bytes.
        package let hash: [UInt8]
    }

    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// A second content for one height, round and kind.
        case contradiction(height: UInt64, round: Round)
        /// A height or round below what has been signed and is remembered.
        case tooOld(height: UInt64, round: Round)

        package var description: String {
            switch self {
            case .contradiction(let height, let round):
                "height \(height), round \(round): another content has been signed; stop the node and find out why"
            case .tooOld(let height, let round): "height \(height), round \(round): the signer has gone past it and signs nothing there any more"
            }
        }
    }

    package private(set) var height: UInt64
    /// Of the last `ConsensusLimits.recordedRounds` rounds of the height, in the order in which they were made.
    package private(set) var claims: [Claim]

    /// The guard of a key that has signed nothing.
    package init() {
        self.init(height: 0, claims: [])
    }

    init(height: UInt64, claims: [Claim]) {
        self.height = height
        self.claims = claims
    }

    /// Notes that a message is about to be signed; the same content may be signed again.
    package mutating func claim(height: UInt64, round: Round, kind: UInt8, signedBytes: [UInt8]) throws(Refusal) {
        guard height >= self.height else { throw .tooOld(height: height, round: round) }
        let claim = Claim(round: round, kind: kind, hash: SHA256.hash(signedBytes))
        if height > self.height {
            self = SignerGuard(height: height, claims: [claim])
            return
        }
        if let known = self.claims.first(where: { $0.round == round && $0.kind == kind }) {
            guard known.hash == claim.hash else { throw .contradiction(height: height, round: round) }
            return
        }
        let newest = self.claims.filter { $0.kind == kind }.map(\.round).max() ?? -1
        guard round > newest else { throw .tooOld(height: height, round: round) }
        self.claims.append(claim)
        let oldest = round - ConsensusLimits.recordedRounds
        // Each kind keeps its newest claim, however old, for the order of rounds.
        self.claims = self.claims.filter { item in
            item.round > oldest || !self.claims.contains { $0.kind == item.kind && $0.round > item.round }
        }
    }

    /// Whether everything that the guard knows of is in the record.
    package func isCovered(by record: SafetyRecord) -> Bool {
        guard self.height == record.height else { return self.height < record.height }
        let oldest = record.round - ConsensusLimits.recordedRounds
        return self.claims.allSatisfy { claim in
            claim.round <= oldest || record.messages.contains { $0.round == claim.round && $0.kind == claim.kind }
        }
    }
}
