import CryptoPrimitives

/// The two JSON files of a snapshot, byte for byte as Fabric writes them: four spaces of indentation, fields in this order, no newline at the end.
///
///     _snapshot_signable_metadata.json    { "channel_name": text, "last_block_number": number, "last_block_hash": hex,
///                                           "previous_block_hash": hex, "snapshot_files_raw_hashes": { file name: hex, ... },
///                                           "state_db_type": text }                        file names in byte order
///     _snapshot_additional_metadata.json  { "snapshot_hash": hex, "last_block_commit_hash": hex }
///
/// `hex` is lower-case; each is a SHA-256, those of a block before the first and of a commit before block 1 are empty.
/// `snapshot_hash` is the SHA-256 of the first file's bytes. Reading takes any spacing and any order of the fields.
package enum SnapshotMetadataFormat {
    package static func encodeSignable(_ metadata: SnapshotMetadata) -> [UInt8] {
        let files = metadata.fileHashes.map { "        \(self.quoted($0.file.rawValue)): \(self.quoted(Base16.encode($0.hash)))" }
        let lines = [
            "    \"channel_name\": \(self.quoted(metadata.channelName))",
            "    \"last_block_number\": \(metadata.lastBlockNumber)",
            "    \"last_block_hash\": \(self.quoted(Base16.encode(metadata.lastBlockHash)))",
            "    \"previous_block_hash\": \(self.quoted(Base16.encode(metadata.previousBlockHash)))",
            "    \"snapshot_files_raw_hashes\": " + (files.isEmpty ? "{}" : "{\n" + files.joined(separator: ",\n") + "\n    }"),
            "    \"state_db_type\": \(self.quoted(metadata.stateDatabaseType))",
        ]
        return Array(("{\n" + lines.joined(separator: ",\n") + "\n}").utf8)
    }

    package static func encodeAdditional(snapshotHash: [UInt8], commitHash: [UInt8]) -> [UInt8] {
        let lines = [
            "    \"snapshot_hash\": \(self.quoted(Base16.encode(snapshotHash)))",
            "    \"last_block_commit_hash\": \(self.quoted(Base16.encode(commitHash)))",
        ]
        return Array(("{\n" + lines.joined(separator: ",\n") + "\n}").utf8)
    }

    /// Reads both files; which belongs to which is checked by the caller with the snapshot's hash.
    package static func decode(signable: [UInt8], additional: [UInt8]) throws(SnapshotError) -> SnapshotMetadata {
        var fields = try SnapshotFields(signable, file: .signableMetadata)
        var metadata = SnapshotMetadata(
            channelName: try fields.text("channel_name"), lastBlockNumber: try fields.number("last_block_number"),
            lastBlockHash: try fields.hash("last_block_hash", isOptional: false),
            previousBlockHash: try fields.hash("previous_block_hash", isOptional: true),
            fileHashes: try fields.fileHashes("snapshot_files_raw_hashes"),
            stateDatabaseType: try fields.text("state_db_type"), snapshotHash: [], commitHash: [])
        guard metadata.lastBlockNumber < UInt64.max, metadata.previousBlockHash.isEmpty == (metadata.lastBlockNumber == 0) else {
            throw fields.damage(.field, at: 0)
        }
        guard [SnapshotMetadata.simpleDatabase, SnapshotMetadata.couchDatabase].contains(metadata.stateDatabaseType),
            (1...LedgerLimits.maximumChannelNameSizeBytes).contains(metadata.channelName.utf8.count),
            metadata.channelName.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw fields.damage(.field, at: 0) }
        try fields.finish()
        var more = try SnapshotFields(additional, file: .additionalMetadata)
        metadata.snapshotHash = try more.hash("snapshot_hash", isOptional: false)
        metadata.commitHash = try more.hash("last_block_commit_hash", isOptional: true)
        guard metadata.commitHash.isEmpty == (metadata.lastBlockNumber == 0) else { throw more.damage(.field, at: 0) }
        try more.finish()
        return metadata
    }

    /// A JSON text; what may stand in these fields is printable ASCII, of which Go's encoder escapes these.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"", "\\": result += "\\" + String(character)
            case "<": result += "\\u003c"
            case ">": result += "\\u003e"
            case "&": result += "\\u0026"
            default: result.unicodeScalars.append(character)
            }
        }
        return result + "\""
    }
}

/// What a snapshot says about itself.
package struct SnapshotMetadata: Equatable, Sendable {
    /// The state database type of peers that keep their state in LevelDB, as we do.
    package static let simpleDatabase = "SimpleKeyValueDB"
    package static let couchDatabase = "CouchDB"

    package var channelName: String
    package var lastBlockNumber: UInt64
    /// The header hash of the last block.
    package var lastBlockHash: [UInt8]
    /// The header hash of the block before it; empty when there is none.
    package var previousBlockHash: [UInt8]
    /// SHA-256 of each data file, sorted by name.
    package var fileHashes: [(file: SnapshotFile, hash: [UInt8])]
    package var stateDatabaseType: String
    /// SHA-256 of the signable metadata's file.
    package var snapshotHash: [UInt8]
    /// The commit hash of the last block; empty for block 0.
    package var commitHash: [UInt8]

    package static func == (left: SnapshotMetadata, right: SnapshotMetadata) -> Bool {
        SnapshotMetadataFormat.encodeSignable(left) == SnapshotMetadataFormat.encodeSignable(right)
            && (left.snapshotHash, left.commitHash) == (right.snapshotHash, right.commitHash)
    }
}
