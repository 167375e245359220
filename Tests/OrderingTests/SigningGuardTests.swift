import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

struct SigningGuardTests {
    private let chain = [UInt8](repeating: 0xC1, count: 32)
    private let id = [UInt8](repeating: 0x1D, count: 32)

    @Test func `the bytes of a guard are fixed`() throws {
        let record = SigningGuard(chain: self.chain, consenter: 0x0102_0304, height: 0x0A0B_0C0D_0E0F, blockID: self.id)
        let golden = """
            01
            c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1
            01020304
            00000a0b0c0d0e0f
            1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d
            54e45f7ee56d3742aee23b9971edd2b563a7d02bbb66e25e46d105f278a5b2ab
            """
        let bytes = SigningGuardFormat.encode(record)
        #expect(Hex.encode(bytes) == Hex.decode(golden).map { Hex.encode($0) })
        #expect(bytes.count == SigningGuardFormat.byteCount)
        #expect(try SigningGuardFormat.decode(bytes) == record)
    }

    @Test func `every flipped bit and every other length is refused`() {
        let bytes = SigningGuardFormat.encode(SigningGuard(chain: self.chain, consenter: 1, height: 5, blockID: self.id))
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: MessageError.self) { try SigningGuardFormat.decode(changed) }
        }
        for length in 0..<bytes.count {
            #expect(throws: MessageError.self) { try SigningGuardFormat.decode(Array(bytes.prefix(length))) }
        }
        #expect(throws: MessageError.self) { try SigningGuardFormat.decode(bytes + [0]) }
    }

    @Test func `no second block of a height and none below is claimed`() throws {
        var record = SigningGuard(chain: self.chain, consenter: 1)
        try record.claim(1, blockID: self.id)
        try record.claim(1, blockID: self.id)
        #expect(throws: OrderingError.secondBlock(1)) { try record.claim(1, blockID: self.chain) }
        try record.claim(5, blockID: self.id)
        #expect(throws: OrderingError.secondBlock(4)) { try record.claim(4, blockID: self.id) }
        #expect(record.height == 5 && record.blockID == self.id)
    }

    @Test func `against the ledger: behind, ahead, equal, contradicting, of another chain`() throws {
        let network = try TestNetwork.shared.get()
        var consenter = try network.consenter()
        let first = try #require(consenter.order(network.batch(1), now: TestNetwork.now).first)
        let position = consenter.position
        // The block was stored, the guard was not.
        var behind = SigningGuard(chain: network.chain, consenter: 1)
        try behind.resume(at: position)
        #expect(behind == first.signingGuard)
        var equal = first.signingGuard
        try equal.resume(at: position)
        #expect(equal == first.signingGuard)
        var ahead = first.signingGuard
        #expect(throws: OrderingError.ledgerBehindGuard(ledger: 0, signed: 1)) { try ahead.resume(at: ChainPosition(genesis: network.genesis)) }
        var other = SigningGuard(chain: network.chain, consenter: 1, height: 1, blockID: self.id)
        #expect(throws: OrderingError.ledgerContradictsGuard(1)) { try other.resume(at: position) }
        var foreign = SigningGuard(chain: self.chain, consenter: 1)
        #expect(throws: OrderingError.foreignGuard) { try foreign.resume(at: position) }
    }
}
