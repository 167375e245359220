import LedgerModel

/// Takes blocks as the ordering service makes them, one at a time and in order.
package protocol BlockReceiver: Sendable {
    var name: String { get }
    /// The number of blocks that it has, and the number of the next one.
    var height: UInt64 { get }
    /// Takes the next block; a block that was taken before is not an error.
    func receive(_ block: OrderedBlock) async throws(NodeError)
    /// Takes blocks as they come and returns when all are taken; `next` gives nil at the end.
    ///
    /// - Parameter failed: Hears at once of a block that was not taken, also while `next` is waited for.
    func receive(each next: () async throws -> OrderedBlock?, failed: @escaping @Sendable (NodeError) -> Void) async throws
    /// No more blocks will come; whoever waits for one must be told.
    func endOfBlocks(because reason: String)
}

extension BlockReceiver {
    /// One after the other; a receiver that can work on several at once does so itself.
    package func receive(each next: () async throws -> OrderedBlock?, failed: @escaping @Sendable (NodeError) -> Void) async throws {
        while let block = try await next() { try await self.receive(block) }
    }

    package func receive(each next: () async throws -> OrderedBlock?) async throws {
        try await self.receive(each: next, failed: { _ in })
    }
}
