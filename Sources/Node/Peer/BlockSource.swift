import LedgerModel

/// Gives blocks by number, as another node of the channel holds them; nothing that it gives is believed unchecked.
package protocol BlockSource: Sendable {
    /// Who is named when what it gives is wrong.
    var name: String { get }
    /// The stored block; nil when it does not have it.
    func block(_ number: BlockNumber) async throws -> OrderedBlock?
}

extension PeerNode: BlockSource {
    package func block(_ number: BlockNumber) throws -> OrderedBlock? { try self.snapshot().block(number) }
}

extension OrderingCommittee: BlockSource {
    package var name: String { "committee" }

    /// From the first member that is up and has it.
    package func block(_ number: BlockNumber) throws -> OrderedBlock? {
        for consenter in self.running {
            // A member whose disk fails is passed over: the next one has the same block.
            if let block = (try? self.member(consenter)?.block(number.rawValue)) ?? nil { return block }
        }
        return nil
    }
}
