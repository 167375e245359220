import Foundation
import LedgerModel
import Testing

/// The 74 blocks of a real Fabric v3.1.5 channel with what its peers said of them.
struct RealLedger {
    struct Index: Decodable {
        struct Block: Decodable {
            let number: UInt64
            let header_hash: String
            let commit_hash: String
            let txs: [Transaction]
        }

        struct Transaction: Decodable {
            let txid: String
            let label: String?
            let validation: String
            let validation_code: UInt8
        }

        let blocks: [Block]
    }

    struct State: Decodable {
        struct Entry: Decodable {
            let namespace: String
            let key: String?
            let key_hex: String?
            let value: String?
            let value_hex: String?
            let metadata_hex: String?
            let version: [UInt64]
        }

        let entries: [Entry]
    }

    let index: Index
    let blocks: [OrderedBlock]
    let state: State

    init() throws {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("fabric")
        self.index = try JSONDecoder().decode(Index.self, from: Data(contentsOf: folder.appendingPathComponent("index.json")))
        self.state = try JSONDecoder().decode(State.self, from: Data(contentsOf: folder.appendingPathComponent("state.json")))
        self.blocks = try self.index.blocks.map { entry in
            let digits = String(entry.number)
            let name = "block_" + String(repeating: "0", count: 3 - digits.count) + digits + ".pb"
            return try OrderedBlock(serialized: [UInt8](Data(contentsOf: folder.appendingPathComponent("blocks/" + name))))
        }
    }

    /// A block as the orderer sent it: without what the peer added.
    func ordered(_ number: Int) -> OrderedBlock {
        self.blocks[number].with(.transactionsFilter, []).with(.commitHash, [])
    }
}
