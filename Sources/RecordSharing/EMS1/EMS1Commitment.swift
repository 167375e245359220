import CryptoPrimitives

/// The published commitment of a record: one hash over the header, epoch, n and the root of the tree of share hashes.
///
/// Each leaf holds a uniformly random key share, so the root gives nobody anything to test guesses against.
enum EMS1Commitment {
    static func leaf(header: [UInt8], epoch: UInt32, count: Int, index: Int, keyShare: [UInt8], fragmentDigest: [UInt8]) -> [UInt8] {
        SHA256.hash(
            concatenating: [0], Array("EMS1/leaf".utf8), header, ByteOrder.bytes(epoch), [UInt8(count), UInt8(index)], keyShare, fragmentDigest)
    }

    static func commitment(header: [UInt8], epoch: UInt32, count: Int, root: [UInt8]) -> [UInt8] {
        SHA256.hash(concatenating: Array("EMS1/root".utf8), header, ByteOrder.bytes(epoch), [UInt8(count)], root)
    }

    static func fragmentLeaf(header: [UInt8], count: Int, index: Int, fragmentDigest: [UInt8]) -> [UInt8] {
        SHA256.hash(concatenating: [0], Array("EMS1/fragment".utf8), header, [UInt8(count), UInt8(index)], fragmentDigest)
    }
}
