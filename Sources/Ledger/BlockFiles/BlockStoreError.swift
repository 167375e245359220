/// Why the block files could not be read or written.
package enum BlockStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file system refused. Mend its cause and try again.
    case file(FileError)
    /// Another process, or another ledger of this process, has the folder open. Stop it first.
    case locked(folder: String)
    /// Stored bytes changed after they were written. Restore the file from a copy, or fetch the blocks from another peer.
    case damaged(BlockDamage)
    /// Blocks that were acknowledged are not in the files. Restore the files, or remove the state folder to go on with what is left.
    case blocksMissing(acknowledgedHeight: UInt64, found: String)
    /// A segment file between two others is absent. Restore it from a copy.
    case segmentMissing(file: String)
    /// The block is not the next one. Commit blocks in order.
    case outOfSequence(expected: UInt64, found: UInt64)
    /// The block is empty or larger than a frame may hold.
    case sizeOutOfRange(number: UInt64, sizeBytes: Int)
    /// An earlier write failed in a way that leaves the end of the file unknown. Open the ledger again.
    case stopped(reason: String)
    /// The number of segment files has reached its limit.
    case tooManySegments

    package var description: String {
        switch self {
        case .file(let error): error.description
        case .locked(let folder): "the folder \(folder) is in use by another ledger; stop it first"
        case .damaged(let damage): damage.description
        case .blocksMissing(let height, let found):
            "blocks below \(height) were acknowledged but the block files \(found); restore the files from a copy or from another peer"
        case .segmentMissing(let file): "the segment file \(file) is missing; restore it from a copy or from another peer"
        case .outOfSequence(let expected, let found): "block \(found) was offered where block \(expected) is next; commit blocks in order"
        case .sizeOutOfRange(let number, let size):
            "block \(number) has \(size) bytes; a stored block has 1 to \(LedgerLimits.maximumBlockSizeBytes)"
        case .stopped(let reason): "the block store takes no more blocks because \(reason); open the ledger again"
        case .tooManySegments: "the folder already holds \(LedgerLimits.maximumSegments) segment files"
        }
    }
}

/// Damage in a segment file, located.
package struct BlockDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with the bytes.
    package enum Problem: String, Hashable, Sendable {
        case fileHeader = "the file header does not pass its check"
        case wrongSegment = "the file header names another segment"
        case wrongFirstBlock = "the file header names another first block"
        case frameHead = "the head of the frame does not pass its check"
        case checksum = "the block does not match its checksum"
        case wrongNumber = "the frame holds another block"
        case cutShort = "the file ends inside the frame"
    }

    /// The name of the segment file, without its folder.
    package var file: String
    /// Where the damaged frame or header begins, in bytes from the start of the file.
    package var offset: UInt64
    /// The number of the block that should be there.
    package var block: UInt64
    package var problem: Problem
    /// True for the last frame of the last file: before it was acknowledged, a crash can leave it in this state too.
    package var isLastFrame: Bool

    package init(file: String, offset: UInt64, block: UInt64, problem: Problem, isLastFrame: Bool = false) {
        self.file = file
        self.offset = offset
        self.block = block
        self.problem = problem
        self.isLastFrame = isLastFrame
    }

    package var description: String {
        "damaged block file \(self.file) at offset \(self.offset), where block \(self.block) belongs: \(self.problem.rawValue)"
    }
}
