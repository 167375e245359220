// share   = "LMS1" mode 0 t n index l payload
// mode    = u8                     ; 1 paper, 2 lossless, 3 block (56 bits, 2^61 - 1)
// t, n    = u16                    ; 2 <= t <= n
// index   = u16                    ; 1...n
// l       = u64                    ; length of the record in bits; zero padding alone would not tell it
// payload = { element }            ; one for each block, ceil(bitlength(p - 1) / 8) bytes each
//
// All integers are big-endian. Golden bytes: Equation1FormatTests.

/// One share of the paper's scheme, with what is needed to recombine it.
public struct LightweightShare: Equatable, Sendable {
    static let magic: [UInt8] = Array("LMS1".utf8)
    static let headerBytes = 20

    /// Which prime is used and how the record is cut.
    public let mode: LightweightSharing.Mode
    /// The threshold t.
    public let threshold: Int
    /// The number of shares n.
    public let count: Int
    /// The index of this share, from 1.
    public let index: Int
    /// The length of the record, in bits.
    public let bitCount: UInt64
    /// The share's numbers, one for each block.
    public let payload: [UInt8]

    init(mode: LightweightSharing.Mode, threshold: Int, count: Int, index: Int, bitCount: UInt64, payload: [UInt8]) {
        self.mode = mode
        self.threshold = threshold
        self.count = count
        self.index = index
        self.bitCount = bitCount
        self.payload = payload
    }

    /// Reads a share file; whether the payload fits is checked when it is recombined.
    public init(parsing file: [UInt8]) throws(LightweightSharingError) {
        guard file.count >= Self.headerBytes, file[..<4] == Self.magic[...], file[5] == 0 else { throw .badShareFormat }
        guard let mode = LightweightSharing.Mode(rawValue: file[4]) else { throw .badShareFormat }
        self.mode = mode
        threshold = Int(ByteOrder.integer(file[6..<8]))
        count = Int(ByteOrder.integer(file[8..<10]))
        index = Int(ByteOrder.integer(file[10..<12]))
        bitCount = ByteOrder.integer(file[12..<20])
        payload = Array(file[20...])
        guard threshold >= 2, count >= threshold, (1...count).contains(index) else { throw .badShareFormat }
    }

    /// The share as a file.
    public var bytes: [UInt8] {
        Self.magic + [mode.rawValue, 0] + ByteOrder.bytes(UInt16(truncatingIfNeeded: threshold)) + ByteOrder.bytes(UInt16(truncatingIfNeeded: count))
            + ByteOrder.bytes(UInt16(truncatingIfNeeded: index)) + ByteOrder.bytes(bitCount) + payload
    }

    func belongs(with other: LightweightShare) -> Bool {
        mode == other.mode && threshold == other.threshold && count == other.count && bitCount == other.bitCount
    }
}
