import CryptoPrimitives
import FabricMessages
import Foundation
import Ledger
import LedgerModel

/// A world state that somebody else wrote down as JSON: what a peer's database holds after one block.
///
///     { "savepoint": [block, transaction],
///       "entries": [ { "namespace": "kvand", "key": "k1", "value": "v1", "version": [block, transaction], "metadata_hex": "1231..." } ] }
///
/// `key_hex` and `value_hex` stand in place of `key` and `value` where these are no text. A namespace `cc$$hcoll` holds the hashed entries of
/// collection `coll` of chaincode `cc`, `cc$$pcoll` the plain private ones: key and value are then compared through their hashes, the
/// version as it is. `metadata_hex` is absent for a key without metadata, else a serialised `kvrwset.KVMetadataWrite` with the entries.
struct StateDocument: Sendable {
    /// The database's own name of the file's part after the chaincode's name.
    private enum Part {
        case hashed(Namespace, CollectionName)
        case plain(Namespace, CollectionName)
        case open(Namespace)
    }

    private struct Content: Decodable {
        struct Entry: Decodable {
            let namespace: String
            let key: String?
            let keyHex: String?
            let value: String?
            let valueHex: String?
            let metadataHex: String?
            let version: [UInt64]
        }

        let savepoint: [UInt64]
        let entries: [Entry]
    }

    /// An entry, in the form in which the chain determines it.
    private struct Entry {
        let address: StateAddress
        let value: VersionedValue
        /// Known in plain: only its hash is on the ledger.
        let isPlain: Bool
    }

    /// The last block whose effects it holds.
    let block: UInt64
    private let entries: [Entry]

    /// - Throws: `MessageError` saying what is not in the form.
    init(json: [UInt8]) throws(MessageError) {
        let content: Content
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            content = try decoder.decode(Content.self, from: Data(json))
        } catch {
            throw MessageError(part: "state", reason: "is not JSON in the form of a list of entries")
        }
        guard let block = content.savepoint.first, block < .max else { throw MessageError(part: "state", reason: "has no savepoint") }
        self.block = block
        var entries: [Entry] = []
        for (index, entry) in content.entries.enumerated() { entries.append(try Self.read(entry, index: index)) }
        self.entries = entries
    }

    private static func read(_ entry: Content.Entry, index: Int) throws(MessageError) -> Entry {
        let part = "entry \(index) of the state"
        guard let key = self.bytes(entry.key, entry.keyHex), let value = self.bytes(entry.value, entry.valueHex), entry.version.count == 2 else {
            throw MessageError(part: part, reason: "lacks a key, a value or a version")
        }
        var metadata: [MetadataEntry] = []
        if let hex = entry.metadataHex {
            guard let bytes = Base16.decode(hex) else { throw MessageError(part: part, reason: "has metadata that are not hexadecimal") }
            metadata = try Kvrwset_KVMetadataWrite.decode(bytes, as: part).entries.map { MetadataEntry(name: $0.name, value: $0.value.byteArray) }
        }
        let version = StateVersion(block: entry.version[0], transaction: entry.version[1])
        func stored(_ bytes: [UInt8]) -> VersionedValue { VersionedValue(value: bytes, metadata: metadata, version: version) }
        switch self.part(entry.namespace) {
        case .open(let namespace):
            return Entry(address: .key(namespace, StateKey(utf8: key)), value: stored(value), isPlain: false)
        case .hashed(let namespace, let collection):
            return Entry(address: .hashed(namespace, collection, keyHash: key), value: stored(value), isPlain: false)
        case .plain(let namespace, let collection):
            return Entry(
                address: .hashed(namespace, collection, keyHash: SHA256.hash(key)), value: stored(SHA256.hash(value)), isPlain: true)
        }
    }

    private static func part(_ name: String) -> Part {
        let bytes = Array(name.utf8)
        let dollar = UInt8(ascii: "$")
        for index in bytes.indices.dropLast(2) where bytes[index] == dollar && bytes[index + 1] == dollar {
            let namespace = Namespace(utf8: Array(bytes[..<index]))
            let collection = CollectionName(utf8: Array(bytes[(index + 3)...]))
            if bytes[index + 2] == UInt8(ascii: "h") { return .hashed(namespace, collection) }
            if bytes[index + 2] == UInt8(ascii: "p") { return .plain(namespace, collection) }
        }
        return .open(Namespace(utf8: bytes))
    }

    private static func bytes(_ text: String?, _ hex: String?) -> [UInt8]? {
        if let hex { return Base16.decode(hex) }
        return text.map { Array($0.utf8) }
    }
}

extension StateDocument: KnownState {
    var height: UInt64 { self.block + 1 }

    func compare(with moment: ReplayedMoment) throws(KeyValueError) -> KnownStateResult {
        let replayed = moment.content
        var result = KnownStateResult()
        var known: Set<StateAddress> = []
        for entry in self.entries {
            let stored = try replayed.value(for: StateKeyFormat.state(entry.address)).flatMap(StateValueFormat.decode)
            if !entry.isPlain, !known.insert(entry.address).inserted {
                result.add(StateDifference(item: "\(entry.address)", expected: "one entry", found: "several"))
                continue
            }
            guard let stored else {
                result.add(StateDifference(item: "\(entry.address)", expected: "no entry", found: KnownStateResult.describe(entry.value)))
                continue
            }
            // Metadata of a private key stand beside its hash alone.
            let isEqual =
                stored.value == entry.value.value && stored.version == entry.value.version
                && (entry.isPlain || stored.metadata == entry.value.metadata)
            guard isEqual else {
                result.add(
                    StateDifference(
                        item: "\(entry.address)", expected: KnownStateResult.describe(stored), found: KnownStateResult.describe(entry.value)))
                continue
            }
            switch (entry.address, entry.isPlain) {
            case (_, true): result.plain += 1
            case (.hashed, _): result.hashed += 1
            case (.key, _): result.open += 1
            }
        }
        for address in try StateComparison.addresses(of: replayed) where !known.contains(address) {
            result.add(StateDifference(item: "\(address)", expected: "an entry", found: "no entry"))
        }
        return result
    }
}
