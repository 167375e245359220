import CryptoPrimitives
import RecordSharing
import SelvageClient
import TestSupport
import Testing

/// The bytes of authored records and of custodians' holdings.
@Suite struct RecordFormatTests {
    private let authored = AuthoredRecord(author: "dr-ä", signature: [0x30, 0x00], record: [0xAA, 0xBB, 0xCC])

    @Test func `the golden bytes of an authored record`() throws {
        let golden = try #require(
            Hex.decode(
                """
                53415231
                0005 64722dc3a4
                0002 3000
                aabbcc
                """))
        #expect(AuthoredRecordFormat.encode(self.authored) == golden)
        #expect(AuthoredRecordFormat.decode(golden) == self.authored)
    }

    @Test func `the golden bytes that an author signs`() throws {
        let golden = try #require(
            Hex.decode(
                """
                73656c766167652f7265636f72642f76312f617574686f72 00
                0002 6472
                0004 63617265
                0003 303162
                0102030405060708
                aabb
                """))
        let bytes = AuthoredRecordFormat.signedBytes(
            author: "dr", channel: "care", recordID: "01b", version: 0x0102_0304_0506_0708, record: [0xAA, 0xBB])
        #expect(bytes == golden)
    }

    @Test func `an authored record without text or record is read back`() {
        let empty = AuthoredRecord(author: "", signature: [], record: [])
        #expect(AuthoredRecordFormat.decode(AuthoredRecordFormat.encode(empty)) == empty)
    }

    @Test func `an authored record that is cut, of another kind or not UTF-8 is refused`() {
        let bytes = AuthoredRecordFormat.encode(self.authored)
        let head = bytes.count - self.authored.record.count
        for length in 0..<head {
            #expect(AuthoredRecordFormat.decode(Array(bytes.prefix(length))) == nil, "\(length)")
        }
        #expect(AuthoredRecordFormat.decode(Array("SAR2".utf8) + bytes.dropFirst(4)) == nil)
        #expect(AuthoredRecordFormat.decode(Array("SAR1".utf8) + [0, 1, 0xFF, 0, 0]) == nil)
        #expect(AuthoredRecordFormat.decode(Array("SAR1".utf8) + [0xFF, 0xFF]) == nil)
    }

    @Test func `an author's signature is for this record, id, version, channel and author`() throws {
        var random = SeededRandomSource(exactSeed: 0xA07)
        let key = try SigningKey(rawScalar: random.bytes(count: 32))
        let other = try SigningKey(rawScalar: random.bytes(count: 32))
        let signature = try key.sign(
            AuthoredRecordFormat.signedBytes(author: "dr", channel: "care", recordID: "01", version: 2, record: [1, 2]))
        let good = AuthoredRecord(author: "dr", signature: signature, record: [1, 2])
        #expect(good.isSigned(by: key.publicKey, channel: "care", recordID: "01", version: 2))
        #expect(!good.isSigned(by: other.publicKey, channel: "care", recordID: "01", version: 2))
        #expect(!good.isSigned(by: key.publicKey, channel: "car", recordID: "e01", version: 2))
        #expect(!good.isSigned(by: key.publicKey, channel: "care", recordID: "02", version: 2))
        #expect(!good.isSigned(by: key.publicKey, channel: "care", recordID: "01", version: 3))
        let changed = AuthoredRecord(author: "dr", signature: signature, record: [1, 2, 0])
        #expect(!changed.isSigned(by: key.publicKey, channel: "care", recordID: "01", version: 2))
        let claimed = AuthoredRecord(author: "dx", signature: signature, record: [1, 2])
        #expect(!claimed.isSigned(by: key.publicKey, channel: "care", recordID: "01", version: 2))
    }

    // MARK: What a custodian holds

    private func shared() throws -> SharedRecord {
        var random = SeededRandomSource(exactSeed: 0x5CA)
        return try EMS1.seal(record: random.bytes(count: 100), context: [1], threshold: 2, shares: 3, random: &random)
    }

    @Test func `a holding is its mark, the key part's length, the key part and the fragment`() throws {
        let shared = try self.shared()
        for index in 0..<3 {
            let keyPart = try EMS1.keyPart(ofShare: shared.shares[index])
            let bytes = CustodyShareFormat.encode(keyPart: keyPart, fragment: shared.fragments[index])
            let length = keyPart.count
            #expect(length < 65_536)
            let golden = [0x53, 0x43, 0x53, 0x31, 0, 0, UInt8(length >> 8), UInt8(length & 0xFF)] + keyPart + shared.fragments[index]
            #expect(bytes == golden)
            let holding = try #require(CustodyShareFormat.decode(bytes))
            #expect(holding.index == index)
            #expect(holding.share == shared.shares[index])
            #expect(holding.fragment == shared.fragments[index])
        }
    }

    @Test func `a holding that is cut, or made of halves of two shares, is refused`() throws {
        let shared = try self.shared()
        let parts = try shared.shares.map { try EMS1.keyPart(ofShare: $0) }
        let bytes = CustodyShareFormat.encode(keyPart: parts[0], fragment: shared.fragments[0])
        for length in 0..<bytes.count {
            #expect(CustodyShareFormat.decode(Array(bytes.prefix(length))) == nil, "\(length)")
        }
        #expect(CustodyShareFormat.decode(CustodyShareFormat.encode(keyPart: parts[0], fragment: shared.fragments[1])) == nil)
        #expect(CustodyShareFormat.decode(CustodyShareFormat.encode(keyPart: shared.fragments[0], fragment: parts[0])) == nil)
        for length: [UInt8] in [[0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0], [0x7F, 0xFF, 0xFF, 0xFF]] {
            #expect(CustodyShareFormat.decode(Array(bytes[..<4]) + length + bytes[8...]) == nil)
        }
        #expect(CustodyShareFormat.decode(shared.shares[0]) == nil)
    }

    /// The share and the fragment have commitments of their own; a change is caught by one of them.
    @Test func `a flipped bit of a holding never traps and is found by the commitments`() throws {
        let shared = try self.shared()
        let bytes = CustodyShareFormat.encode(keyPart: try EMS1.keyPart(ofShare: shared.shares[1]), fragment: shared.fragments[1])
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 0x10
            guard let holding = CustodyShareFormat.decode(flipped) else { continue }
            let isShareGood = (try? EMS1.verify(share: holding.share, commitment: shared.commitment)) != nil
            let isFragmentGood = (try? EMS1.verifyFragment(holding.fragment, commitment: shared.fragmentCommitment)) != nil
            #expect(!(isShareGood && isFragmentGood), "byte \(index)")
        }
    }
}
