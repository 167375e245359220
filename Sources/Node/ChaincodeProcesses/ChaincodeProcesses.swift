import Chaincode
import ChaincodeShim
import ContractVM
import LedgerModel
import Synchronization
import SystemContracts

/// The chaincode processes of a peer: dials those of installed packages when they are first called, and takes those that connect.
///
/// Somebody runs it: `run()` keeps the connections until `stop()`. A stream that is lost is dialled again at the next call (interop 10.1).
package final class ChaincodeProcesses: Sendable {
    /// How it treats chaincodes and packages.
    package struct Settings: Sendable {
        /// Whether a chaincode may connect that nobody waits for. For development only: who can reach the port can pose as any chaincode.
        package var takesUnsolicited = false
        /// What placeholders in packages stand for, such as `peername`.
        package var templateValues: [String: String] = [:]
        package var limits = ChaincodeProcessLimits()

        package init() {}
    }

    /// A chaincode that is to be dialled.
    private struct Dial: Sendable {
        let id: String
        let server: ChaincodeServer
        let launch: Launch
    }

    private typealias Launch = ThreadSignal<Result<ChaincodeStream, LaunchFailure>>

    private struct LaunchFailure: Error {
        let reason: String
    }

    /// What is known of one package id.
    private struct Place {
        var stream: ChaincodeStream?
        /// Whether the handshake of the stream is over.
        var isReady = false
        var launch: Launch?
    }

    private struct State {
        var places: [[UInt8]: Place] = [:]
        var isRunning = false
        var isStopped = false
        /// Once there is one it stays.
        var hasPackages = false
    }

    private let packages: any ChaincodePackageKeeping
    private let settings: Settings
    private let state = Mutex(State())
    private let dials: AsyncStream<Dial>
    private let dialQueue: AsyncStream<Dial>.Continuation

    /// - Parameter packages: Those that were installed on the peer.
    package init(packages: any ChaincodePackageKeeping, settings: Settings = Settings()) {
        self.packages = packages
        self.settings = settings
        (self.dials, self.dialQueue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(settings.limits.streams))
    }

    /// Whether a call may have to wait for a process: a package is installed, or chaincode may connect that nobody waits for.
    package var mayBeCalled: Bool {
        if self.settings.takesUnsolicited || self.state.withLock({ $0.hasPackages }) { return true }
        // A folder that cannot be read is told when something is looked for in it.
        guard let ids = try? self.packages.packageIDs(), ids.isEmpty else {
            self.state.withLock { $0.hasPackages = true }
            return true
        }
        return false
    }

    /// What runs a package; nil when none of this id is installed and no chaincode has connected under it.
    package func runtime(of packageID: String) -> (any ProcessRuntime)? {
        let key = Array(packageID.utf8)
        let isConnected = self.state.withLock { $0.places[key]?.isReady ?? false }
        guard isConnected || (try? self.packages.packageIDs().contains { Array($0.utf8) == key }) == true else { return nil }
        return ProcessOfPackage(id: packageID, processes: self)
    }

    /// Keeps connections to chaincodes until `stop()`, or until the task is cancelled.
    package func run() async {
        let mayRun = self.state.withLock { state in
            if state.isRunning || state.isStopped { return false }
            state.isRunning = true
            return true
        }
        guard mayRun else { return }
        await withDiscardingTaskGroup { group in
            for await dial in self.dials { group.addTask { await self.keep(dial) } }
            group.cancelAll()
        }
        self.stop()
    }

    /// Ends `run()` and all streams; transactions under way fail.
    package func stop() {
        self.dialQueue.finish()
        let places = self.state.withLock { state -> [Place] in
            state.isStopped = true
            state.isRunning = false
            return Array(state.places.values)
        }
        for place in places {
            place.stream?.end("the peer is stopping")
            place.launch?.fire(.failure(LaunchFailure(reason: "the peer is stopping")))
        }
    }

    // MARK: For transactions

    /// The stream of a package's chaincode, connected first if need be; waits on the calling thread.
    func stream(of id: String, _ host: any ProcessHost) throws(ProcessFailure) -> ChaincodeStream {
        let transaction = ShimTransactionID(channel: ChannelID(host.channelID), transaction: TransactionID(host.transactionID))
        guard SimulationThreads.isCurrent else {
            throw ChaincodeStream.failure(transaction, "chaincode \(id) was installed a moment ago; call it again")
        }
        let key = Array(id.utf8)
        let (ready, launch, isFirst) = self.state.withLock { state -> (ChaincodeStream?, Launch, Bool) in
            let place = state.places[key] ?? Place()
            if place.isReady, let stream = place.stream {
                if stream.endReason == nil { return (stream, Launch(), false) }
                // It has ended, and nobody has cleared it away yet.
                state.places[key]?.stream = nil
                state.places[key]?.isReady = false
            }
            if let launch = place.launch { return (nil, launch, false) }
            let launch = Launch()
            state.places[key, default: Place()].launch = launch
            return (nil, launch, true)
        }
        if let ready { return ready }
        if isFirst { self.start(id, launch) }
        let patience = UInt64(clamping: self.settings.limits.startMilliseconds).multipliedReportingOverflow(by: 1_000_000)
        let result = launch.wait(nanoseconds: min(host.remainingNanoseconds, patience.overflow ? .max : patience.partialValue))
        switch result {
        case .success(let stream)?: return stream
        case .failure(let failure)?:
            throw ChaincodeStream.failure(transaction, "could not launch chaincode \(id): \(failure.reason)")
        case nil:
            throw ChaincodeStream.failure(
                transaction, "could not launch chaincode \(id): timeout expired while starting chaincode \(id) for transaction")
        }
    }

    private func start(_ id: String, _ launch: Launch) {
        let server: ChaincodeServer
        do throws(ChaincodePackageError) {
            guard let bytes = try self.packages.package(id) else { throw .store(reason: "package \(id) is not there") }
            server = try ChaincodeServer(try ChaincodePackage(bytes), values: self.settings.templateValues)
        } catch {
            return self.fail(id, launch, "error building chaincode: \(error)")
        }
        guard case .enqueued = self.dialQueue.yield(Dial(id: id, server: server, launch: launch)) else {
            return self.fail(id, launch, "too many chaincodes are starting; try again later")
        }
    }

    /// The next call starts anew.
    private func fail(_ id: String, _ launch: Launch, _ reason: String) {
        let key = Array(id.utf8)
        self.state.withLock { state in
            guard state.places[key]?.launch === launch else { return }
            state.places[key]?.launch = nil
            if state.places[key]?.stream == nil { state.places[key] = nil }
        }
        launch.fire(.failure(LaunchFailure(reason: reason)))
    }

    // MARK: Streams

    /// Connects to a chaincode and keeps the stream as long as it lasts.
    private func keep(_ dial: Dial) async {
        let stream = ChaincodeStream(limits: self.settings.limits)
        let reason = await ChaincodeDialling(server: dial.server, limits: self.settings.limits).run(stream) { message in
            self.take(message, of: stream, dialled: dial.id)
        }
        stream.end(reason)
        self.forget(stream, dial.id)
        self.fail(dial.id, dial.launch, "connection to \(dial.id) failed: \(stream.endReason ?? reason)")
    }

    /// Serves a chaincode that has connected to the peer, until it or the peer ends the stream.
    func serve<Messages: AsyncSequence & Sendable>(
        _ messages: Messages, _ write: @escaping @Sendable (WireFrame) async throws -> Void
    ) async where Messages.Element == ShimMessage {
        let stream = ChaincodeStream(limits: self.settings.limits)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    for await frame in stream.outgoing {
                        try await write(frame)
                        stream.sent(frame)
                    }
                } catch {
                    stream.end("\(error)")
                }
            }
            group.addTask {
                do {
                    for try await message in messages {
                        guard self.take(message, of: stream, dialled: nil) else { break }
                    }
                    stream.end("the chaincode has ended the stream")
                } catch {
                    stream.end("\(error)")
                }
            }
            await group.next()
            group.cancelAll()
        }
        stream.end("the chaincode has ended the stream")
        if let name = stream.name { self.forget(stream, name) }
    }

    /// - Returns: Whether the stream goes on.
    private func take(_ message: ShimMessage, of stream: ChaincodeStream, dialled id: String?) -> Bool {
        switch stream.receive(message) {
        case .goesOn: return true
        case .over: return false
        case .register(let name):
            if let refusal = self.admit(stream, name, dialled: id) {
                stream.end(refusal)
                return false
            }
            stream.welcome()
            let launch = self.state.withLock { state -> Launch? in
                let key = Array(name.utf8)
                state.places[key]?.isReady = true
                defer { state.places[key]?.launch = nil }
                return state.places[key]?.launch
            }
            launch?.fire(.success(stream))
            return true
        }
    }

    /// Decides about a name: the one that was expected, once.
    private func admit(_ stream: ChaincodeStream, _ name: String, dialled id: String?) -> String? {
        let key = Array(name.utf8)
        if let id, Array(id.utf8) != key { return "the chaincode at the address of \(id) registered under another name" }
        return self.state.withLock { state in
            if state.isStopped { return "the peer is stopping" }
            if let other = state.places[key]?.stream, other.endReason == nil { return "duplicate chaincodeID: \(name)" }
            if id == nil {
                guard self.settings.takesUnsolicited else { return "peer will not accept external chaincode connection \(name) (except in dev mode)" }
                guard state.places.count < self.settings.limits.streams else { return "too many chaincodes are connected" }
            }
            state.places[key, default: Place()].stream = stream
            return nil
        }
    }

    private func forget(_ stream: ChaincodeStream, _ id: String) {
        let key = Array(id.utf8)
        self.state.withLock { state in
            guard state.places[key]?.stream === stream else { return }
            state.places[key]?.stream = nil
            state.places[key]?.isReady = false
            if state.places[key]?.launch == nil { state.places[key] = nil }
        }
    }
}

/// Runs the calls of one installed package in its process.
private struct ProcessOfPackage: ProcessRuntime {
    let id: String
    let processes: ChaincodeProcesses

    func run(_ host: any ProcessHost) throws(ProcessFailure) -> Response {
        try self.processes.stream(of: self.id, host).execute(host)
    }
}
