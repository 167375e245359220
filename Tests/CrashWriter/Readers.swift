import CrashSupport
import Dispatch
import Ledger
import LedgerModel
import Synchronization

/// Threads that read a ledger while blocks are committed, and say when a snapshot does not agree with itself.
final class Readers: Sendable {
    private let isStopped = Atomic<Bool>(false)
    private let group = DispatchGroup()

    init(_ ledger: Ledger, count: Int) {
        for number in 0..<count {
            DispatchQueue.global().async(group: self.group) { self.read(ledger, SeededChoices(seed: UInt64(number))) }
        }
    }

    /// Returns when no thread holds a snapshot any more, so that the ledger can be closed.
    func stop() {
        self.isStopped.store(true, ordering: .relaxed)
        self.group.wait()
    }

    private func read(_ ledger: Ledger, _ start: SeededChoices) {
        var choices = start
        while !self.isStopped.load(ordering: .relaxed) {
            do {
                let snapshot = ledger.snapshot()
                guard snapshot.height > 0 else { continue }
                let number = BlockNumber(UInt64.random(in: 0..<snapshot.height, using: &choices))
                guard let block = try snapshot.block(number), try snapshot.number(ofBlockWithHash: block.headerHash) == number else {
                    return Report.line("reader block \(number) of \(snapshot.height) is not in the snapshot")
                }
                if number.rawValue + 1 == snapshot.height, block.headerHash != snapshot.head.blockHash {
                    return Report.line("reader block \(number) is not the head")
                }
                let key = CrashChain.key(Int.random(in: 0..<40, using: &choices))
                let value = try snapshot.value(at: .key("records", key))
                if let value, value.version.block >= snapshot.height { return Report.line("reader a value of a later block") }
                _ = try snapshot.history(of: key, in: "records")
            } catch {
                return Report.line("reader \(error)")
            }
        }
    }
}
