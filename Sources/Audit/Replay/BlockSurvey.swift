import Ledger

/// A first pass over the block files: every frame is checked, and the blocks are counted.
struct BlockSurvey: Sendable {
    /// The number of whole blocks from the front.
    let height: UInt64
    /// What ends them too early, if anything does.
    let damage: AuditFinding?
    /// Bytes of an unfinished write at the end.
    let unfinishedBytes: UInt64

    /// Reads a folder of segment files; nothing is written or locked.
    init(folder: String) throws(AuditError) {
        var height: UInt64 = 0
        var damage: AuditFinding?
        var unfinishedBytes: UInt64 = 0
        do {
            var scan = try BlockScan(folder: folder, files: SystemFiles())
            while try scan.next() != nil { height = scan.height }
            if case .torn(let size) = scan.tail { unfinishedBytes = size }
        } catch .file(let error) {
            throw .unreadable(error)
        } catch {
            damage = Self.finding(error, height: height)
        }
        self.height = height
        self.damage = damage
        self.unfinishedBytes = unfinishedBytes
    }

    private static func finding(_ error: BlockStoreError, height: UInt64) -> AuditFinding {
        switch error {
        case .damaged(let damage):
            AuditFinding(
                .blockFile, block: damage.block, expected: "the bytes that were written",
                found: "in file \(damage.file) at offset \(damage.offset): \(damage.problem.rawValue)")
        case .segmentMissing(let file):
            AuditFinding(.blockFile, block: nil, expected: "the file \(file)", found: "later files without it")
        default:
            AuditFinding(.blockFile, block: height, expected: "block files that can be read", found: error.description)
        }
    }
}
