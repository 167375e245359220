import LedgerModel

/// A pool member stands: its consensus key and where it is reached, signed by its identity and by the key itself.
package struct Registration: Hashable, Sendable {
    package let member: MSPID
    /// The key under which it would sign blocks, a P-256 point of 65 bytes.
    package let consensusKey: [UInt8]
    /// Host and port.
    package let endpoint: String
    package let memberSignature: [UInt8]
    /// The proof that the member holds the consensus key.
    package let possession: [UInt8]
}

/// The public word that a member has received a validation number; the number itself is not in it.
package struct NumberIssue: Hashable, Sendable {
    /// Which authority signed which blinded message, by their place in the parameters and SHA-256 of the message.
    package struct Part: Hashable, Sendable {
        package let authority: UInt8
        package let blindedHash: [UInt8]

        package init(authority: UInt8, blindedHash: [UInt8]) {
            self.authority = authority
            self.blindedHash = blindedHash
        }
    }

    package let member: MSPID
    /// Ascending by authority.
    package let parts: [Part]
    package let memberSignature: [UInt8]
    /// One for each part.
    package let authoritySignatures: [[UInt8]]
}

/// A closed ballot under a validation number; it names nobody.
package struct BallotCommit: Hashable, Sendable {
    /// An authority's signature under the number.
    package struct Mark: Hashable, Sendable {
        package let authority: UInt8
        package let signature: [UInt8]

        package init(authority: UInt8, signature: [UInt8]) {
            self.authority = authority
            self.signature = signature
        }
    }

    /// The one-time key, a P-256 point of 65 bytes; its hash is what the number certifies.
    package let ballotKey: [UInt8]
    /// The random prefix of the message that the authorities signed, 32 bytes.
    package let prefix: [UInt8]
    /// Ascending by authority.
    package let marks: [Mark]
    package let commitment: [UInt8]
    package let signature: [UInt8]
}

/// The ballot that was committed to, opened.
package struct BallotReveal: Hashable, Sendable {
    package let ballotKey: [UInt8]
    /// Approved candidates, ascending; none for a blank ballot.
    package let choices: [MSPID]
    /// 32 bytes.
    package let salt: [UInt8]
    package let signature: [UInt8]
}

/// A ballot of an election by stake: it names its voter, and everybody can read it at once.
package struct OpenBallot: Hashable, Sendable {
    package let member: MSPID
    /// Approved candidates, ascending; none for a blank ballot.
    package let choices: [MSPID]
    package let signature: [UInt8]
}

/// What the tabulating facility found; a statement that differs from the count convicts its author and changes nothing.
package struct TallyStatement: Hashable, Sendable {
    package let issued: UInt32
    package let committed: UInt32
    package let revealed: UInt32
    /// SHA-256 of the tally's bytes.
    package let tallyHash: [UInt8]
    package let signature: [UInt8]
}

/// One step of an election, as a governance transaction will carry it.
package struct ElectionAction: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        case register(Registration)
        case issue(NumberIssue)
        case commit(BallotCommit)
        case reveal(BallotReveal)
        case state(TallyStatement)
        case openVote(OpenBallot)
    }

    /// The id of the election.
    package let election: [UInt8]
    package let step: Step

    package init(election: [UInt8], step: Step) {
        self.election = election
        self.step = step
    }

    /// How ballots are cast where the step exists; nil where it is the same in both modes.
    package var weightMode: WeightMode? {
        switch self.step {
        case .register, .state: nil
        case .issue, .commit, .reveal: .members
        case .openVote: .stake
        }
    }

    /// The phase that the step belongs to.
    package var phase: ElectionPhase {
        switch self.step {
        case .register: .registration
        case .issue: .issue
        case .commit, .openVote: .commit
        case .reveal: .reveal
        case .state: .tally
        }
    }
}
