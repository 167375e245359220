import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Node

@Suite struct CommitteeLinkFormatTests {
    private let link = CommitteeLinkFormat.Link(chain: [UInt8](repeating: 1, count: 32), from: 2, to: 0x0304, lane: .blocks)
    private let binding = CommitteeLinkFormat.Binding(
        serverNonce: [UInt8](repeating: 5, count: 32), clientNonce: [UInt8](repeating: 6, count: 32), clientKey: [UInt8](repeating: 7, count: 32),
        serverKey: [UInt8](repeating: 8, count: 32))

    private func hex(_ byte: String, _ count: Int) -> String { String(repeating: byte, count: count) }

    @Test func `the beginning of a link has exactly these bytes`() throws {
        let place = self.hex("01", 32) + "00000002" + "00000304" + "02"
        let nonces = self.hex("05", 32) + self.hex("06", 32) + self.hex("07", 32) + self.hex("08", 32)
        #expect(
            Hex.encode(CommitteeLinkFormat.signedBytes(self.link, self.binding, asClient: true)) == "53454c564147452d4c494e4b2d4331" + place + nonces)
        #expect(
            Hex.encode(CommitteeLinkFormat.signedBytes(self.link, self.binding, asClient: false)) == "53454c564147452d4c494e4b2d5331" + place + nonces
        )
        let hello = CommitteeLinkFormat.Hello(link: self.link, clientNonce: self.binding.clientNonce, signature: [9, 10])
        #expect(Hex.encode(CommitteeLinkFormat.hello(hello)) == "01" + place + self.hex("06", 32) + "02090a")
        #expect(Hex.encode(CommitteeLinkFormat.challenge(self.binding.serverNonce)) == "01" + self.hex("05", 32))
        #expect(Hex.encode(CommitteeLinkFormat.welcome([9, 10])) == "0102090a")
        #expect(try CommitteeLinkFormat.hello(CommitteeLinkFormat.hello(hello)) == hello)
        #expect(try CommitteeLinkFormat.nonce(ofChallenge: CommitteeLinkFormat.challenge(self.binding.serverNonce)) == self.binding.serverNonce)
        #expect(try CommitteeLinkFormat.signature(ofWelcome: CommitteeLinkFormat.welcome([9, 10])) == [9, 10])
    }

    @Test func `a beginning that is cut, longer, of another version or lane is refused`() {
        let hello = CommitteeLinkFormat.hello(CommitteeLinkFormat.Hello(link: self.link, clientNonce: self.binding.clientNonce, signature: [9, 10]))
        for length in hello.indices { #expect(throws: MessageError.self) { try CommitteeLinkFormat.hello(Array(hello.prefix(length))) } }
        #expect(throws: MessageError.self) { try CommitteeLinkFormat.hello(hello + [0]) }
        #expect(throws: MessageError.self) { try CommitteeLinkFormat.hello([2] + hello.dropFirst()) }
        var otherLane = hello
        otherLane[41] = 4
        #expect(throws: MessageError.self) { try CommitteeLinkFormat.hello(otherLane) }
        for bytes in [[], [1], [2] + self.binding.serverNonce, [1] + self.binding.serverNonce + [0]] {
            #expect(throws: MessageError.self) { try CommitteeLinkFormat.nonce(ofChallenge: bytes) }
        }
        for bytes: [UInt8] in [[], [1], [2, 1, 9], [1, 2, 9], [1, 1, 9, 9]] {
            #expect(throws: MessageError.self) { try CommitteeLinkFormat.signature(ofWelcome: bytes) }
        }
    }
}
