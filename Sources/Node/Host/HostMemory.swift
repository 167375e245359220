internal import CMalloc

/// What the allocator of a process that runs nodes has to know.
package enum HostMemory {
    /// Gives large blocks of memory back to the system when they are freed; to be called once, when a process begins.
    ///
    /// Without a fixed threshold glibc takes the first freed block of 10 MB for a sign that such sizes are usual, and keeps them among the small
    /// ones from then on. A peer that catches up on large blocks then grew by half a byte for every byte that passed through.
    package static func keepsNothingLarge() {
        _ = mallopt(M_MMAP_THRESHOLD, self.largeBytes)
        _ = mallopt(M_TRIM_THRESHOLD, self.keptBytes)
    }

    /// Above what a block of the usual 2 MB takes: asking the system for that much each time costs a tenth of a commit.
    private static let largeBytes: Int32 = 4 << 20
    /// What stays for the next block when everything above it is free.
    private static let keptBytes: Int32 = 16 << 20
}
