internal import CMalloc

/// What the allocator of a process that runs nodes has to know.
package enum HostMemory {
    /// Gives large blocks of memory back to the system when they are freed; to be called once, when a process begins.
    ///
    /// Without a fixed threshold glibc takes the first freed block of 10 MB for a sign that such sizes are usual, and keeps them among the small
    /// ones from then on. A peer that catches up on large blocks then grew by half a byte for every byte that passed through.
    package static func keepsNothingLarge() {
        _ = mallopt(M_MMAP_THRESHOLD, self.thresholdBytes)
        _ = mallopt(M_TRIM_THRESHOLD, self.thresholdBytes)
    }

    /// Far above what is allocated for a transaction, below what is for a block worth speaking of.
    private static let thresholdBytes: Int32 = 1 << 20
}
