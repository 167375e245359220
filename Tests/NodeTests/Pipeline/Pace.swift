import Dispatch
import Ledger
import Synchronization

@testable import Node

/// Makes every commit wait until the block behind it is being validated: what a pipeline may overlap it then does overlap, on any machine.
final class Pace: Sendable {
    private struct State {
        /// The newest durable block that was told of, and the newest one whose validation has begun.
        var published: UInt64 = 0
        var begun: UInt64 = 0
        var ahead: [UInt64] = []
    }

    /// Blocks for which nobody may begin before they are durable: those with a configuration, and the last one.
    private let alone: Set<UInt64>
    private let state = Mutex(State())
    private let news = DispatchSemaphore(value: 0)

    init(alone: Set<UInt64>) { self.alone = alone }

    /// The blocks that were validated while the one before them was not durable, in the order in which they were.
    var ahead: [UInt64] { self.state.withLock { $0.ahead } }

    func begins(_ basis: CommitLine.Basis) {
        self.state.withLock { state in
            state.begun = basis.tip.position.number.rawValue + 1
            if basis.pending != nil { state.ahead.append(state.begun) }
        }
        self.news.signal()
    }

    func isDurable(_ number: UInt64) { self.state.withLock { $0.published = number } }

    /// Called on the thread that commits, which waits for nobody else.
    fileprivate func waitForNext() {
        while true {
            let mayGoOn = self.state.withLock { state in
                let number = state.published + 1
                return state.begun == 0 || self.alone.contains(number) || state.begun > number
            }
            if mayGoOn { return }
            self.news.wait()
        }
    }
}

/// The machine's files, whose syncs keep pace.
struct PacedFiles: BlockFileIO {
    let pace: Pace
    private let files = SystemFiles()

    init(pace: Pace) { self.pace = pace }

    func makeFolder(_ path: String) throws(FileError) { try self.files.makeFolder(path) }
    func list(_ path: String) throws(FileError) -> [String] { try self.files.list(path) }
    func open(_ path: String, for access: FileAccess) throws(FileError) -> any BlockFile {
        PacedFile(file: try self.files.open(path, for: access), pace: self.pace)
    }
    func create(_ path: String) throws(FileError) -> any BlockFile { PacedFile(file: try self.files.create(path), pace: self.pace) }
    func syncFolder(_ path: String) throws(FileError) { try self.files.syncFolder(path) }
    func lock(_ path: String) throws(FileError) -> (any FolderLock)? { try self.files.lock(path) }

    private final class PacedFile: BlockFile {
        let file: any BlockFile
        let pace: Pace

        init(file: any BlockFile, pace: Pace) { (self.file, self.pace) = (file, pace) }

        func sizeBytes() throws(FileError) -> UInt64 { try self.file.sizeBytes() }
        func read(_ count: Int, at offset: UInt64) throws(FileError) -> [UInt8] { try self.file.read(count, at: offset) }
        func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) { try self.file.write(bytes, at: offset) }
        func truncate(to sizeBytes: UInt64) throws(FileError) { try self.file.truncate(to: sizeBytes) }
        func sync() throws(FileError) {
            self.pace.waitForNext()
            try self.file.sync()
        }
    }
}
