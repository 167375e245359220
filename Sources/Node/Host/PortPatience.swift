import Glibc
import NIOCore

/// Listening on a port that somebody is just giving back: a node that is started again at once, or a program that is being started and still
/// holds copies of everything that was open.
enum PortPatience {
    private static let attempts = 6
    private static let pauseMilliseconds = 100

    /// Binds, and tries again for half a second when the port is in use.
    static func bind<Bound>(_ body: () async throws -> Bound) async throws -> Bound {
        for _ in 1..<self.attempts {
            do {
                return try await body()
            } catch let error as IOError where error.errnoCode == EADDRINUSE {
                try await Task.sleep(for: .milliseconds(self.pauseMilliseconds))
            }
        }
        return try await body()
    }
}
