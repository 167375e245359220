import LedgerModel

/// Takes blocks as the ordering service makes them, one at a time and in order.
package protocol BlockReceiver: Sendable {
    var name: String { get }
    /// Takes the next block; a block that was taken before is not an error.
    func receive(_ block: OrderedBlock) async throws(NodeError)
    /// No more blocks will come; whoever waits for one must be told.
    func endOfBlocks(because reason: String)
}
