import ChannelConfiguration
import Ledger
import LedgerModel
import Validation

/// The state that endorsers see while a chain is made. It believes every transaction: those that commit the chain are the ones who check.
final class ChainBuilder {
    let ledger: Ledger
    private let folder: TemporaryFolder

    init(genesis: OrderedBlock) throws {
        self.folder = try TemporaryFolder()
        self.ledger = try Ledger.open(folder: self.folder.path)
        try self.ledger.commit(try BlockValidator.acceptGenesis(genesis).block)
    }

    func commit(_ block: OrderedBlock) throws {
        let before = self.ledger.snapshot()
        try self.ledger.commit(
            try BlockEffects.derive(
                from: block, codes: block.envelopes.map { _ in .valid }, state: before, previousCommitHash: before.head.commitHash))
    }
}
