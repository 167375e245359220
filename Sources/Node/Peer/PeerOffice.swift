import ChannelConfiguration
import ContractVM
import Endorsement
import Identity
import Ledger
import LedgerModel
import SelvageClient
import Synchronization
import Validation

/// What a peer tells others, which changes with every block: verdicts for those who wait, and who endorses under the configuration in office.
final class PeerOffice: Sendable {
    private let ledger: Ledger
    private let identity: SigningIdentity
    private let machine: ContractMachine
    private let current: Mutex<(endorser: Endorser, bundle: ChannelBundle)>
    private let blocks: HeightSignal
    private let waiters = CommitWaiters()
    private let news: Mutex<News>
    /// Who is told of transactions that are not valid.
    private let observer = Mutex<(@Sendable ([CommitStatus]) -> Void)?>(nil)

    /// What is known of the blocks that were announced; the ledger is a moment ahead.
    private struct News {
        /// The number of blocks announced.
        var height: UInt64
        var reasons = RecentReasons()
    }

    init(ledger: Ledger, identity: SigningIdentity, machine: ContractMachine, bundle: ChannelBundle) {
        self.ledger = ledger
        self.identity = identity
        self.machine = machine
        self.news = Mutex(News(height: ledger.height))
        self.current = Mutex((Self.endorser(identity, bundle, machine, ledger), bundle))
        self.blocks = HeightSignal(height: ledger.height)
    }

    /// The private writes that it endorses are kept by the ledger.
    private static func endorser(_ identity: SigningIdentity, _ bundle: ChannelBundle, _ machine: ContractMachine, _ ledger: Ledger) -> Endorser {
        Endorser(identity: identity, bundle: bundle, machine: machine) { sets, id in try ledger.hold(sets, for: id) }
    }

    /// Who endorses now.
    var endorser: Endorser { self.current.withLock { $0.endorser } }

    /// The configuration in office.
    var bundle: ChannelBundle { self.current.withLock { $0.bundle } }

    /// Waits until a block is durable; false when the task is cancelled first.
    func waitForBlock(_ number: UInt64) async -> Bool { await self.blocks.wait(for: number) }

    /// Announces a block that has become durable.
    func publish(_ outcome: ValidationOutcome) throws {
        if let bundle = outcome.newBundle {
            let endorser = Self.endorser(self.identity, bundle, self.machine, self.ledger)
            self.current.withLock { $0 = (endorser, bundle) }
        }
        let number = outcome.block.block.number
        let snapshot = self.ledger.snapshot()
        self.blocks.advance(to: snapshot.height)
        var statuses: [CommitStatus] = []
        var reasons: [(id: TransactionID, reason: String)] = []
        for (index, (id, verdict)) in zip(outcome.block.transactionIDs, outcome.verdicts).enumerated() {
            guard let id else { continue }
            if verdict.code != .valid {
                // The id may be that of another transaction, here or earlier: those who wait for that one hear its verdict, not this one's.
                guard let entry = try Self.entry(of: id, in: snapshot), entry.block == number.rawValue, Int(entry.index) == index else { continue }
            }
            if let reason = verdict.reason { reasons.append((id, reason)) }
            statuses.append(CommitStatus(transaction: id, code: verdict.code, block: number, reason: verdict.reason))
        }
        self.news.withLock { news in
            for (id, reason) in reasons { news.reasons.add(reason, for: id) }
            news.height = number.rawValue + 1
        }
        self.waiters.resume(statuses)
        let invalid = statuses.filter { !$0.isValid }
        if !invalid.isEmpty { self.observer.withLock { $0 }?(invalid) }
    }

    /// Has somebody told of the transactions of each block that are not valid.
    func observeInvalid(_ observer: @escaping @Sendable ([CommitStatus]) -> Void) { self.observer.withLock { $0 = observer } }

    /// Nil also for a transaction before the snapshot with which the peer joined: it has the id, and its place is not known.
    private static func entry(of id: TransactionID, in snapshot: LedgerSnapshot) throws -> TransactionEntry? {
        do throws(LedgerError) { return try snapshot.entry(of: id) } catch {
            if case .notHere = error { return nil }
            throw error
        }
    }

    /// Waits for the verdict on a transaction.
    ///
    /// A block that the ledger has and that is about to be announced is waited for: until then its reasons are not known here.
    func status(of transaction: TransactionID) async throws -> CommitStatus {
        try await self.waiters.wait(for: transaction) {
            guard let entry = try self.ledger.snapshot().entry(of: transaction) else { return nil }
            return self.news.withLock { news in
                guard entry.block < news.height else { return nil }
                return CommitStatus(
                    transaction: transaction, code: entry.code, block: BlockNumber(entry.block), reason: news.reasons[transaction])
            }
        }
    }

    /// Tells all who wait, now or later, that no more blocks will come.
    func fail(_ error: NodeError) { self.waiters.fail(error) }
}
