import Glibc

/// Processor time, which other work on the machine disturbs far less than it does the clock on the wall.
enum CPUTime {
    /// Nanoseconds that all threads of this process have used, in the kernel too.
    static func process() -> Double { self.read(CLOCK_PROCESS_CPUTIME_ID) }

    /// Nanoseconds of the monotonic clock.
    static func wall() -> Double { self.read(CLOCK_MONOTONIC) }

    /// The processor nanoseconds of a piece of work that runs on this thread.
    static func spent(in work: () throws -> Void) rethrows -> Double {
        let start = self.read(CLOCK_THREAD_CPUTIME_ID)
        try work()
        return self.read(CLOCK_THREAD_CPUTIME_ID) - start
    }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

/// Keeps the optimiser from leaving out work whose result nobody reads.
@inline(never)
func keep<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}
