import CryptoPrimitives
import Glibc
import LedgerModel
import SelvageClient

/// The clock, the random source and the cores of this machine: the one place where time is read.
package struct SystemEnvironment: ClientEnvironment {
    package init() {}

    /// The time of day.
    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    /// A clock that only goes forward, in nanoseconds.
    package func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// How many cores may be used now, at least 1.
    package var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    package func randomBytes(count: Int) -> [UInt8] {
        var source = SystemRandomSource()
        return source.bytes(count: count)
    }
}
