import Chaincode
import LedgerModel

/// Runs invocations of contracts on snapshots of the state.
package struct ContractMachine: Sendable {
    /// The version that system contracts have in transactions.
    package static let systemVersion = "syscc"

    private let catalogue: ContractCatalogue
    private let limits: InvocationLimits
    private let now: @Sendable () -> UInt64

    /// - Parameter now: A clock that never goes back, in nanoseconds; only the time limit uses it.
    package init(catalogue: ContractCatalogue, limits: InvocationLimits = .standard, now: @escaping @Sendable () -> UInt64) {
        self.catalogue = catalogue
        self.limits = limits
        self.now = now
    }

    /// The code that this machine can run.
    package var contracts: ContractCatalogue { catalogue }

    /// Runs one invocation.
    ///
    /// A contract that throws or exceeds a limit is a result with a status of 400 or more, not an error.
    ///
    /// - Parameter node: What contracts of the node itself see of it; user contracts never do.
    /// - Throws: `InvocationError` when the contract could not be run or the state could not be read.
    package func invoke(
        _ invocation: Invocation, state: any StateReading, history: (any HistoryReading)? = nil, node: NodeView? = nil
    ) throws(InvocationError) -> InvocationResult {
        let session = InvocationSession(
            invocation: invocation, state: state, history: history, node: node, catalogue: catalogue,
            meter: InvocationMeter(limits: limits, now: now))
        let outcome = try session.enter(invocation.chaincode, arguments: invocation.arguments, isInit: invocation.isInit, isFirst: true)
        if let fault = session.fault { throw fault }
        return InvocationResult(
            response: session.finalResponse(outcome.response), event: outcome.event, readWriteSet: session.simulator.readWriteSet(),
            privateWriteSets: session.simulator.privateWriteSets(), privateReads: session.simulator.privateReads(), chaincode: invocation.chaincode,
            version: outcome.version,
            replayObstacles: session.obstacles)
    }
}
