import Dispatch
import Glibc

/// The signals by which a process is asked to end: control-C, and what `kill` and service managers send.
final class StopSignals: Sendable {
    private let arrivals: AsyncStream<Int32>
    private let input: AsyncStream<Int32>.Continuation

    /// From now on they end nothing by themselves.
    init() {
        let (arrivals, input) = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingOldest(1))
        (self.arrivals, self.input) = (arrivals, input)
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // The handler holds the source: it listens as long as the process lives.
            source.setEventHandler { withExtendedLifetime(source) { _ = input.yield(number) } }
            source.resume()
        }
        // A client that goes away is an error of its connection, not of the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for one.
    func wait() async {
        for await _ in self.arrivals { return }
    }
}
