import CZlib

/// One member of a gzip file at work in the system's zlib: bytes go in, pieces of bounded size come out.
///
/// Zlib checks the header, the data, and the check sum and length behind them. Its state knows the address of the stream, so that one
/// stays where it was made.
struct GzipMember: ~Copyable {
    /// Where a member stands after a step.
    enum State {
        case goesOn
        /// Everything has come out, and its check sum is right.
        case ended
        /// It needs more bytes than there are.
        case starved
        case damaged
    }

    /// What a step has done.
    struct Step {
        /// How many of the offered bytes were used.
        let taken: Int
        let piece: [UInt8]
        let state: State
    }

    /// The most bytes that come out of one step.
    static let pieceBytes = 64 << 10
    /// The largest window, 2^15 bytes, and 16 for the gzip format alone.
    private static let windowBits: Int32 = 15 + 16

    private let stream: UnsafeMutablePointer<z_stream>

    /// Nil when there is no memory for it.
    init?() {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard inflateInit2_(stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            stream.deallocate()
            return nil
        }
        self.stream = stream
    }

    deinit {
        inflateEnd(self.stream)
        self.stream.deallocate()
    }

    /// Begins the next member.
    mutating func reset() { inflateReset(self.stream) }

    /// Takes in some bytes and gives a piece out.
    mutating func step(_ input: ArraySlice<UInt8>) -> Step {
        let stream = self.stream
        var code = Z_OK
        var taken = 0
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
            input.withUnsafeBufferPointer { bytes in
                let offered = UInt32(clamping: bytes.count)
                // Zlib only reads there; its type does not say so.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                stream.pointee.avail_in = offered
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(Self.pieceBytes)
                code = inflate(stream, Z_NO_FLUSH)
                taken = Int(offered - stream.pointee.avail_in)
                count = Self.pieceBytes - Int(stream.pointee.avail_out)
                // Neither buffer is there any longer when this returns.
                stream.pointee.next_in = nil
                stream.pointee.next_out = nil
            }
        }
        let state: State =
            switch code {
            case Z_STREAM_END: .ended
            case Z_OK where taken > 0 || !piece.isEmpty: .goesOn
            case Z_OK, Z_BUF_ERROR: .starved
            default: .damaged
            }
        return Step(taken: taken, piece: piece, state: state)
    }
}
