/// Why a call of the client did not do what was asked: where it stopped, who said so, and what to do.
public struct ClientFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where a call stopped.
    public enum Stage: String, Hashable, Sendable, CaseIterable {
        /// Keys, certificates, addresses.
        case connect
        case sign
        case evaluate
        case endorse
        /// On the way to the ordering service.
        case submit
        /// While waiting for the verdict.
        case commit
        case events
    }

    /// What kind of failure it is, for programs.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// No connection, or no answer in time.
        case unreachable
        /// The chaincode ran and answered with an error.
        case chaincode
        /// Endorsers computed different results.
        case disagreement
        /// A node would not do it: access, policies, limits, a malformed request.
        case refused
        /// A node's answer is not what was asked for.
        case badAnswer
        /// The client cannot do it as it is set up.
        case setup
    }

    /// What one node said.
    public struct Report: Hashable, Sendable {
        /// Where it listens, or its name.
        public let address: String
        /// Its organisation.
        public let mspID: String
        /// Its own words.
        public let message: String
    }

    /// Where it stopped.
    public let stage: Stage
    /// What kind of failure it is.
    public let kind: Kind
    /// The node that was called.
    public let peer: String
    /// The transaction, once it has an id.
    public let transactionID: String?
    /// What happened.
    public let cause: String
    /// The chaincode's status, when it answered with an error.
    public let chaincodeStatus: Int32?
    /// The chaincode's own message, when it answered with an error.
    public let chaincodeMessage: String?
    /// What other nodes said.
    public let reports: [Report]
    /// Where endorsers came apart, when that is the reason.
    public let disagreement: EndorserDisagreement?
    /// What to do.
    public let nextStep: String

    init(
        _ stage: Stage, _ kind: Kind, peer: String, transaction: String? = nil, cause: String, chaincode: (status: Int32, message: String)? = nil,
        reports: [Report] = [], disagreement: EndorserDisagreement? = nil, nextStep: String
    ) {
        self.stage = stage
        self.kind = kind
        self.peer = peer
        self.transactionID = transaction
        self.cause = cause
        self.chaincodeStatus = chaincode?.status
        self.chaincodeMessage = chaincode?.message
        self.reports = reports
        self.disagreement = disagreement
        self.nextStep = nextStep
    }

    /// Stage, node, transaction, cause, what others said and the next step, in one line.
    public var description: String {
        var text = "\(self.stage.rawValue): \(self.peer)"
        if let transactionID { text += ", transaction \(transactionID.prefix(8))…" }
        text += ": \(self.cause)"
        for report in self.reports { text += " | \(report.address)\(report.mspID.isEmpty ? "" : " (\(report.mspID))"): \(report.message)" }
        return text + "; \(self.nextStep)"
    }

    /// Whether a peer said that the ledger has the transaction already.
    var isKnownTransaction: Bool {
        ([self.cause] + self.reports.map(\.message)).contains { $0.contains("duplicate transaction found") }
    }
}

/// The first difference between what two endorsers computed for one proposal.
public struct EndorserDisagreement: Hashable, Sendable, CustomStringConvertible {
    /// The endorser that the other is compared with.
    public let firstPeer: String
    /// The one that differs.
    public let secondPeer: String
    /// What differs, such as `write of key 'color' of diary`.
    public let item: String
    /// What the first has there; size and digest where it is a value, because values may be private.
    public let first: String
    /// What the second has there.
    public let second: String

    init(_ difference: EndorsementDifference) {
        self.firstPeer = difference.firstPeer
        self.secondPeer = difference.secondPeer
        self.item = difference.item
        self.first = difference.first
        self.second = difference.second
    }

    /// Nil for a text that does not tell a difference in the words of `EndorsementDifference`.
    init?(text: String) {
        guard let (firstPeer, afterFirst) = text.split(atFirst: " and "),
            let (secondPeer, afterSecond) = afterFirst.split(atFirst: " computed different results, first at "),
            let (place, second) = afterSecond.split(atLast: " against "), let (item, first) = place.split(atLast: ": ")
        else { return nil }
        (self.firstPeer, self.secondPeer, self.item, self.first, self.second) = (firstPeer, secondPeer, item, first, second)
    }

    /// In words.
    public var description: String {
        "\(self.firstPeer) and \(self.secondPeer) computed different results, first at \(self.item): \(self.first) against \(self.second)"
    }
}

extension String {
    /// The parts before and after a mark; nil where it does not stand.
    func split(atFirst mark: String) -> (String, String)? {
        guard let range = self.firstRange(of: mark) else { return nil }
        return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
    }

    /// The same for the last place where it stands.
    func split(atLast mark: String) -> (String, String)? {
        guard let range = self.ranges(of: mark).last else { return nil }
        return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
    }
}
