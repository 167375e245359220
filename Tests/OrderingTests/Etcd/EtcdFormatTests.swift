import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

struct EtcdFormatTests {
    private let keys = EtcdKeyFormat(root: "selvage", chain: [UInt8](repeating: 0xAB, count: 32))
    private let prefix = "selvage/" + String(repeating: "ab", count: 32) + "/"

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `keys and texts are pinned`() {
        let hash = [UInt8](repeating: 1, count: 32)
        #expect(self.text(self.keys.head) == self.prefix + "head")
        #expect(self.text(self.keys.leader) == self.prefix + "leader")
        #expect(self.text(self.keys.block(7)) == self.prefix + "b/00000000000000000007")
        #expect(
            self.text(self.keys.part(7, hash: hash, index: 3)) == self.prefix + "p/00000000000000000007/" + String(repeating: "01", count: 32)
                + "/0003")
        #expect(self.text(self.keys.ack("a:1")) == self.prefix + "ack/a:1")
        #expect(self.text(EtcdKeyFormat.headValue(height: 7, hash: hash)) == "7 " + String(repeating: "01", count: 32))
    }

    @Test func `a watch sees blocks, head and leader, and neither parts nor acks`() {
        func isWatched(_ key: [UInt8]) -> Bool {
            !key.lexicographicallyPrecedes(self.keys.watched) && key.lexicographicallyPrecedes(self.keys.watchedEnd)
        }
        #expect(isWatched(self.keys.block(.max)) && isWatched(self.keys.block(0)) && isWatched(self.keys.head) && isWatched(self.keys.leader))
        #expect(!isWatched(self.keys.ack("a:1")) && !isWatched(self.keys.part(1, hash: [], index: 0)))
    }

    @Test func `heights and heads are read back, and nothing else is taken for one`() {
        #expect(self.keys.height(ofBlock: self.keys.block(.max)) == .max)
        #expect(self.keys.height(ofBlock: self.keys.head) == nil)
        #expect(self.keys.height(ofBlock: self.keys.block(1).dropLast() + [UInt8(ascii: "x")]) == nil)
        let value = EtcdKeyFormat.headValue(height: 12, hash: [UInt8](repeating: 9, count: 32))
        #expect(EtcdKeyFormat.head(in: value)?.height == 12)
        for wrong in ["", "12", "12 ", " " + String(repeating: "09", count: 32), "x " + String(repeating: "09", count: 32), "12 0909"] {
            #expect(EtcdKeyFormat.head(in: Array(wrong.utf8)) == nil)
        }
        #expect(EtcdKeyFormat.ack(in: EtcdKeyFormat.ackValue(.max)) == .max)
        #expect(EtcdKeyFormat.ack(in: Array("99999999999999999999999".utf8)) == nil)
    }

    @Test func `the mark of a crash certificate is pinned`() {
        let mark = CrashCertificateFormat.encode(leadership: 258, timeMs: 3)
        #expect(Base16.encode(mark) == "53454c564147452d4352415348" + "01" + "0000000000000102" + "0000000000000003")
        #expect(CrashCertificateFormat.decode(mark)?.leadership == 258)
        #expect(CrashCertificateFormat.decode(mark)?.timeMs == 3)
        #expect(CrashCertificateFormat.decode(Array(mark.dropLast())) == nil)
        #expect(CrashCertificateFormat.decode(mark + [0]) == nil)
        #expect(CrashCertificateFormat.decode([]) == nil)
    }

    @Test func `a block comes back from one value and from parts`() throws {
        let block = OrderedBlock(number: 5, previousHash: [1], envelopes: [[1, 2, 3], [], [UInt8](repeating: 7, count: 500)]).with(.orderer, [9])
        let small = EtcdBlockFormat.record(of: block)
        #expect(small.parts.isEmpty && small.value.first == 1)
        #expect(try EtcdBlockFormat.content(of: small.value) == .whole(block))
        let large = EtcdBlockFormat.record(of: block, wholeBytes: 10, partBytes: 100)
        #expect(large.parts.map(\.count) == [100, 100, 100, 100, 100, 15])
        #expect(Base16.encode(Array(large.value.prefix(11))) == "02" + "0000000000000203" + "0006")
        guard case .head(let head, let size, let count) = try EtcdBlockFormat.content(of: large.value) else {
            Issue.record("no head")
            return
        }
        #expect(count == 6 && head.headerHash == block.headerHash)
        #expect(try EtcdBlockFormat.block(head, bodyBytes: size, parts: large.parts) == block)
        #expect(throws: MessageError.self) { try EtcdBlockFormat.block(head, bodyBytes: size, parts: Array(large.parts.dropLast())) }
    }

    @Test func `values that are no blocks are refused`() {
        for wrong: [UInt8] in [
            [], [0], [3, 1], [1, 0xFF], [2, 0], [2] + [UInt8](repeating: 0xFF, count: 20), [2] + [UInt8](repeating: 0, count: 10),
        ] {
            #expect(throws: MessageError.self) { try EtcdBlockFormat.content(of: wrong) }
        }
        let head = OrderedBlock(number: 5, previousHash: [1], envelopes: [])
        for wrong: [UInt8] in [[0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 2, 1]] {
            #expect(throws: MessageError.self) { try EtcdBlockFormat.block(head, bodyBytes: wrong.count, parts: [wrong]) }
        }
    }
}
