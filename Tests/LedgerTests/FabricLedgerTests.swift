import CryptoPrimitives
import FoundationEssentials
import Ledger
import LedgerModel
import TestSupport
import Testing

/// Replays a ledger that a stock Fabric peer wrote and compares everything the peer said about it.
@Suite(.enabled(if: FabricVectors.isPresent, SharedData.reason))
struct FabricLedgerTests {
    private struct State: Decodable {
        struct Entry: Decodable {
            var namespace: String
            var key: String?
            var keyHex: String?
            var value: String?
            var valueHex: String?
            var metadataHex: String?
            var version: [UInt64]
        }
        var entries: [Entry]
    }

    private struct Modification: Decodable {
        var delete: Bool
        var txid: String
        var value: String
    }

    private static func replayed(into store: any KeyValueStore) throws -> Ledger {
        let disk = FaultyDisk()
        do {
            let blocks = try BlockStore(folder: "b", files: disk)
            for number in 0..<FabricVectors.blockCount {
                _ = try blocks.append(try #require(FabricVectors.block(number)), number: UInt64(number))
            }
        }
        // Opening replays all blocks and checks every commit hash against the one that the peer computed.
        return try Ledger(blockFolder: "b", files: disk, store: store)
    }

    @Test(arguments: StoreKind.allCases)
    func `the replayed ledger has the peer's state, hashed state, versions and metadata`(kind: StoreKind) throws {
        try kind.withStore { store in
            let ledger = try Self.replayed(into: store)
            #expect(ledger.recovery.replayedBlocks == UInt64(FabricVectors.blockCount))
            let state = ledger.snapshot()
            let json = try #require(FabricVectors.file("state.json"), "state.json")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let entries = try decoder.decode(State.self, from: Data(json)).entries
            var compared = 0
            for entry in entries where !entry.namespace.contains("$$p") {
                let address: StateAddress
                if let hidden = entry.namespace.range(of: "$$h") {
                    let collection = CollectionName(String(entry.namespace[hidden.upperBound...]))
                    let keyHash = try #require(Base16.decode(entry.keyHex ?? ""))
                    address = .hashed(Namespace(String(entry.namespace[..<hidden.lowerBound])), collection, keyHash: keyHash)
                } else {
                    address = .key(Namespace(entry.namespace), StateKey(try #require(entry.key)))
                }
                let found = try #require(try state.value(at: address), "\(address)")
                let value = entry.value.map { Array($0.utf8) } ?? Base16.decode(entry.valueHex ?? "")
                #expect(found.value == value, "\(address)")
                #expect(found.version == StateVersion(block: entry.version[0], transaction: entry.version[1]), "\(address)")
                let metadata = Base16.decode(entry.metadataHex ?? "") ?? []
                #expect(found.metadata.isEmpty == metadata.isEmpty, "\(address)")
                // The vector has the peer's encoding of all entries; ours is compared by its one policy.
                for item in found.metadata { #expect(Array(metadata.suffix(item.value.count)) == item.value, "\(address)") }
                compared += 1
            }
            #expect(compared > 100)
            let scan = try state.scan("kvand", from: "", to: nil)
            var keys = 0
            while try scan.next() != nil { keys += 1 }
            #expect(keys == entries.filter { $0.namespace == "kvand" }.count)
        }
    }

    @Test func `history and chain information are the peer's`() throws {
        let ledger = try Self.replayed(into: InMemoryStore())
        let snapshot = ledger.snapshot()
        let json = try #require(FabricVectors.file("history_n.json"))
        let expected = try JSONDecoder().decode([Modification].self, from: Data(json))
        let found = try snapshot.history(of: "n", in: "kvand")
        #expect(found.map(\.transaction.text) == expected.map(\.txid))
        #expect(found.map { String(decoding: $0.value, as: UTF8.self) } == expected.map(\.value))
        #expect(found.map(\.isDelete) == expected.map(\.delete))
        #expect(Base16.encode(snapshot.head.blockHash) == "264e7aa2a3227c45b00ada1e70d4f67ad3d45be025595ef546b172e6a9d3d639")
        let last = try #require(try snapshot.block(73))
        #expect(Base16.encode(last.previousHash) == "ffe344df906757ea46eebc7dae7985a1fe4bc529991e23a48e9ee1301e09cdb1")
    }

    @Test func `stored blocks keep the peer's bytes`() throws {
        let snapshot = try Self.replayed(into: InMemoryStore()).snapshot()
        for number in 0..<FabricVectors.blockCount {
            #expect(try snapshot.blockBytes(BlockNumber(UInt64(number))) == FabricVectors.block(number))
        }
    }
}
