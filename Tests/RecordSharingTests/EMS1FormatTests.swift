import CryptoPrimitives
import Testing

@testable import RecordSharing

/// Golden bytes of the EMS1 files and what their readers refuse.
struct EMS1FormatTests {
    static let header = EMS1Header(
        threshold: 2, recordID: [UInt8](repeating: 0x11, count: 16), sealedLength: 256, contextDigest: [UInt8](repeating: 0x22, count: 32),
        keyCommitment: [UInt8](repeating: 0x33, count: 32))
    static let headerHex = "454d5331" + "01" + "02" + "0000" + hex("11", 16) + "0000000000000100" + hex("22", 32) + hex("33", 32)

    static let share = EMS1Share(
        header: header, epoch: 0x0102_0304, count: 3, index: 2, keyShare: [UInt8](repeating: 0x44, count: 32),
        path: [[UInt8](repeating: 0x55, count: 32)], fragment: [UInt8](repeating: 0x66, count: 136))

    @Test func `a share file has these bytes`() throws {
        let golden = Self.headerHex + "01020304" + "03020100" + hex("44", 32) + hex("55", 32) + hex("66", 136)
        #expect(Base16.encode(Self.share.bytes) == golden)
        #expect(try EMS1Share(parsing: Self.share.bytes) == Self.share)
    }

    @Test func `a key part has these bytes`() throws {
        let part = EMS1KeyPart(of: Self.share)
        let digest = Base16.encode(SHA256.hash([UInt8](repeating: 0x66, count: 136)))
        #expect(Base16.encode(part.bytes) == Self.headerHex + "01020304" + "03020101" + hex("44", 32) + hex("55", 32) + digest)
        #expect(try EMS1KeyPart(parsing: part.bytes) == part)
    }

    @Test func `a fragment file has these bytes`() throws {
        let fragment = EMS1Fragment(
            header: Self.header, count: 3, index: 2, path: [[UInt8](repeating: 0x55, count: 32)], fragment: [UInt8](repeating: 0x66, count: 136))
        #expect(Base16.encode(fragment.bytes) == Self.headerHex + "03020100" + hex("55", 32) + hex("66", 136))
        #expect(try EMS1Fragment(parsing: fragment.bytes) == fragment)
    }

    @Test func `the fragment leaf hashes exactly these bytes`() {
        let expected = SHA256.hash([0] + Array("EMS1/fragment".utf8) + Self.header.bytes + [3, 2] + SHA256.hash([9]))
        let leaf = EMS1Commitment.fragmentLeaf(header: Self.header.bytes, count: 3, index: 2, fragmentDigest: SHA256.hash([9]))
        #expect(leaf == expected)
    }

    /// Where a byte is changed, to what, and how the three readers refuse it.
    @Test(arguments: [
        (0, UInt8(0x58), EMS1ShareError.badMagic), (4, 2, .unsupportedSuite), (5, 0, .badShareFormat), (5, 1, .badShareFormat),
        (6, 1, .badShareFormat), (7, 1, .badShareFormat), (24, 0x7F, .badShareFormat), (30, 0, .badShareFormat), (27, 0xFF, .badShareFormat),
        (100, 1, .badShareFormat), (101, 3, .badShareFormat), (102, 2, .badShareFormat), (103, 2, .badShareFormat), (5, 3, .trailingBytes),
        (30, 2, .truncatedShare),
    ])
    func `a share reader refuses an impossible field`(place: Int, value: UInt8, expected: EMS1ShareError) {
        var bytes = Self.share.bytes
        bytes[place] = value
        #expect(throws: expected) { try EMS1Share(parsing: bytes) }
    }

    @Test func `every shorter file is truncated and every longer one has trailing bytes`() {
        let fragment = EMS1Fragment(header: Self.header, count: 3, index: 2, path: Self.share.path, fragment: Self.share.fragment)
        let part = EMS1KeyPart(of: Self.share)
        for length in 0..<Self.share.bytes.count {
            #expect(throws: EMS1ShareError.truncatedShare) { try EMS1Share(parsing: Array(Self.share.bytes.prefix(length))) }
        }
        for length in 0..<fragment.bytes.count {
            #expect(throws: EMS1ShareError.truncatedShare) { try EMS1Fragment(parsing: Array(fragment.bytes.prefix(length))) }
        }
        for length in 0..<part.bytes.count {
            #expect(throws: EMS1ShareError.truncatedShare) { try EMS1KeyPart(parsing: Array(part.bytes.prefix(length))) }
        }
        #expect(throws: EMS1ShareError.trailingBytes) { try EMS1Share(parsing: Self.share.bytes + [0]) }
        #expect(throws: EMS1ShareError.trailingBytes) { try EMS1Fragment(parsing: fragment.bytes + [0]) }
        #expect(throws: EMS1ShareError.trailingBytes) { try EMS1KeyPart(parsing: part.bytes + [0]) }
    }

    @Test func `random bytes never trap a reader`() {
        var random = SeededSource(41)
        for _ in 0..<300 {
            var bytes = Self.share.bytes
            for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            _ = try? EMS1Share(parsing: bytes)
            _ = try? EMS1Fragment(parsing: bytes)
            _ = try? EMS1KeyPart(parsing: bytes)
        }
    }
}
