import Chaincode
import LedgerModel

/// One call of a contract, as a verified proposal asks for it.
package struct Invocation: Sendable {
    package var channel: ChannelID
    package var transaction: TransactionID
    package var chaincode: Namespace
    /// The first is the function's name.
    package var arguments: [[UInt8]]
    /// Whether the client asked for the contract's initialisation.
    package var isInit: Bool
    /// Confidential input, never part of the result.
    package var transient: [TransientEntry]
    /// Who signed the proposal.
    package var caller: Caller
    /// The client's time from the channel header.
    package var timestamp: Timestamp
    /// The proposal as the client signed it, which contracts in other processes read for themselves; nil where none was kept.
    package var proposal: SignedProposal?

    package init(
        channel: ChannelID, transaction: TransactionID, chaincode: Namespace, arguments: [[UInt8]], isInit: Bool = false,
        transient: [TransientEntry] = [], caller: Caller, timestamp: Timestamp, proposal: SignedProposal? = nil
    ) {
        self.channel = channel
        self.transaction = transaction
        self.chaincode = chaincode
        self.arguments = arguments
        self.isInit = isInit
        self.transient = transient
        self.caller = caller
        self.timestamp = timestamp
        self.proposal = proposal
    }
}

/// Input that an auditor does not have, so that the transaction cannot be run again from the ledger alone.
package struct ReplayObstacles: OptionSet, Sendable, CustomStringConvertible {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The contract read the history of a key, which its read set does not cover.
    package static let history = ReplayObstacles(rawValue: 1)
    /// The contract looked for transient data.
    package static let transient = ReplayObstacles(rawValue: 2)
    /// The contract looked for private data in the clear, of which the ledger holds hashes.
    package static let privateData = ReplayObstacles(rawValue: 4)

    package var description: String {
        var reasons: [String] = []
        if contains(.history) { reasons.append("history query") }
        if contains(.transient) { reasons.append("transient input") }
        if contains(.privateData) { reasons.append("private data") }
        return reasons.joined(separator: ", ")
    }
}

/// What came out of an invocation.
package struct InvocationResult: Sendable {
    /// The contract's answer; from 400 on a refusal.
    package var response: ChaincodeResponse
    /// The event of the invoked contract; those of contracts it called are dropped.
    package var event: ChaincodeEvent?
    package var readWriteSet: ReadWriteSet
    /// Plain private writes, empty except for system contracts.
    package var privateWriteSets: [PrivateWriteSet]
    /// Collections of which values were read in the clear.
    package var privateReads: [PrivateRead] = []
    package var chaincode: Namespace
    /// The version of the committed definition; `syscc` for system contracts.
    package var version: String
    /// What stands in the way of running the transaction again.
    package var replayObstacles: ReplayObstacles

    /// What endorsers sign.
    package var action: ChaincodeAction {
        ChaincodeAction(
            results: readWriteSet.serialized(), events: event?.serialized() ?? [], response: response, chaincode: chaincode,
            chaincodeVersion: version)
    }
}

/// A collection of which a transaction read values in the clear.
package struct PrivateRead: Hashable, Sendable {
    package let namespace: Namespace
    package let collection: CollectionName

    package init(namespace: Namespace, collection: CollectionName) {
        self.namespace = namespace
        self.collection = collection
    }
}

/// Why a contract was not run, or its result cannot be used; the contract is not to blame for any of these.
package enum InvocationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No definition is committed under this name.
    case notDefined(Namespace, ChannelID)
    /// The definition is committed, but this node has no code for it.
    case notInstalled(Namespace)
    /// The definition is committed, but the organisation of this node has not approved it, or this node has not seen the approval.
    case notApproved(Namespace, sequence: Int64, ChannelID)
    /// The contract's process gave no result.
    case processFailed(ProcessFailure)
    /// The definition asks for an initialisation that has not happened.
    case notInitialised(Namespace)
    /// The definition's version is initialised already.
    case alreadyInitialised(Namespace)
    /// The definition knows no initialisation.
    case initNotExpected(Namespace)
    /// The committed definition cannot be read.
    case unreadableDefinition(Namespace, reason: String)
    /// The state could not be read.
    case state(StateReadError)

    package var description: String {
        switch self {
        case .notDefined(let name, let channel):
            "chaincode \(name) is not defined on channel \(channel); commit a definition of this name, or correct the name"
        case .notInstalled(let name): "chaincode \(name) is not installed on this node; install its package, or ask another endorser"
        case .notApproved(let name, let sequence, let channel):
            "chaincode definition for '\(name)' at sequence \(sequence) on channel '\(channel)' has not yet been approved by this org; "
                + "approve it at this node with the id of a package that is installed here"
        case .processFailed(let failure): failure.description
        // The three of Fabric's peers, which clients look for.
        case .notInitialised(let name): "chaincode '\(name)' has not been initialized for this version, must call as init first"
        case .alreadyInitialised(let name): "chaincode '\(name)' is already initialized but called as init"
        case .initNotExpected(let name): "chaincode '\(name)' does not require initialization but called as init"
        case .unreadableDefinition(let name, let reason): "the definition of chaincode \(name) cannot be read: \(reason); commit it again"
        case .state(let error): error.description
        }
    }
}
