import ChannelConfiguration
import Ledger
import LedgerModel
import SelvageClient
import Synchronization
import TestSupport
import Testing

@testable import Node

/// The recorded channel on one peer, at some height. It grows by the next recorded block when somebody waits for one, so what came after a
/// request was made comes after it again, without a clock.
final class RecordedChain: GatewayLedger {
    static let channel: ChannelID = "mychannel"
    static let height: UInt64 = 12

    let bundle: ChannelBundle
    private let folder: TemporaryFolder
    private let ledger: Ledger
    private let growth = Mutex(())

    init(height: UInt64) throws {
        self.folder = try TemporaryFolder("recorded")
        self.ledger = try Ledger.open(folder: self.folder.path)
        self.bundle = try ChannelBundle(block: OrderedBlock(serialized: Self.block(0)))
        while self.ledger.height < height { #expect(try self.grow()) }
    }

    static func block(_ number: UInt64) throws -> [UInt8] {
        let digits = String(number)
        return try RecordedExchange.file("blocks/block_" + String(repeating: "0", count: 3 - digits.count) + digits + ".pb")
    }

    /// Commits the next recorded block with the codes that it was given; false after the last one.
    private func grow() throws -> Bool {
        try self.growth.withLock { _ in
            guard self.ledger.height < Self.height else { return false }
            let block = try OrderedBlock(serialized: Self.block(self.ledger.height))
            let snapshot = self.ledger.snapshot()
            try self.ledger.commit(
                try BlockEffects.derive(
                    from: block, codes: try #require(block.storedCodes), state: snapshot, previousCommitHash: snapshot.head.commitHash))
            return true
        }
    }

    func snapshot() -> LedgerSnapshot { self.ledger.snapshot() }

    func worldState() -> any StateReading { self.ledger.snapshot() }

    func blockNumber(of transaction: TransactionID) throws -> UInt64? { try self.ledger.snapshot().entry(of: transaction)?.block }

    func commitStatus(of transaction: TransactionID) async throws -> CommitStatus {
        while true {
            if let entry = try self.ledger.snapshot().entry(of: transaction) {
                return CommitStatus(transaction: transaction, code: entry.code, block: BlockNumber(entry.block))
            }
            guard try self.grow() else { throw CancellationError() }
        }
    }

    var deliverableHeight: UInt64 { self.ledger.height }

    func blockBytes(_ number: UInt64) throws -> [UInt8]? { try self.ledger.snapshot().blockBytes(BlockNumber(number)) }

    func waitForBlock(_ number: UInt64) async -> Bool {
        while self.ledger.height <= number {
            // The recording has an end: nothing comes after it.
            guard (try? self.grow()) == true else {
                _ = await OneTimeSignal<Void>().wait()
                return false
            }
        }
        return true
    }
}
