import CryptoPrimitives

/// What a wrapped data key is for; a wrap opens only under the very same channel, record, version and grant.
public struct RecordKeyBinding: Equatable, Sendable {
    /// The channel's name.
    public let channel: [UInt8]
    /// The record's id on the channel.
    public let recordID: [UInt8]
    /// The version of the record.
    public let version: UInt64
    /// The grant under which the key is given.
    public let grantID: [UInt8]

    /// Each name has 1 to 1024 bytes; this is checked when wrapping and unwrapping.
    public init(channel: [UInt8], recordID: [UInt8], version: UInt64, grantID: [UInt8]) {
        self.channel = channel
        self.recordID = recordID
        self.version = version
        self.grantID = grantID
    }
}

/// Wraps the data key of one record version to one grantee by HPKE (RFC 9180); layout in `RecordKeyWrapFormat.swift`.
public enum RecordKeyWrap {
    /// Wraps to a P-256 public key in uncompressed form (65 bytes).
    public static func wrap(dataKey: [UInt8], to publicKey: [UInt8], binding: RecordKeyBinding) throws(RecordKeyError) -> [UInt8] {
        let key: SealingKey
        do { key = try SealingKey(x963: publicKey) } catch { throw .badKey }
        return try wrap(dataKey: dataKey, to: key, binding: binding)
    }

    /// Wraps to a grantee's sealing key.
    package static func wrap(dataKey: [UInt8], to key: SealingKey, binding: RecordKeyBinding) throws(RecordKeyError) -> [UInt8] {
        try SealedRecord.check(dataKey: dataKey, names: [binding.channel, binding.recordID, binding.grantID])
        do {
            let box = try key.seal(dataKey, info: RecordKeyWrapFile.info, authenticating: binding.bytes)
            return RecordKeyWrapFile(box: box.bytes).bytes
        } catch {
            throw .cryptographyFailed
        }
    }

    /// Unwraps with the P-256 private scalar (32 bytes) of the grantee.
    public static func unwrap(_ wrap: [UInt8], privateKey: [UInt8], binding: RecordKeyBinding) throws(RecordKeyError) -> [UInt8] {
        let key: UnsealingKey
        do { key = try UnsealingKey(rawScalar: privateKey) } catch { throw .badKey }
        return try unwrap(wrap, with: key, binding: binding)
    }

    /// Unwraps with the grantee's unsealing key; throws `doesNotOpen` for another key or binding.
    package static func unwrap(_ wrap: [UInt8], with key: UnsealingKey, binding: RecordKeyBinding) throws(RecordKeyError) -> [UInt8] {
        let file = try RecordKeyWrapFile(parsing: wrap)
        do {
            return try key.open(try SealedBox(bytes: file.box), info: RecordKeyWrapFile.info, authenticating: binding.bytes)
        } catch {
            throw .doesNotOpen("key wrap")
        }
    }
}
