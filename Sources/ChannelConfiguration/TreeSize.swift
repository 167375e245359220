/// Counts what a configuration tree holds while it is read, so that a small one made with care cannot take much memory.
struct TreeSize {
    private var elements = 0
    private var pathBytes = 0

    /// Adds elements of a group whose path has so many bytes.
    ///
    /// - Throws: `tooLarge` when the tree has too many elements, or when their paths are too long together.
    mutating func add(_ count: Int, below pathBytes: Int) throws(ConfigurationError) {
        // Neither can overflow: both factors are counts of things that are in memory, and the sum is checked each time.
        self.elements += count
        self.pathBytes += count * pathBytes
        guard self.elements <= Limits.configurationElements else { throw .tooLarge(what: "elements", limit: Limits.configurationElements) }
        guard self.pathBytes <= Limits.configurationPathBytes else {
            throw .tooLarge(what: "bytes of paths", limit: Limits.configurationPathBytes)
        }
    }
}
