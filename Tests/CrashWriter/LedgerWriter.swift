import CrashSupport
import Ledger
import LedgerModel

/// Writes the chain of a seed into a ledger, and does what the ledger's errors ask for.
struct LedgerWriter {
    /// After so many errors without a block in between the writer gives up.
    static let patience = 8

    let folder: String
    let seed: UInt64
    let blockCount: Int
    let readerCount: Int
    let acknowledgesEarly: Bool

    /// Whether all blocks were written.
    func run() -> Bool {
        var chain = BlockSource(seed: self.seed)
        var failures = 0
        while failures < Self.patience {
            do throws(LedgerError) {
                let ledger = try CrashLedger.open(self.folder)
                Report.line("opened \(ledger.height) \(ledger.recovery.replayedBlocks) \(ledger.recovery.droppedBytes)")
                let readers = Readers(ledger, count: self.readerCount)
                defer { readers.stop() }
                if self.write(&chain, to: ledger, failures: &failures) {
                    Report.line("done \(ledger.height)")
                    return true
                }
            } catch {
                Report.line("error open \(Self.name(of: error)) \(error)")
                failures += 1
            }
        }
        return false
    }

    /// Commits what is missing; false when the ledger has to be opened again.
    private func write(_ chain: inout BlockSource, to ledger: Ledger, failures: inout Int) -> Bool {
        while ledger.height < UInt64(self.blockCount) {
            guard let block = chain.block(Int(ledger.height)) else { return false }
            if self.acknowledgesEarly { Report.line("ack \(ledger.height + 1)") }
            do throws(LedgerError) {
                try ledger.commit(block)
                failures = 0
                if !self.acknowledgesEarly { Report.line("ack \(ledger.height)") }
            } catch {
                Report.line("error commit \(Self.name(of: error)) \(error)")
                failures += 1
                // Only a full disk allows to go on with the same ledger: nothing has changed then.
                guard case .blocks(.file(let file)) = error, file.isOutOfSpace, failures < Self.patience else { return false }
            }
        }
        return true
    }

    private static func name(of error: LedgerError) -> String {
        switch error {
        case .blocks(.file(let file)): "file-\(file.code)"
        case .blocks(.stopped): "blocks-stopped"
        case .blocks(.damaged): "damaged"
        case .blocks(.blocksMissing): "blocks-missing"
        case .blocks(.segmentMissing): "segment-missing"
        case .blocks: "blocks"
        case .state: "state"
        case .stateDamaged: "state-damaged"
        case .stopped: "stopped"
        case .stateDiverged: "diverged"
        case .blockUnusable: "unusable"
        default: "other"
        }
    }
}

/// The blocks of a chain, made when they are asked for: a process that is killed early has made few.
private struct BlockSource {
    private var chain: CrashChain
    private var blocks: [ValidatedBlock] = []

    init(seed: UInt64) { self.chain = CrashChain(seed: seed) }

    mutating func block(_ number: Int) -> ValidatedBlock? {
        while self.blocks.count <= number {
            guard let next = try? self.chain.next() else { return nil }
            self.blocks.append(next)
        }
        return self.blocks[number]
    }
}
