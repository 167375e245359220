import FabricMessages
import LedgerModel

/// When the ordering service cuts a block.
package struct BatchConfiguration: Hashable, Sendable {
    /// A block holds at most so many envelopes.
    package var maxMessageCount: UInt32
    /// No envelope (payload and signature) may be larger.
    package var absoluteMaxBytes: UInt32
    /// A block is cut before it grows beyond this, unless one envelope alone is larger.
    package var preferredMaxBytes: UInt32
    /// A pending envelope waits at most so long.
    package var timeoutMilliseconds: Int64

    package init(
        maxMessageCount: UInt32 = 500, absoluteMaxBytes: UInt32 = 10 << 20, preferredMaxBytes: UInt32 = 2 << 20,
        timeoutMilliseconds: Int64 = 2_000
    ) {
        self.maxMessageCount = maxMessageCount
        self.absoluteMaxBytes = absoluteMaxBytes
        self.preferredMaxBytes = preferredMaxBytes
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    init(size: Orderer_BatchSize, timeout: Orderer_BatchTimeout) throws(ConfigurationError) {
        guard let nanoseconds = DurationText.nanoseconds(timeout.timeout) else {
            throw .invalidValue(path: "/Channel/Orderer/BatchTimeout", reason: "it is not a duration such as 2s or 200ms")
        }
        self.init(
            maxMessageCount: size.maxMessageCount, absoluteMaxBytes: size.absoluteMaxBytes, preferredMaxBytes: size.preferredMaxBytes,
            // Rounded up, so that a very short wait does not become none.
            timeoutMilliseconds: nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 == 0 ? 0 : 1))
        try self.check()
    }

    func check() throws(ConfigurationError) {
        guard self.maxMessageCount > 0, self.absoluteMaxBytes > 0, self.preferredMaxBytes > 0, self.preferredMaxBytes <= self.absoluteMaxBytes
        else {
            throw .invalidValue(
                path: "/Channel/Orderer/BatchSize", reason: "all sizes must be above 0, and the preferred not above the absolute one")
        }
        guard self.timeoutMilliseconds > 0 else {
            throw .invalidValue(path: "/Channel/Orderer/BatchTimeout", reason: "it must be above 0")
        }
    }
}
