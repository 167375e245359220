import GRPCCore
import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL

/// One HTTP/2 connection to a node for calls with one message out and one back, without the library's client (decision 0032).
///
/// It connects at the first call, and again at a call after a failure, which has to wait for its time. All its state is on one event loop.
final class DirectConnection: Sendable {
    /// What has become of a call; it may be given up before the loop hears of it.
    private enum Place {
        case begun(DirectCall)
        case givenUp
    }

    private let loop: any EventLoop
    private let core: NIOLoopBoundBox<DirectConnectionCore?>
    private let make: @Sendable () -> DirectConnectionCore

    /// - Parameter tls: Nil for plain text.
    init(to address: NodeAddress, tls: NIOSSLContext?, limits: ClientWireLimits, loop: any EventLoop) {
        self.loop = loop
        self.core = .makeEmptyBox(eventLoop: loop)
        self.make = { DirectConnectionCore(address, tls, limits, loop) }
    }

    /// Makes a call.
    ///
    /// - Returns: The answer; nil when the node ended the call well without one.
    /// - Throws: `RPCError`, `CancellationError`.
    func call(_ request: DirectRequest) async throws -> [UInt8]? {
        let place = NIOLoopBoundBox<Place?>.makeEmptyBox(eventLoop: self.loop)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiting in
                self.onLoop { core in
                    if case .givenUp? = place.value { return waiting.resume(throwing: CancellationError()) }
                    place.value = .begun(core.begin(request, waiting))
                }
            }
        } onCancel: {
            self.onLoop { _ in
                if case .begun(let call)? = place.value { call.end(.failure(CancellationError())) } else { place.value = .givenUp }
            }
        }
    }

    /// Lets calls under way come to their end; new ones fail.
    func close() { self.onLoop { $0.close() } }

    /// Takes no more calls and waits for those under way; breaks them off when this task is cancelled.
    func finish() async {
        let promise = self.loop.makePromise(of: Void.self)
        self.onLoop { $0.finish(promise) }
        await withTaskCancellationHandler {
            try? await promise.futureResult.get()
        } onCancel: {
            self.onLoop { $0.cutOff() }
        }
    }

    private func onLoop(_ work: @escaping @Sendable (DirectConnectionCore) -> Void) {
        guard self.loop.inEventLoop else { return self.loop.execute { self.onLoop(work) } }
        let core = self.core.value ?? self.make()
        self.core.value = core
        work(core)
    }
}
