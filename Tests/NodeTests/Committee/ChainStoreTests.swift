import CryptoPrimitives
import Foundation
import Ledger
import LedgerModel
import TestSupport
import Testing

@testable import Node

/// A member's blocks after a crash: what was never finished goes, what was durable is never cut off in silence.
@Suite struct ChainStoreTests {
    /// What a crash, or the years, can make of the last block without changing the size of the file.
    enum Tear: CaseIterable {
        case zeros, halfZeros, headAndData, head
    }

    private static let segment = "member/blocks/" + BlockFileFormat.fileName(segment: 0)

    private let folder: TemporaryFolder
    private let blocks: [OrderedBlock]

    init() throws {
        self.folder = try TemporaryFolder("selvage-chain")
        self.blocks = (0..<20).map { number in
            OrderedBlock(number: BlockNumber(number), previousHash: [], envelopes: [[UInt8](repeating: UInt8(number) | 1, count: 900)])
        }
    }

    private func open(_ acknowledged: UInt64?, joined: [OrderedBlock] = []) throws -> ChainStore {
        try ChainStore(
            folder: self.folder.path(of: "member"), genesis: self.blocks[0], joined: joined, acknowledgedHeight: acknowledged, recent: 3,
            files: SystemFiles())
    }

    private func fill(upTo last: Int) throws {
        let store = try self.open(0)
        for block in self.blocks[1...last] { try store.append(block) }
        store.close()
    }

    /// Damages the frame of a block.
    private func tear(_ block: OrderedBlock, _ tear: Tear, isLast: Bool = true) throws {
        var bytes = try #require(self.folder.read(Self.segment))
        let content = block.serialized()
        let head = BlockFileFormat.frameHeadSizeBytes
        let end = bytes.count
        let start = try #require((0...(end - content.count)).last { Array(bytes[$0..<($0 + content.count)]) == content }) - head
        let size = head + content.count
        #expect(!isLast || start + size == end)
        let (from, to) =
            switch tear {
            case .zeros: (start + head, start + size)
            case .halfZeros: (start + head + content.count / 2, start + size)
            case .headAndData: (start + 5, start + head + 40)
            case .head: (start + 1, start + 9)
            }
        for index in from..<to { bytes[index] = tear == .head ? 0xA5 : 0 }
        try self.folder.write(bytes, to: Self.segment)
    }

    private func forget() throws {
        try FileManager.default.removeItem(atPath: self.folder.path(of: "member/" + StoredHeadFile.name))
    }

    private func damage(_ acknowledged: UInt64?, joined: [OrderedBlock] = []) -> BlockDamage? {
        do {
            _ = try self.open(acknowledged, joined: joined)
        } catch BlockStoreError.damaged(let damage) {
            return damage
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }

    @Test func `the bytes of a stored head are pinned, and any flipped bit makes it nothing`() throws {
        let bytes = StoredHeadFormat.encode(height: 0x0102_0304_0506_0708)
        #expect(Base16.encode(Array(bytes.prefix(16))) == "53454c56484544010102030405060708")
        #expect(Array(bytes.suffix(8)) == Array(SHA256.hash(Array(bytes.prefix(16))).prefix(8)))
        #expect(bytes.count == StoredHeadFormat.sizeBytes && StoredHeadFormat.decode(bytes) == 0x0102_0304_0506_0708)
        for bit in 0..<(bytes.count * 8) {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            #expect(StoredHeadFormat.decode(flipped) == nil, "bit \(bit)")
        }
        for size in 0..<bytes.count { #expect(StoredHeadFormat.decode(Array(bytes.prefix(size))) == nil) }
        #expect(StoredHeadFormat.decode(bytes + [0]) == nil)
    }

    @Test(arguments: Tear.allCases)
    func `a last block that nobody knows to have been durable is cut off and can be stored again`(tear: Tear) throws {
        try self.fill(upTo: 5)
        try self.tear(self.blocks[5], tear)
        // The power was lost with the block, and the note of it, on their way to the disk.
        try self.forget()
        // A record of height 5: the blocks below it were durable.
        let store = try self.open(5)
        #expect(store.last == self.blocks[4])
        #expect(try store.block(5) == nil)
        try store.append(self.blocks[5])
        store.close()
        #expect(try self.open(6).last == self.blocks[5])
    }

    @Test(arguments: Tear.allCases)
    func `a block that was durable is reported as damaged, whoever knows it`(tear: Tear) throws {
        try self.fill(upTo: 5)
        try self.tear(self.blocks[5], tear)
        let before = self.folder.read(Self.segment)
        // The stored head knows it, though the record does not yet.
        for known in [0, 5] as [UInt64] { #expect(self.damage(known)?.block == 5) }
        try self.forget()
        // The record knows it: one of height 6 is written when block 5 is durable. Without a record nothing is known, and nothing is cut.
        for known in [6, 7, nil] as [UInt64?] { #expect(self.damage(known)?.block == 5) }
        #expect(self.folder.read(Self.segment) == before)
    }

    @Test(arguments: Tear.allCases)
    func `a block with others behind it was durable whatever is known`(tear: Tear) throws {
        try self.fill(upTo: 5)
        try self.tear(self.blocks[3], tear, isLast: false)
        try self.forget()
        #expect(self.damage(0)?.block == 3)
    }

    @Test func `a damaged stored head says nothing, and one that is ahead of lost files is taken back`() throws {
        try self.fill(upTo: 5)
        let name = "member/" + StoredHeadFile.name
        var head = try #require(self.folder.read(name))
        #expect(StoredHeadFormat.decode(head) == 6)
        head[9] ^= 1
        try self.folder.write(head, to: name)
        #expect(try self.open(5).last == self.blocks[5])
        #expect(self.folder.read(name).flatMap(StoredHeadFormat.decode) == 6)

        // Somebody has put an old copy of the block files back.
        var bytes = try #require(self.folder.read(Self.segment))
        bytes.removeLast(2 * (BlockFileFormat.frameHeadSizeBytes + self.blocks[5].serialized().count))
        try self.folder.write(bytes, to: Self.segment)
        do {
            let store = try self.open(5)
            #expect(store.last == self.blocks[3])
            #expect(self.folder.read(name).flatMap(StoredHeadFormat.decode) == 4)
            try store.append(self.blocks[4])
        }
        #expect(self.folder.read(name).flatMap(StoredHeadFormat.decode) == 5)
    }

    @Test func `the blocks of a member that joined in the middle are counted from where it began`() throws {
        let joined = Array(self.blocks[10...12])
        do {
            let store = try self.open(nil, joined: joined)
            #expect(store.first == 10 && store.last == self.blocks[12])
        }
        try self.tear(self.blocks[12], .halfZeros)
        #expect(self.damage(12, joined: joined)?.block == 3)
        try self.forget()
        #expect(self.damage(13, joined: joined)?.block == 3)
        // It is one of those that the member joined with, so it is there again at once.
        let store = try self.open(12, joined: joined)
        #expect(store.last == self.blocks[12])
        #expect(try store.block(12) == self.blocks[12].serialized())
    }
}
