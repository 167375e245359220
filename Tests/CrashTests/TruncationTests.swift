import CrashSupport
import Foundation
import TestSupport
import Testing

@testable import Ledger

/// Files of a small ledger cut at every byte, on copies.
///
/// Bytes behind the last acknowledged block may be missing: they are recovered from. Acknowledged bytes that are missing are damage: the
/// ledger refuses and names it, or rebuilds what it can from the block files; it never opens shorter than its state in silence.
@Suite struct TruncationTests {
    /// What opening a ledger and reading all of it gives.
    enum Outcome: Equatable {
        case asAt(height: Int)
        case refused(LedgerError)
        case wrong(String)
    }

    /// The files of a ledger of four blocks, closed after two of them so that LevelDB has a table as well as a log.
    struct Original {
        let expected: ExpectedLedger
        private(set) var files: [String: [UInt8]] = [:]
        private let folder: TemporaryFolder

        init() throws {
            self.expected = try ExpectedLedger(seed: 5, blockCount: 4, size: .small)
            self.folder = try TemporaryFolder("selvage-cut")
            for range in [0..<2, 2..<4] {
                let ledger = try CrashLedger.open(self.folder.path(of: "ledger"))
                for block in self.expected.blocks[range] { try ledger.commit(block) }
            }
            for part in ["blocks", "state"] {
                for name in try FileManager.default.contentsOfDirectory(atPath: self.folder.path(of: "ledger/" + part)) {
                    let path = part + "/" + name
                    if !name.hasPrefix("LO") { self.files[path] = self.folder.read("ledger/" + path) }
                }
            }
        }

        /// The one file whose name begins so.
        func path(_ beginning: String, _ end: String = "") throws -> String {
            try #require(self.files.keys.filter { $0.hasPrefix(beginning) && $0.hasSuffix(end) }.sorted().last)
        }

        /// Opens a copy in which one file is cut.
        ///
        /// - Parameter hasState: Whether the copy has the database.
        func outcome(cutting path: String, to size: Int, hasState: Bool = true) throws -> Outcome {
            let copy = self.folder.path(of: "copy")
            try? FileManager.default.removeItem(atPath: copy)
            for part in hasState ? ["blocks", "state"] : ["blocks"] {
                try FileManager.default.createDirectory(atPath: copy + "/" + part, withIntermediateDirectories: true)
            }
            for (name, bytes) in self.files where hasState || !name.hasPrefix("state/") {
                let kept = name == path ? Array(bytes.prefix(size)) : bytes
                guard FileManager.default.createFile(atPath: copy + "/" + name, contents: Data(kept)) else {
                    throw CrashRigError(reason: "cannot copy \(name)")
                }
            }
            do {
                let ledger = try CrashLedger.open(copy)
                if let difference = try self.expected.difference(from: ledger) { return .wrong(difference) }
                return .asAt(height: Int(ledger.height))
            } catch let error as LedgerError {
                return .refused(error)
            } catch { return .wrong("an error of another type: \(error)") }
        }
    }

    @Test func `a block file cut anywhere before the state's last block is reported`() throws {
        let original = try Original()
        let path = try original.path("blocks/")
        let size = try #require(original.files[path]?.count)
        #expect(try original.outcome(cutting: path, to: size) == .asAt(height: 4))
        for cut in 0..<size {
            guard case .refused(.blocks(.blocksMissing(4, let found))) = try original.outcome(cutting: path, to: cut) else {
                Issue.record("cut at \(cut) of \(size)")
                continue
            }
            #expect(found.contains(".segment"))
        }
    }

    @Test func `a block file cut anywhere without the state gives the blocks that are whole`() throws {
        let original = try Original()
        let path = try original.path("blocks/")
        let bytes = try #require(original.files[path])
        // Where each number of blocks ends.
        var ends = [BlockFileFormat.fileHeaderSizeBytes]
        for block in original.expected.blocks { ends.append((ends.last ?? 0) + BlockFileFormat.frameHeadSizeBytes + block.block.serialized().count) }
        #expect(ends.last == bytes.count)
        for cut in 0...bytes.count {
            let whole = ends.filter { $0 <= cut }.count - 1
            #expect(try original.outcome(cutting: path, to: cut, hasState: false) == .asAt(height: max(0, whole)), "cut at \(cut) of \(bytes.count)")
        }
    }

    @Test func `a database log cut anywhere is made whole from the blocks`() throws {
        let original = try Original()
        let path = try original.path("state/", ".log")
        let size = try #require(original.files[path]?.count)
        #expect(size > 200)
        for cut in 0...size {
            #expect(try original.outcome(cutting: path, to: cut) == .asAt(height: 4), "cut at \(cut) of \(size)")
        }
    }

    @Test(arguments: ["state/MANIFEST-", "state/CURRENT"])
    func `a database that has lost its directory is refused, or made whole from the blocks`(file: String) throws {
        let original = try Original()
        let path = try original.path(file)
        let size = try #require(original.files[path]?.count)
        for cut in 0..<size {
            switch try original.outcome(cutting: path, to: cut) {
            case .asAt(let height): #expect(height == 4, "cut at \(cut) of \(size)")
            case .refused(let error): #expect(error.description.contains("remove the state folder"), "cut at \(cut) of \(size): \(error)")
            case .wrong(let reason): Issue.record("cut at \(cut) of \(size): \(reason)")
            }
        }
    }

    @Test func `a table cut anywhere is refused`() throws {
        let original = try Original()
        let path = try original.path("state/", ".ldb")
        let size = try #require(original.files[path]?.count)
        for cut in stride(from: 0, to: size, by: 7) {
            guard case .refused(let error) = try original.outcome(cutting: path, to: cut) else {
                Issue.record("cut at \(cut) of \(size)")
                continue
            }
            #expect(error.description.contains("remove the state folder"), "cut at \(cut): \(error)")
        }
    }

    @Test func `what a refusal advises brings everything back`() throws {
        let original = try Original()
        let path = try original.path("blocks/")
        let size = try #require(original.files[path]?.count)
        #expect(try original.outcome(cutting: path, to: size, hasState: false) == .asAt(height: 4))
    }
}
