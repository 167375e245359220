import Chaincode
import CryptoPrimitives
import LedgerModel

/// A channel in memory for tests of contracts: the real simulator and the real rules of commitment, no network and no signatures.
///
/// ```swift
/// let channel = InMemoryChannel()
/// try channel.install(Notebook())
/// let outcome = try channel.submit("notebook", "write", "title", "text", as: InMemoryChannel.client("alice"))
/// ```
///
/// `submit` simulates and commits one transaction in a block of its own. To see conflicts, `simulate` several and `commit` them together.
package final class InMemoryChannel {
    /// A simulated transaction and what became of it.
    package struct Outcome: Sendable {
        package let result: InvocationResult
        /// Nil when the contract refused, so that there was nothing to commit.
        package let code: ValidationCode?

        package var response: ChaincodeResponse { result.response }
        /// True when the transaction's writes are in the state.
        package var isCommitted: Bool { code == .valid }
        /// The payload as text, for expectations.
        package var text: String { String(decoding: result.response.payload, as: UTF8.self) }
    }

    /// A simulated transaction that waits for its block.
    package struct Endorsed: Sendable {
        package let invocation: Invocation
        package let result: InvocationResult
    }

    package let channel: ChannelID
    /// The committed state.
    package private(set) var state = InMemoryState()
    /// The number of the next block; block 0 is taken, as if by the configuration.
    package private(set) var nextBlock: UInt64 = 1
    /// The private data that the nodes hold in the clear.
    package var privateData = InMemoryPrivateData()
    /// The organisation of the node that simulates.
    package var organization: MSPID
    /// The organisations that own peers of the channel.
    package var applicationOrganizations: [MSPID]
    /// The blocks that the node shows to its own contracts.
    package var blocks: (any BlockReading)?
    private var catalogue = ContractCatalogue()
    private var past = InMemoryHistory()
    private let limits: InvocationLimits
    private let now: @Sendable () -> UInt64
    private var transactionCount: UInt64 = 0

    /// - Parameter now: The clock of the time limit, in nanoseconds; stands still by default.
    package init(
        channel: ChannelID = "testchannel", organizations: [MSPID] = ["Org1MSP"], limits: InvocationLimits = .standard,
        now: @escaping @Sendable () -> UInt64 = { 0 }
    ) {
        self.channel = channel
        self.organization = organizations.first ?? ""
        self.applicationOrganizations = organizations
        self.limits = limits
        self.now = now
    }

    /// A caller with the role client.
    package static func client(_ name: String, of mspID: String = "Org1MSP", attributes: [Caller.Attribute] = []) -> Caller {
        Caller(
            mspID: mspID, commonName: name, organizationalUnits: ["client"], role: .client,
            certificateFingerprint: SHA256.hash(Array("\(mspID)/\(name)".utf8)), attributes: attributes,
            serializedIdentity: SerializedIdentity(mspID: MSPID(mspID), certificatePEM: Array(name.utf8)).serialized())
    }

    // MARK: Contracts

    /// Makes a contract's code available and commits its definition in a block of its own.
    package func install(_ contract: any Contract, as name: Namespace? = nil, version: String = "1.0", initRequired: Bool = false) {
        let name = name ?? Namespace(contract.name)
        catalogue.add(contract, as: name)
        define(name, version: version, sequence: 1, initRequired: initRequired)
    }

    /// Replaces the code of an installed contract and leaves its definition alone.
    package func replace(_ contract: any Contract, as name: Namespace? = nil) {
        catalogue.add(contract, as: name)
    }

    /// Makes contracts available that run in processes of their own; each still needs a definition.
    package func use(_ packages: any PackageRuntimes) {
        catalogue.packages = packages
    }

    /// Makes a contract of the node itself available.
    package func installSystem(_ contract: any Contract, isCallableFromContracts: Bool = true) {
        catalogue.addSystem(contract, isCallableFromContracts: isCallableFromContracts)
    }

    /// Commits a definition in a block of its own, as `_lifecycle` would.
    package func define(
        _ name: Namespace, version: String = "1.0", sequence: Int64 = 1,
        validationParameter: [UInt8] = ChaincodeDefinition.defaultValidationParameter, collections: [UInt8] = [], initRequired: Bool = false
    ) {
        let definition = ChaincodeDefinition(
            name: name, version: version, sequence: sequence, validationParameter: validationParameter, collections: collections,
            initRequired: initRequired)
        let version = StateVersion(block: nextBlock, transaction: 0)
        nextBlock += 1
        state.apply(
            ChaincodeDefinitionFormat.encode(definition).map { entry in
                StateUpdate(
                    address: .key(ChaincodeDefinition.lifecycleNamespace, entry.key), change: .put(value: entry.value, metadata: []), version: version
                )
            })
    }

    /// The node that simulates.
    package var node: NodeView {
        NodeView(
            organization: organization, channel: channel, applicationOrganizations: applicationOrganizations, blocks: blocks,
            privateData: privateData)
    }

    // MARK: Transactions

    /// Simulates a transaction on the committed state; nothing is written yet.
    package func simulate(
        _ chaincode: Namespace, arguments: [[UInt8]], transient: [TransientEntry] = [], isInit: Bool = false, at timestamp: Timestamp? = nil,
        as caller: Caller
    ) throws(InvocationError) -> Endorsed {
        transactionCount += 1
        let id = TransactionID(Base16.encode(SHA256.hash(Array("\(channel) \(transactionCount)".utf8))))
        let invocation = Invocation(
            channel: channel, transaction: id, chaincode: chaincode, arguments: arguments, isInit: isInit, transient: transient, caller: caller,
            timestamp: timestamp ?? Timestamp(seconds: 1_700_000_000 + Int64(clamping: transactionCount)))
        let machine = ContractMachine(catalogue: catalogue, limits: limits, now: now)
        return Endorsed(invocation: invocation, result: try machine.invoke(invocation, state: state, history: past, node: node))
    }

    /// Commits simulated transactions as one block, in this order, and gives a code for each.
    package func commit(_ transactions: [Endorsed]) throws(StateReadError) -> [ValidationCode] {
        var overlay = BlockOverlay(base: state)
        var codes: [ValidationCode] = []
        for (index, transaction) in transactions.enumerated() {
            let set = transaction.result.readWriteSet
            let code = try ReadConflict.code(of: set, overlay: overlay, state: state)
            codes.append(code)
            guard code == .valid else { continue }
            let version = StateVersion(block: nextBlock, transaction: UInt64(index))
            try overlay.apply(set, version: version)
            for set in transaction.result.privateWriteSets {
                do throws(MessageError) {
                    try privateData.apply(set, version: version)
                } catch {
                    throw StateReadError(reason: error.description)
                }
            }
            past.append(set, of: transaction.invocation)
        }
        nextBlock += 1
        state.apply(overlay.updates)
        return codes
    }

    /// Simulates a transaction and, unless the contract refuses, commits it in a block of its own.
    package func submit(
        _ chaincode: Namespace, arguments: [[UInt8]], transient: [TransientEntry] = [], isInit: Bool = false, at timestamp: Timestamp? = nil,
        as caller: Caller
    ) throws(InvocationError) -> Outcome {
        let endorsed = try simulate(chaincode, arguments: arguments, transient: transient, isInit: isInit, at: timestamp, as: caller)
        guard endorsed.result.response.status < Response.firstRefusal else { return Outcome(result: endorsed.result, code: nil) }
        do throws(StateReadError) {
            return Outcome(result: endorsed.result, code: try commit([endorsed]).first)
        } catch {
            throw .state(error)
        }
    }

    /// The same with a function and arguments as text.
    package func submit(
        _ chaincode: Namespace, _ arguments: String..., transient: [TransientEntry] = [], at timestamp: Timestamp? = nil, as caller: Caller
    ) throws(InvocationError) -> Outcome {
        try submit(chaincode, arguments: arguments.map { Array($0.utf8) }, transient: transient, at: timestamp, as: caller)
    }

    /// Simulates and throws the writes away, as a client's evaluate call does.
    package func evaluate(
        _ chaincode: Namespace, _ arguments: String..., transient: [TransientEntry] = [], as caller: Caller
    ) throws(InvocationError) -> Outcome {
        let endorsed = try simulate(chaincode, arguments: arguments.map { Array($0.utf8) }, transient: transient, as: caller)
        return Outcome(result: endorsed.result, code: nil)
    }

    /// The committed value of a public key, for expectations.
    package func value(_ key: StateKey, in namespace: Namespace) -> [UInt8]? {
        (try? state.value(at: .key(namespace, key)))??.value
    }
}
