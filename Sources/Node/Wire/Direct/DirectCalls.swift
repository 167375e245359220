import GRPCCore
import NIOCore
import NIOHPACK
import SelvageClient
import Synchronization

/// The methods of one server that its streams answer themselves, and the work that is done for them.
///
/// Once it has ended nothing of the services is held any more, whatever becomes of the connections: their node can let go of its files.
final class DirectCalls: Sendable {
    private struct State {
        var methods: [String: DirectMethod]
        var work: [UInt64: Task<Void, Never>] = [:]
        var begun: UInt64 = 0
    }

    let limits: WireLimits
    private let executor: LoopExecutor
    private let stopping: OneTimeSignal<Void>
    private let state: Mutex<State>
    /// Of all open streams; of the loop alone.
    private let handlers: NIOLoopBoundBox<[ObjectIdentifier: any OpenCall]?>

    /// - Parameter stopping: Fires when the server is to stop.
    init(_ services: [any DirectService], limits: WireLimits, executor: LoopExecutor, stopping: OneTimeSignal<Void>) {
        self.limits = limits
        self.executor = executor
        self.stopping = stopping
        self.handlers = .makeEmptyBox(eventLoop: executor.loop)
        self.state = Mutex(State(methods: Dictionary(services.flatMap(\.directMethods).map { ($0.path, $0) }) { first, _ in first }))
    }

    /// Puts a handler before the library's on a new stream; it steps aside for all other methods.
    func attach(to stream: any Channel) throws {
        let handler = DirectCallHandler(self, loop: stream.eventLoop)
        try stream.pipeline.syncOperations.addHandler(handler, position: .first)
        self.handlers.value = self.handlers.value ?? [:]
        self.handlers.value?[ObjectIdentifier(handler)] = handler
    }

    /// Another handler has taken over the stream of this one.
    func keep(_ handler: SharedStreamHandler, for first: DirectCallHandler) { self.handlers.value?[ObjectIdentifier(first)] = handler }

    /// A stream has ended.
    func forget(_ handler: DirectCallHandler) { self.handlers.value?[ObjectIdentifier(handler)] = nil }

    /// Whether the server is about to end.
    var hasToStop: Bool { self.stopping.value != nil }

    /// What a call hears that the server ends.
    static let serverEnds = RPCError(code: .unavailable, message: "\(DeliverRefusal.stopping)")

    /// Whether a request opens a stream for many calls.
    func isShared(_ headers: HPACKHeaders) -> Bool { headers.first(name: ":path") == SharedStreamFormat.path && self.isPlain(headers) }

    func method(path: String) -> DirectMethod? { self.state.withLock { $0.methods[path] } }

    /// The method of a request that is as it should be; what is odd in any way is the library's to refuse.
    func method(of headers: HPACKHeaders) -> DirectMethod? {
        guard let path = headers.first(name: ":path"), let method = self.method(path: path), self.isPlain(headers) else { return nil }
        return method
    }

    private func isPlain(_ headers: HPACKHeaders) -> Bool {
        guard headers.first(name: ":method") == "POST", let content = headers.first(name: "content-type") else { return false }
        return (content == "application/grpc" || content == "application/grpc+proto")
            && (headers.first(name: "grpc-encoding") ?? "identity") == "identity"
    }

    /// Does the work of one message on the loop of the connections.
    ///
    /// - Returns: A way to cancel it; nil once the server has ended.
    func start(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never>? {
        self.state.withLock { state in
            guard !state.methods.isEmpty else { return nil }
            let number = state.begun
            state.begun += 1
            let task = Task(executorPreference: self.executor) {
                await work()
                self.state.withLock { $0.work[number] = nil }
            }
            state.work[number] = task
            return task
        }
    }

    /// Takes no more calls, ends those under way, and waits until nobody works for them.
    ///
    /// The library waits for its streams to end, and of these it has heard nothing: no client that keeps one open may hold up the server.
    func end() async {
        let work = self.state.withLock { state in
            state.methods = [:]
            return Array(state.work.values)
        }
        for task in work { task.cancel() }
        try? await self.executor.loop.submit { for handler in (self.handlers.value ?? [:]).values { handler.stop() } }.get()
        for task in work { await task.value }
    }
}

/// A stream that a server has to end when it ends.
protocol OpenCall: AnyObject {
    func stop()
}
