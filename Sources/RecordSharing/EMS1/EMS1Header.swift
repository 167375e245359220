import CryptoPrimitives

/// The 96 bytes H that every share of a record begins with; n and the epoch are left out so that adding a node or refreshing never encrypts again.
///
/// Layout of H in ``EMS1ShareFormat``.
struct EMS1Header: Equatable, Sendable {
    static let magic: [UInt8] = Array("EMS1".utf8)
    static let suite: UInt8 = 1
    static let size = 96
    static let recordIDBytes = 16
    static let tagBytes = 16

    let threshold: Int
    let recordID: [UInt8]
    let sealedLength: Int
    let contextDigest: [UInt8]
    let keyCommitment: [UInt8]

    /// H0, the 64 bytes that the keys are derived under.
    var unkeyed: [UInt8] {
        Self.magic + [Self.suite, UInt8(threshold), 0, 0] + recordID + ByteOrder.bytes(UInt64(sealedLength)) + contextDigest
    }

    var bytes: [UInt8] { unkeyed + keyCommitment }

    /// The length of the ciphertext with its tag.
    var ciphertextLength: Int { sealedLength + Self.tagBytes }

    /// F, the length of each fragment.
    var fragmentLength: Int { (ciphertextLength + threshold - 1) / threshold }

    static func digest(ofContext context: [UInt8]) -> [UInt8] {
        SHA256.hash(concatenating: Array("EMS1/context".utf8), context)
    }

    init(threshold: Int, recordID: [UInt8], sealedLength: Int, contextDigest: [UInt8], keyCommitment: [UInt8]) {
        self.threshold = threshold
        self.recordID = recordID
        self.sealedLength = sealedLength
        self.contextDigest = contextDigest
        self.keyCommitment = keyCommitment
    }

    /// Reads H from the front of a file; the rest of the file is the caller's.
    init(parsing file: [UInt8]) throws(EMS1ShareError) {
        let front = file.prefix(4)
        guard front == Self.magic[..<front.count] else { throw .badMagic }
        guard file.count > 4 else { throw .truncatedShare }
        guard file[4] == Self.suite else { throw .unsupportedSuite }
        guard file.count >= Self.size else { throw .truncatedShare }
        guard file[5] >= 2, file[6] == 0, file[7] == 0 else { throw .badShareFormat }
        let length = ByteOrder.integer(file[24..<32])
        guard length >= UInt64(EMS1Padding.smallest), length <= UInt64(Limits.sealedBytes) else { throw .badShareFormat }
        threshold = Int(file[5])
        recordID = Array(file[8..<24])
        sealedLength = Int(length)
        contextDigest = Array(file[32..<64])
        keyCommitment = Array(file[64..<96])
    }
}
