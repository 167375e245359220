import CryptoPrimitives
import Node
import TestSupport
import Testing

/// The bytes that grantees and custodians sign.
@Suite struct CustodianFormatTests {
    private func request(
        channel: String = "care", record: String = "ab", grant: String = "g", requester: String = "dr-ä", nonce: [UInt8] = Array(0...15)
    ) -> ShareRequest {
        ShareRequest(
            channel: channel, record: record, version: 0x0102_0304_0506_0708, grant: grant, requester: requester, nonce: nonce, seconds: -2)
    }

    @Test func `the golden bytes of a request`() throws {
        let golden = try #require(
            Hex.decode(
                """
                73656c766167652f637573746f6469616e2f76312f72657175657374 00
                0004 63617265
                0002 6162
                0102030405060708
                0001 67
                0005 64722dc3a4
                000102030405060708090a0b0c0d0e0f
                fffffffffffffffe
                """))
        #expect(ShareRequestFormat.encode(self.request()) == golden)
    }

    @Test func `the golden bytes of a receipt`() throws {
        let golden = try #require(
            Hex.decode(
                """
                73656c766167652f637573746f6469616e2f76312f72656365697074 00
                0001 68
                0002 6162
                0000000000000003
                0002 6731
                0002 6472
                0102
                000000000000002a
                00000000684ee180
                """ + String(repeating: "cd", count: 32)))
        let receipt = ReleaseReceipt(
            custodian: "h", record: "ab", version: 3, grant: "g1", requester: "dr", index: 0x0102, height: 42, seconds: 1_750_000_000,
            requestHash: [UInt8](repeating: 0xCD, count: 32))
        #expect(ReleaseReceiptFormat.encode(receipt) == golden)
    }

    @Test func `neighbouring texts do not run into each other`() {
        let bytes = ShareRequestFormat.encode(self.request(channel: "ab", record: "c"))
        #expect(bytes != ShareRequestFormat.encode(self.request(channel: "a", record: "bc")))
        #expect(
            ShareRequestFormat.encode(self.request(grant: "g", requester: "dr"))
                != ShareRequestFormat.encode(self.request(grant: "gd", requester: "r")))
    }

    @Test func `texts that look alike are different bytes`() {
        #expect(
            ShareRequestFormat.encode(self.request(requester: "caf\u{E9}")) != ShareRequestFormat.encode(self.request(requester: "cafe\u{301}")))
    }

    @Test func `a text of any length is written without a trap`() {
        let long = String(repeating: "x", count: 70_000)
        #expect(ShareRequestFormat.encode(self.request(grant: long)).count > 65_535)
    }

    @Test func `requests and receipts have labels of their own`() {
        #expect(ShareRequestFormat.label != ReleaseReceiptFormat.label)
        #expect(ShareRequestFormat.nonceBytes == 16)
    }
}
