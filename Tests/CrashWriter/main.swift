import CrashSupport
import Glibc

// The process that the crash tests kill: `CrashWriter FOLDER SEED BLOCKS [READERS] [early]`.
//
// It opens the ledger in a folder, goes on with the chain of the seed until it has so many blocks, and says on its standard output, one
// line in one write, what has happened:
//
//     opened HEIGHT REPLAYED DROPPED    the ledger is open
//     ack HEIGHT                        `commit` has returned: blocks below HEIGHT are acknowledged
//     error open|commit CASE TEXT       the ledger has refused; the writer does what the error says and tries again
//     reader TEXT                       a reader at work beside the commits has seen something wrong
//     done HEIGHT                       all blocks are there
//
// With `early` it acknowledges before it commits, a planted mistake. It ends with 0 when done, with 3 when it has given up.

// A process that hangs is a failure too.
alarm(1_200)
let arguments = CommandLine.arguments
guard arguments.count >= 4, let seed = UInt64(arguments[2]), let count = Int(arguments[3]) else {
    Report.line("usage: CrashWriter FOLDER SEED BLOCKS [READERS] [early]")
    exit(2)
}
let readers = arguments.count > 4 ? Int(arguments[4]) ?? 0 : 0
let writer = LedgerWriter(
    folder: arguments[1], seed: seed, blockCount: count, readerCount: readers, acknowledgesEarly: arguments.contains("early"))
exit(writer.run() ? 0 : 3)
