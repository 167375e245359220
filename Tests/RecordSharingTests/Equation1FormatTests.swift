import CryptoPrimitives
import Testing

@testable import RecordSharing

struct Equation1FormatTests {
    @Test func `a share file has these bytes`() throws {
        let share = LightweightShare(mode: .lossless, threshold: 4, count: 7, index: 5, bitCount: 0x0102, payload: [0xAA, 0xBB])
        #expect(Base16.encode(share.bytes) == "4c4d5331" + "0200" + "0004" + "0007" + "0005" + "0000000000000102" + "aabb")
        #expect(try LightweightShare(parsing: share.bytes) == share)
    }

    @Test(arguments: [(0, UInt8(0)), (4, 0), (4, 4), (5, 1), (7, 1), (7, 8), (9, 3), (11, 0), (11, 8)])
    func `a share reader refuses an impossible field`(place: Int, value: UInt8) {
        var bytes = LightweightShare(mode: .paper, threshold: 4, count: 7, index: 5, bitCount: 8, payload: []).bytes
        bytes[place] = value
        #expect(throws: LightweightSharingError.badShareFormat) { try LightweightShare(parsing: bytes) }
    }

    @Test func `a file shorter than the header is refused`() {
        let bytes = LightweightShare(mode: .paper, threshold: 4, count: 7, index: 5, bitCount: 8, payload: []).bytes
        for length in 0..<bytes.count {
            #expect(throws: LightweightSharingError.badShareFormat) { try LightweightShare(parsing: Array(bytes.prefix(length))) }
        }
    }
}
