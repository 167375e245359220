import Chaincode
import LedgerModel

/// What all contracts that run inside one transaction share.
final class InvocationSession {
    /// What one contract's run gave.
    struct Outcome {
        var response: Response
        var event: ChaincodeEvent?
        var version: String
    }

    private enum Runtime {
        case compiledIn(any ContractRuntime)
        case process(any ProcessRuntime)
    }

    /// The key under which Fabric remembers for which version a contract was initialised (interop 9.1).
    private static let initialisedKey = StateKey(utf8: [0x00, 0xF4, 0x8F, 0xBF, 0xBF] + Array("initialized".utf8))

    let invocation: Invocation
    let simulator: TransactionSimulator
    let history: (any HistoryReading)?
    /// Nil where no node stands behind the call, as in tests of user contracts.
    let node: NodeView?
    let meter: InvocationMeter
    private let state: any StateReading
    private let catalogue: ContractCatalogue
    private(set) var obstacles: ReplayObstacles = []
    /// An error of the node, which no contract can catch.
    private(set) var fault: InvocationError?
    private var running: [Namespace] = []

    init(
        invocation: Invocation, state: any StateReading, history: (any HistoryReading)?, node: NodeView?, catalogue: ContractCatalogue,
        meter: InvocationMeter
    ) {
        self.invocation = invocation
        self.state = state
        self.history = history
        self.node = node
        self.catalogue = catalogue
        self.meter = meter
        simulator = TransactionSimulator(state: state, privateData: node?.privateData)
    }

    /// Looks a contract up and runs it in its own namespace.
    func enter(_ name: Namespace, arguments: [[UInt8]], isInit: Bool, isFirst: Bool) throws(InvocationError) -> Outcome {
        running.append(name)
        defer { running.removeLast() }
        let runtime: Runtime
        let version: String
        let system = catalogue.systemContract(name)
        if let system {
            runtime = .compiledIn(system.runtime)
            version = ContractMachine.systemVersion
        } else {
            let definition = try self.definition(of: name)
            runtime = try self.runtime(of: definition)
            try checkInitialisation(definition, isInit: isInit)
            version = definition.version
        }
        let host = InvocationHost(session: self, chaincode: name, arguments: arguments, isSystem: system != nil, isInit: isInit)
        let response: Response
        switch runtime {
        case .compiledIn(let contract): response = contract.run(host)
        case .process(let process):
            do throws(ProcessFailure) {
                response = try process.run(host)
            } catch {
                throw .processFailed(error)
            }
        }
        return Outcome(response: response, event: isFirst ? host.event : nil, version: version)
    }

    /// A contract that is compiled in, else the package that the node's organisation has approved.
    private func runtime(of definition: ChaincodeDefinition) throws(InvocationError) -> Runtime {
        if let contract = catalogue.userRuntime(definition.name) { return .compiledIn(contract) }
        guard let packages = catalogue.packages, let node else { throw .notInstalled(definition.name) }
        return .process(try packages.runtime(of: definition, node: node, state: state))
    }

    /// Refuses what must not be called from a contract; nil when the call is allowed.
    func reasonAgainstCall(to name: Namespace) -> String? {
        if running.contains(name) {
            return "contract \(name) is already running in this transaction; a contract cannot call itself, directly or through others"
        }
        return nil
    }

    /// The answer of a system contract that looks at more than the state, in the words of Fabric's; nil for all that may be called.
    func rejection(ofCallTo name: Namespace) -> Response? {
        guard let system = catalogue.systemContract(name), !system.isCallableFromContracts else { return nil }
        let why = name == "qscc" ? " because of potential for deadlocks" : ""
        return Response(
            status: 500,
            message: "Rejecting invoke of \(name.text.uppercased()) from another chaincode\(why), original invocation for '\(invocation.chaincode)'")
    }

    /// How many contracts run inside one another at the moment.
    var depth: Int { running.count }

    /// Notes that the transaction used input that the ledger does not hold.
    func note(_ obstacle: ReplayObstacles) {
        obstacles.formUnion(obstacle)
    }

    /// Notes an error of the node; the first one decides.
    func fail(_ error: InvocationError) {
        if fault == nil { fault = error }
    }

    /// The contract's response, or the excess that it may have tried to hide.
    func finalResponse(_ response: Response) -> ChaincodeResponse {
        try? meter.check(.responseBytes, response.payload.count)
        if let exceeded = meter.exceeded {
            return ChaincodeResponse(status: 500, message: "limit-exceeded: \(exceeded)")
        }
        return ChaincodeResponse(status: response.status, message: response.message, payload: response.payload)
    }

    /// Reads the definition; only its sequence enters the read set, as in Fabric's peers.
    private func definition(of name: Namespace) throws(InvocationError) -> ChaincodeDefinition {
        _ = try recorded(ChaincodeDefinitionFormat.sequenceKey(name), in: ChaincodeDefinition.lifecycleNamespace)
        let definition: ChaincodeDefinition?
        do throws(ChaincodeDefinitionError) {
            definition = try ChaincodeDefinition.read(name, from: state)
        } catch {
            switch error {
            case .state(let reason): throw .state(reason)
            case .malformed(let reason): throw .unreadableDefinition(name, reason: reason.description)
            }
        }
        guard let definition else { throw .notDefined(name, invocation.channel) }
        return definition
    }

    /// The rules of initialisation (interop 9.7).
    private func checkInitialisation(_ definition: ChaincodeDefinition, isInit: Bool) throws(InvocationError) {
        guard definition.initRequired else {
            if isInit { throw .initNotExpected(definition.name) }
            return
        }
        let version = Array(definition.version.utf8)
        let isDone = try recorded(Self.initialisedKey, in: definition.name)?.value == version
        guard isInit else {
            if isDone { return }
            throw .notInitialised(definition.name)
        }
        guard !isDone else { throw .alreadyInitialised(definition.name) }
        do throws(SimulationError) {
            try simulator.put(version, at: Self.initialisedKey, in: definition.name)
        } catch {
            throw .unreadableDefinition(definition.name, reason: error.description)
        }
    }

    private func recorded(_ key: StateKey, in namespace: Namespace) throws(InvocationError) -> VersionedValue? {
        do throws(SimulationError) {
            return try simulator.value(of: key, in: namespace)
        } catch {
            if case .state(let reason) = error { throw .state(reason) }
            throw .unreadableDefinition(namespace, reason: error.description)
        }
    }
}
