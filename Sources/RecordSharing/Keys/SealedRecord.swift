import CryptoPrimitives

/// One version of a record sealed under its own data key; this, not the record, is what EMS1 disperses among custodians.
///
/// A data key is used for one version only. The ciphertext is bound to channel, record id and version, so it cannot be passed off as another's.
public enum SealedRecord {
    /// Bytes of a data key (AES-256).
    public static let dataKeyBytes = 32

    /// A fresh random data key.
    public static func newDataKey() -> [UInt8] {
        var random = SystemRandomSource()
        return random.bytes(count: dataKeyBytes)
    }

    /// Seals a record under a data key that was made for this version; layout in `SealedRecordFormat.swift`.
    public static func seal(
        _ record: [UInt8], dataKey: [UInt8], channel: [UInt8], recordID: [UInt8], version: UInt64
    ) throws(RecordKeyError) -> [UInt8] {
        var random = SystemRandomSource()
        return try seal(record, dataKey: dataKey, channel: channel, recordID: recordID, version: version, random: &random)
    }

    /// As the public form, with the randomness for the nonce given.
    package static func seal(
        _ record: [UInt8], dataKey: [UInt8], channel: [UInt8], recordID: [UInt8], version: UInt64, random: inout some RandomSource
    ) throws(RecordKeyError) -> [UInt8] {
        try check(dataKey: dataKey, names: [channel, recordID])
        guard record.count <= Limits.recordBytes - 64 else { throw .recordTooLong(bytes: record.count) }
        let nonce = random.bytes(count: 12)
        let binding = SealedRecordFile.binding(channel: channel, recordID: recordID, version: version)
        do {
            let ciphertext = try AESGCM.seal(record, key: dataKey, nonce: nonce, authenticating: binding)
            return SealedRecordFile(version: version, nonce: nonce, ciphertext: ciphertext).bytes
        } catch {
            throw .cryptographyFailed
        }
    }

    /// Opens a sealed record; throws `doesNotOpen` for another key, channel, record id or version, or changed bytes.
    public static func open(
        _ sealed: [UInt8], dataKey: [UInt8], channel: [UInt8], recordID: [UInt8], version: UInt64
    ) throws(RecordKeyError) -> [UInt8] {
        try check(dataKey: dataKey, names: [channel, recordID])
        let file = try SealedRecordFile(parsing: sealed)
        guard file.version == version else { throw .doesNotOpen("sealed record") }
        let binding = SealedRecordFile.binding(channel: channel, recordID: recordID, version: version)
        do {
            return try AESGCM.open(file.ciphertext, key: dataKey, nonce: file.nonce, authenticating: binding)
        } catch {
            throw .doesNotOpen("sealed record")
        }
    }

    static func check(dataKey: [UInt8], names: [[UInt8]]) throws(RecordKeyError) {
        guard dataKey.count == dataKeyBytes else { throw .badDataKeyLength(bytes: dataKey.count) }
        guard names.allSatisfy({ (1...Limits.nameBytes).contains($0.count) }) else { throw .badName }
    }
}

/// Why a record or its data key could not be sealed, wrapped or opened.
public enum RecordKeyError: Error, Equatable, Sendable, CustomStringConvertible {
    case badDataKeyLength(bytes: Int)
    case badName
    case badKey
    case recordTooLong(bytes: Int)
    case malformed(String)
    case unsupportedSuite(String)
    case doesNotOpen(String)
    case cryptographyFailed

    /// What happened and what to do about it; never holds bytes of a record or key.
    public var description: String {
        switch self {
        case .badDataKeyLength(let bytes): "the data key has \(bytes) bytes; a data key has \(SealedRecord.dataKeyBytes)"
        case .badName: "channel, record id and grant id must each have 1 to \(Limits.nameBytes) bytes"
        case .badKey: "the grantee's key is not a P-256 key in the form asked for; use the key of the grantee's certificate"
        case .recordTooLong(let bytes): "the record has \(bytes) bytes, more than can be sealed in one piece; split it first"
        case .malformed(let item): "these bytes are not a \(item); fetch it again"
        case .unsupportedSuite(let item): "the \(item) uses a suite this version does not know; open it with a newer version"
        case .doesNotOpen(let item): "the \(item) does not open: wrong key, wrong channel, record, version or grant, or changed bytes"
        case .cryptographyFailed: "the cryptographic library refused an operation that cannot fail on valid input"
        }
    }
}
