import CryptoPrimitives
import RecordSharing

/// A record version sealed on the patient's device and split for its custodians.
package struct SealedUpload: Sendable {
    /// 32 hexadecimal digits, random.
    package let recordID: String
    package let version: UInt64
    /// The key under which the record is sealed; it stays with the patient and is wrapped for each grantee.
    package let dataKey: [UInt8]
    package let shared: SharedRecord
    /// What each custodian is given to hold, in index order (`CustodyShareFormat`).
    package let custody: [[UInt8]]

    package init(recordID: String, version: UInt64, dataKey: [UInt8], shared: SharedRecord, custody: [[UInt8]]) {
        self.recordID = recordID
        self.version = version
        self.dataKey = dataKey
        self.shared = shared
        self.custody = custody
    }
}

/// Seals records for custodians and opens what they release (record-sharing design, section 0): the patient's and the grantee's side.
package enum RecordVault {
    /// Seals an authored record under a fresh key and disperses the ciphertext.
    ///
    /// - Parameters:
    ///   - threshold: How many shares open the dispersal, at least 2.
    ///   - custodians: How many shares are made.
    package static func seal(
        _ authored: AuthoredRecord, channel: String, recordID: String, version: UInt64, threshold: Int, custodians: Int
    ) throws -> SealedUpload {
        let dataKey = SealedRecord.newDataKey()
        let sealed = try SealedRecord.seal(
            AuthoredRecordFormat.encode(authored), dataKey: dataKey, channel: Array(channel.utf8), recordID: Array(recordID.utf8),
            version: version)
        let shared = try EMS1.seal(
            record: sealed, context: self.context(channel: channel, recordID: recordID, version: version), threshold: threshold,
            shares: custodians)
        var custody: [[UInt8]] = []
        for (share, fragment) in zip(shared.shares, shared.fragments) {
            custody.append(CustodyShareFormat.encode(keyPart: try EMS1.keyPart(ofShare: share), fragment: fragment))
        }
        return SealedUpload(recordID: recordID, version: version, dataKey: dataKey, shared: shared, custody: custody)
    }

    /// Wraps the data key of an upload for a grantee.
    package static func wrap(_ dataKey: [UInt8], to key: SealingKey, channel: String, recordID: String, version: UInt64, grant: String) throws
        -> [UInt8]
    {
        try RecordKeyWrap.wrap(
            dataKey: dataKey, to: key, binding: self.binding(channel: channel, recordID: recordID, version: version, grant: grant))
    }

    /// Reconstructs the sealed object from shares, checked one by one against the commitment, and opens it with the wrapped key.
    ///
    /// - Returns: The record and the verdict on each share; nothing is returned unless all of it is authentic.
    package static func open(
        shares: [[UInt8]], commitment: [UInt8], wrappedKey: [UInt8], with key: UnsealingKey, channel: String, recordID: String,
        version: UInt64, grant: String
    ) throws -> (authored: AuthoredRecord, verdicts: [EMS1ShareVerdict]) {
        let opening = try EMS1.open(
            shares: shares, commitment: commitment, context: self.context(channel: channel, recordID: recordID, version: version))
        let dataKey = try RecordKeyWrap.unwrap(
            wrappedKey, with: key, binding: self.binding(channel: channel, recordID: recordID, version: version, grant: grant))
        let bytes = try SealedRecord.open(
            opening.record, dataKey: dataKey, channel: Array(channel.utf8), recordID: Array(recordID.utf8), version: version)
        guard let authored = AuthoredRecordFormat.decode(bytes) else { throw RecordVaultError.notAnAuthoredRecord }
        return (authored, opening.verdicts)
    }

    /// What the dispersal is bound to.
    package static func context(channel: String, recordID: String, version: UInt64) -> [UInt8] {
        Array("\(channel)|\(recordID)|\(version)".utf8)
    }

    private static func binding(channel: String, recordID: String, version: UInt64, grant: String) -> RecordKeyBinding {
        RecordKeyBinding(
            channel: Array(channel.utf8), recordID: Array(recordID.utf8), version: version, grantID: Array(grant.utf8))
    }
}

/// What was opened is authentic but not what it should be.
package enum RecordVaultError: Error, Hashable, Sendable, CustomStringConvertible {
    case notAnAuthoredRecord

    package var description: String {
        "the sealed object opened, but it does not hold a record with its author's signature; ask the patient to upload it again"
    }
}
