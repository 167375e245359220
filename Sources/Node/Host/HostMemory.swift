internal import CMalloc

/// What the allocator of a process that runs nodes has to know.
package enum HostMemory {
    /// Gives large blocks of memory back to the system when they are freed, and keeps the small ones together; to be called once, when a process begins.
    ///
    /// Without a fixed threshold glibc takes the first freed block of 10 MB for a sign that such sizes are usual, and keeps them among the small
    /// ones from then on. A peer that catches up on large blocks then grew by half a byte for every byte that passed through.
    package static func keepsNothingLarge() {
        _ = mallopt(M_MMAP_THRESHOLD, self.largeBytes)
        _ = mallopt(M_TRIM_THRESHOLD, self.keptBytes)
        _ = mallopt(M_ARENA_MAX, self.arenas)
    }

    /// Gives back what parts have freed, also the middle of what the allocator holds for its threads. Takes some milliseconds.
    static func giveBack() { _ = malloc_trim(0) }

    /// Above what a block of the usual 2 MB takes: asking the system for that much each time costs a tenth of a commit.
    private static let largeBytes: Int32 = 4 << 20
    /// Each arena keeps what its threads have freed, and a block is freed by other threads than those that read it.
    private static let arenas: Int32 = 2
    /// What stays for the next block when everything above it is free.
    private static let keptBytes: Int32 = 16 << 20
}
