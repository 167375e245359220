import CryptoPrimitives
import Glibc
import LedgerModel

/// What a client takes from the machine: the time, random bytes, and waiting. Tests give their own.
public struct ClientHost: ClientEnvironment {
    /// Seconds since 1970, and nanoseconds of that second.
    public typealias Moment = (seconds: Int64, nanoseconds: Int32)

    private let clock: @Sendable () -> Moment
    private let draw: @Sendable (Int) -> [UInt8]
    private let rest: @Sendable (Duration) async throws -> Void

    /// A host of your own.
    ///
    /// - Parameters:
    ///   - now: The time that is written into proposals; nodes take it when it is less than 15 minutes off.
    ///   - randomBytes: So many fresh bytes, fit for keys.
    ///   - pause: Waits so long, and ends early when its task is cancelled.
    public init(
        now: @escaping @Sendable () -> Moment, randomBytes: @escaping @Sendable (Int) -> [UInt8],
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.clock = now
        self.draw = randomBytes
        self.rest = pause
    }

    /// This machine.
    public static let system = ClientHost(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return (Int64(time.tv_sec), Int32(time.tv_nsec))
        },
        randomBytes: { count in
            var source = SystemRandomSource()
            return source.bytes(count: count)
        },
        pause: { try await Task.sleep(for: $0) })

    package func now() -> Timestamp {
        let moment = self.clock()
        return Timestamp(seconds: moment.seconds, nanoseconds: moment.nanoseconds)
    }

    package func randomBytes(count: Int) -> [UInt8] { self.draw(count) }

    func pause(milliseconds: UInt64) async throws { try await self.rest(.milliseconds(Int64(clamping: milliseconds))) }

    /// A number to spread pauses with.
    func randomNumber() -> UInt64 { self.draw(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
