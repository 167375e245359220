// wrap            = "RKW1" suite 0 0 0 encapsulatedKey ciphertext tag
// suite           = 1              ; u8, HPKE base mode (RFC 9180), DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM
// encapsulatedKey = 65 bytes       ; uncompressed point
// ciphertext      = 32 bytes       ; the data key
// tag             = 16 bytes
//
// info            = "selvage/record-key/1"
// binding         = channel recordID version grantID       ; authenticated, not stored
// channel, recordID, grantID = u16 length and the bytes
// version         = u64, big-endian
//
// Golden bytes: RecordKeyWrapFormatTests.

import CryptoPrimitives

/// A wrapped data key as a file, read and bounded but not yet opened.
struct RecordKeyWrapFile: Equatable {
    static let magic: [UInt8] = Array("RKW1".utf8)
    static let suite: UInt8 = 1
    static let headerBytes = 8
    static let size = headerBytes + 65 + SealedRecord.dataKeyBytes + 16
    static let info: [UInt8] = Array("selvage/record-key/1".utf8)

    /// The encapsulated key and the ciphertext with its tag.
    let box: [UInt8]

    init(box: [UInt8]) {
        self.box = box
    }

    init(parsing file: [UInt8]) throws(RecordKeyError) {
        guard file.count == Self.size, file[..<4] == Self.magic[...] else { throw .malformed("key wrap") }
        guard file[4] == Self.suite else { throw .unsupportedSuite("key wrap") }
        guard file[5..<8].allSatisfy({ $0 == 0 }) else { throw .malformed("key wrap") }
        box = Array(file[Self.headerBytes...])
    }

    var bytes: [UInt8] { Self.magic + [Self.suite, 0, 0, 0] + box }
}

extension RecordKeyBinding {
    /// The bytes that HPKE authenticates.
    var bytes: [UInt8] {
        ByteOrder.prefixed(channel) + ByteOrder.prefixed(recordID) + ByteOrder.bytes(version) + ByteOrder.prefixed(grantID)
    }
}
