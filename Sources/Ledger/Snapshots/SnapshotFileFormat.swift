import LedgerModel

/// The data files of a snapshot of a ledger, in Fabric's own layout (format 1); a snapshot is a folder with these files.
///
///     file                           content
///     public_state.data              01 record*                         namespace after namespace, in the order of the metadata file
///     public_state.metadata          01 count (sized(namespace) count)* how many records belong to each namespace
///     private_state_hashes.data      like public_state.data; keys and values are SHA-256 digests
///     private_state_hashes.metadata  like public_state.metadata; the namespace is namespace "$$h" collection
///     txids.data                     01 sized(transaction id)*          each id once, shorter ones first, else in byte order
///     txids.metadata                 01 count
///     confighistory.data             01 (sized(row key) sized(package))* row keys in byte order
///     confighistory.metadata         01 count
///
///     count    = uvarint
///     sized(x) = uvarint(length of x) x
///     record   = sized(protobuf { 1 key bytes, 2 value bytes, 3 metadata bytes, 4 version bytes }), empty fields left out
///     metadata = protobuf { repeated 2 entry { 1 name, 2 value } }; absent for a key without metadata
///     version  = opv(block) opv(transaction), see CommitHashFormat
///     row key  = "s" "lscc" 00 chaincode "~collection" (2^64 - 1 - block) in 8 bytes, big-endian
///     package  = a serialised protos.CollectionConfigPackage, committed in that block
///     uvarint  = base 128, low groups first, shortest form
///
/// A data file and its metadata file are both absent when there is nothing to put into them. Namespaces and the keys inside one are in
/// byte order when the state database is "SimpleKeyValueDB"; CouchDB has an order of its own.
package enum SnapshotFileFormat {
    /// The first byte of each of these files.
    package static let version: UInt8 = 1

    /// What separates a namespace and a collection in the name of a namespace of hashes.
    package static let hashSeparator: [UInt8] = Array("$$h".utf8)

    private static let rowPrefix: [UInt8] = Array("slscc\0".utf8)
    private static let rowSuffix: [UInt8] = Array("~collection".utf8)

    /// The key of a row of the history of collections.
    package static func rowKey(chaincode: [UInt8], block: UInt64) -> [UInt8] {
        var bytes = self.rowPrefix + chaincode + self.rowSuffix
        bytes.appendBigEndian(UInt64.max - block)
        return bytes
    }

    /// Takes a row key apart; nil when it is not one.
    package static func readRowKey(_ bytes: [UInt8]) -> (chaincode: [UInt8], block: UInt64)? {
        guard bytes.count > self.rowPrefix.count + self.rowSuffix.count + 8, bytes.starts(with: self.rowPrefix) else { return nil }
        let name = bytes.dropLast(8).dropFirst(self.rowPrefix.count)
        guard name.suffix(self.rowSuffix.count).elementsEqual(self.rowSuffix) else { return nil }
        return (Array(name.dropLast(self.rowSuffix.count)), UInt64.max - bytes.suffix(8).bigEndianNumber)
    }

    /// The name under which the hashes of a collection stand.
    package static func hashedNamespace(_ namespace: Namespace, _ collection: CollectionName) -> [UInt8] {
        namespace.utf8 + self.hashSeparator + collection.utf8
    }

    /// Takes the name of a namespace of hashes apart; nil when it does not have exactly two parts.
    package static func readHashedNamespace(_ bytes: [UInt8]) -> (namespace: Namespace, collection: CollectionName)? {
        let separator = self.hashSeparator
        var found: Int?
        var index = 0
        while index + separator.count <= bytes.count {
            if bytes[index..<index + separator.count].elementsEqual(separator) {
                guard found == nil else { return nil }
                found = index
                index += separator.count
            } else {
                index += 1
            }
        }
        guard let found else { return nil }
        return (Namespace(utf8: Array(bytes[..<found])), CollectionName(utf8: Array(bytes[(found + separator.count)...])))
    }
}

/// The files of a snapshot.
package enum SnapshotFile: String, CaseIterable, Sendable {
    case configurationHistory = "confighistory.data"
    case configurationHistoryMetadata = "confighistory.metadata"
    case privateStateHashes = "private_state_hashes.data"
    case privateStateHashesMetadata = "private_state_hashes.metadata"
    case publicState = "public_state.data"
    case publicStateMetadata = "public_state.metadata"
    case transactionIDs = "txids.data"
    case transactionIDsMetadata = "txids.metadata"
    case signableMetadata = "_snapshot_signable_metadata.json"
    case additionalMetadata = "_snapshot_additional_metadata.json"

    /// The files with data, whose hashes the signable metadata lists; sorted by name.
    package static let hashed = Self.allCases.filter { $0 != .signableMetadata && $0 != .additionalMetadata }

    /// The file that belongs to a data file and counts what is in it; nil for all others.
    var metadata: SnapshotFile? {
        switch self {
        case .configurationHistory: .configurationHistoryMetadata
        case .privateStateHashes: .privateStateHashesMetadata
        case .publicState: .publicStateMetadata
        case .transactionIDs: .transactionIDsMetadata
        default: nil
        }
    }
}
