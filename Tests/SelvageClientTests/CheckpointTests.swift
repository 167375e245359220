import TestSupport
import Testing

@testable import SelvageClient

struct CheckpointTests {
    private static let begun = EventCheckpoint(block: 42, transactionID: "ab12")
    private static let text =
        "selvage checkpoint 1\nblock 42\ntransaction ab12\nsha256 4c70eb3082949ad836573371ae31781d1ceff19f27c17885b9952a8f53501e12\n"

    @Test func `a checkpoint has the bytes that are written down`() {
        #expect(CheckpointFormat.encode(Self.begun) == Array(Self.text.utf8))
        #expect(CheckpointFormat.decode(Array(Self.text.utf8)) == Self.begun)
        let last = EventCheckpoint(block: .max)
        let lastText =
            "selvage checkpoint 1\nblock 18446744073709551615\ntransaction -\n"
            + "sha256 ce404cc7c2c863cc0183860daec9a816b19164bcc2258cb7016ec475ca638927\n"
        #expect(CheckpointFormat.encode(last) == Array(lastText.utf8))
        #expect(CheckpointFormat.decode(Array(lastText.utf8)) == last)
    }

    @Test func `bytes that are cut off, longer or changed in any bit are refused`() {
        let good = Array(Self.text.utf8)
        for count in 0..<good.count { #expect(CheckpointFormat.decode(Array(good.prefix(count))) == nil) }
        #expect(CheckpointFormat.decode(good + [10]) == nil && CheckpointFormat.decode([UInt8](repeating: 0, count: 5_000)) == nil)
        for index in good.indices {
            for bit in 0..<8 {
                var bad = good
                bad[index] ^= 1 << bit
                #expect(CheckpointFormat.decode(bad) == nil)
            }
        }
    }

    @Test func `ids that would break the lines are refused`() {
        for id in ["", "a\nblock 7", "-", "é", String(repeating: "a", count: 129)] {
            #expect(CheckpointFormat.encode(EventCheckpoint(block: 1, transactionID: id)) == nil)
        }
        #expect(throws: FileCheckpointer.Failure.badTransaction("a b")) {
            try FileCheckpointer(path: "/nowhere/at/all").store(EventCheckpoint(block: 1, transactionID: "a b"))
        }
    }

    @Test func `a file gives back what was stored last`() throws {
        let folder = try TemporaryFolder("checkpoint")
        let keeper = FileCheckpointer(path: folder.path(of: "c"))
        #expect(try keeper.load() == nil)
        for block in UInt64(1)...5 {
            try keeper.store(EventCheckpoint(block: block, transactionID: "aa\(block)"))
            #expect(try FileCheckpointer(path: keeper.path).load() == EventCheckpoint(block: block, transactionID: "aa\(block)"))
        }
    }

    @Test func `a process that ends while it writes leaves the checkpoint before`() throws {
        // Whatever of the new file is written when the process ends: it has another name until all of it is there.
        let folder = try TemporaryFolder("checkpoint")
        let keeper = FileCheckpointer(path: folder.path(of: "c"))
        try keeper.store(Self.begun)
        let next = try #require(CheckpointFormat.encode(EventCheckpoint(block: 43)))
        for count in 0...next.count {
            try folder.write(Array(next.prefix(count)), to: "c.new")
            #expect(try keeper.load() == Self.begun)
        }
        try keeper.store(EventCheckpoint(block: 44))
        #expect(try keeper.load() == EventCheckpoint(block: 44))
    }

    @Test func `a torn file is told and not taken for a new beginning`() throws {
        let folder = try TemporaryFolder("checkpoint")
        let keeper = FileCheckpointer(path: folder.path(of: "c"))
        let good = Array(Self.text.utf8)
        for count in 0..<good.count {
            try folder.write(Array(good.prefix(count)), to: "c")
            #expect(throws: FileCheckpointer.Failure.damaged(path: keeper.path)) { try keeper.load() }
        }
        try folder.write(good, to: "c")
        #expect(try keeper.load() == Self.begun)
    }

    @Test func `a folder that is not there is named`() throws {
        let folder = try TemporaryFolder("checkpoint")
        let keeper = FileCheckpointer(path: folder.path(of: "none/c"))
        #expect(throws: FileCheckpointer.Failure.file(path: keeper.path, reason: "No such file or directory")) { try keeper.store(Self.begun) }
    }
}
