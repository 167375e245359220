// sealedRecord = "SRC1" suite 0 0 0 version nonce ciphertext tag
// suite        = 1                 ; u8, AES-256-GCM
// version      = u64               ; of the record, from 1; big-endian
// nonce        = 12 bytes, random
// ciphertext   = as long as the record
// tag          = 16 bytes
//
// Authenticated beside it, and not stored:
// binding      = "selvage/sealed-record/1" channel recordID version
// channel, recordID = u16 length and the bytes
//
// Golden bytes: SealedRecordFormatTests.

/// A sealed record as a file, read and bounded but not yet opened.
struct SealedRecordFile: Equatable {
    static let magic: [UInt8] = Array("SRC1".utf8)
    static let suite: UInt8 = 1
    static let headerBytes = 28
    static let label: [UInt8] = Array("selvage/sealed-record/1".utf8)

    let version: UInt64
    let nonce: [UInt8]
    /// The ciphertext with its tag.
    let ciphertext: [UInt8]

    init(version: UInt64, nonce: [UInt8], ciphertext: [UInt8]) {
        self.version = version
        self.nonce = nonce
        self.ciphertext = ciphertext
    }

    init(parsing file: [UInt8]) throws(RecordKeyError) {
        guard file.count >= Self.headerBytes + 16, file[..<4] == Self.magic[...] else { throw .malformed("sealed record") }
        guard file[4] == Self.suite else { throw .unsupportedSuite("sealed record") }
        guard file[5..<8].allSatisfy({ $0 == 0 }) else { throw .malformed("sealed record") }
        version = ByteOrder.integer(file[8..<16])
        nonce = Array(file[16..<28])
        ciphertext = Array(file[28...])
    }

    var bytes: [UInt8] { Self.magic + [Self.suite, 0, 0, 0] + ByteOrder.bytes(version) + nonce + ciphertext }

    static func binding(channel: [UInt8], recordID: [UInt8], version: UInt64) -> [UInt8] {
        label + ByteOrder.prefixed(channel) + ByteOrder.prefixed(recordID) + ByteOrder.bytes(version)
    }
}
