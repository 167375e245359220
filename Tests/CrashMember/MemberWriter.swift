import Ledger
import LedgerModel
import Node
import Ordering

/// Writes what a committee member has to remember, and checks what it finds.
struct MemberWriter {
    /// After so many errors without a step in between the writer gives up.
    static let patience = 8
    static let chain = [UInt8](repeating: 7, count: 32)

    let folder: String
    let steps: UInt64
    /// The planted bug: nothing is said of which blocks were durable.
    let isBlind: Bool

    /// Whether all steps were made.
    func run() -> Bool {
        for _ in 0..<Self.patience {
            do {
                if try self.open() { return true }
            } catch { Report.line("error \(error)") }
        }
        return false
    }

    /// Opens the files and goes on; false when what was found is wrong.
    private func open() throws -> Bool {
        let files = SystemFiles()
        var disk = try MemberDisk(folder: self.folder, chain: Self.chain, consenter: 1, environment: SystemEnvironment(), files: files)
        var (log, envelopes) = try PoolLogFile.open(folder: self.folder, files: files)
        var height: UInt64 = 0
        switch try disk.recovery(chain: Self.chain, consenter: 1, head: 0, isMoveApproved: false) {
        case .begin: break
        case .resume(let record), .abstain(_, let record):
            height = record.height
            if record != Self.record(record.height) { Report.line("wrong record of height \(record.height)") }
        case .burned(let reason):
            Report.line("wrong \(reason.rawValue)")
            return false
        case .refused(let reason):
            Report.line("wrong \(reason.rawValue)")
            return false
        }
        var first = envelopes.first.flatMap(Self.number(of:)) ?? 0
        if envelopes != (0..<UInt64(envelopes.count)).map({ Self.envelope(first + $0) }) { Report.line("wrong pool log from \(first)") }
        var end = first + UInt64(envelopes.count)
        envelopes = []
        let chain = try ChainStore(
            folder: self.folder, genesis: Self.block(0), acknowledgedHeight: self.isBlind ? nil : disk.acknowledgedHeight, recent: 1, files: files
        ) { block in
            if block != Self.block(block.number.rawValue) { Report.line("wrong block \(block.number)") }
        }
        var stored = chain.last.number.rawValue
        Report.line("opened \(height) \(first) \(end) \(stored)")
        // Whatever a crash takes, the blocks below the recorded height stay (W4).
        if height > stored + 1 { Report.line("wrong record of height \(height) above block \(stored)") }
        height = stored
        while height < self.steps {
            height += 1
            try disk.persist(Self.record(height))
            Report.line("record \(height)")
            try disk.claim(Self.request(height), signedBytes: Self.envelope(height))
            Report.line("claim \(height)")
            let count = 1 + height % 3
            try log.append((end..<(end + count)).map(Self.envelope))
            end += count
            Report.line("pool \(end)")
            if height % 7 == 0, end > first + 4 {
                first = end - 4
                Report.line("floor \(first)")
                try log.rewrite((first..<end).map(Self.envelope))
            }
            try chain.append(Self.block(height))
            stored = height
            Report.line("block \(stored)")
        }
        Report.line("done \(height)")
        return true
    }

    /// A block of one to ten sectors.
    private static func block(_ number: UInt64) -> OrderedBlock {
        OrderedBlock(
            number: BlockNumber(number), previousHash: [], envelopes: (0..<(1 + number * 3 % 8)).map { Self.envelope(number * 8 + $0) })
    }

    private static func request(_ height: UInt64) -> SignRequest {
        .vote(Vote(height: height, round: 0, kind: .prevote, choice: .nil, signer: 1), form: nil)
    }

    private static func record(_ height: UInt64) -> SafetyRecord {
        var record = SafetyRecord.unused
        record.height = height
        record.messages = [self.request(height)]
        return record
    }

    /// An envelope of some hundred bytes, different in length, that begins with its number.
    private static func envelope(_ number: UInt64) -> [UInt8] {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        return bytes + [UInt8](repeating: UInt8(truncatingIfNeeded: number) | 1, count: 100 + Int(number * 211 % 900))
    }

    private static func number(of envelope: [UInt8]) -> UInt64? {
        envelope.count < 8 ? nil : envelope.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
