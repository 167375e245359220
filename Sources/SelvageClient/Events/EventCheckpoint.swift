import Synchronization

/// How far a listener has come: everything before it was handled.
public struct EventCheckpoint: Hashable, Sendable, CustomStringConvertible {
    /// The block to go on with.
    public let block: UInt64
    /// The last transaction of that block that was handled; nil when the block was not begun.
    public let transactionID: String?

    /// A place in the chain.
    public init(block: UInt64, transactionID: String? = nil) {
        self.block = block
        self.transactionID = transactionID
    }

    /// In words.
    public var description: String { "block \(self.block)" + (self.transactionID.map { ", after transaction \($0)" } ?? "") }
}

/// Keeps a checkpoint. It is stored after an event was handled, so after a crash an event may come twice, and none is left out.
public protocol Checkpointer: Sendable {
    /// The checkpoint that was stored last; nil when there is none yet.
    func load() throws -> EventCheckpoint?
    /// Keeps a checkpoint in place of the one before.
    func store(_ checkpoint: EventCheckpoint) throws
}

/// Keeps a checkpoint as long as the process lives.
public final class MemoryCheckpointer: Checkpointer {
    private let value: Mutex<EventCheckpoint?>

    /// - Parameter checkpoint: Where to begin; nil for what the listener asks for.
    public init(_ checkpoint: EventCheckpoint? = nil) { self.value = Mutex(checkpoint) }

    /// The checkpoint.
    public func load() -> EventCheckpoint? { self.value.withLock { $0 } }

    /// Keeps it.
    public func store(_ checkpoint: EventCheckpoint) { self.value.withLock { $0 = checkpoint } }
}

/// Where a listener begins that has no checkpoint yet.
public enum EventPosition: Hashable, Sendable {
    /// With the next block that is committed. What is committed while nobody listens is missed; with a checkpointer, begin with a block.
    case next
    /// With this block, also when it is long past.
    case block(UInt64)
}

/// What a handler wants next.
public enum EventDemand: Hashable, Sendable {
    case more
    /// The listener returns; the event that was handed over counts as handled.
    case enough
}
