import ChannelConfiguration
import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Validation

/// Blocks of a real committee, and changed ones with the verdict of the stock verifier.
@Suite(.enabled(if: SharedData.contains("vectors/fabric-bft/mutated"), SharedData.reason))
struct CommitteeBlockTests {
    private struct Case: Decodable {
        let file: String
        let name: String
        let number: Int
        let config_block: Int
        let verify_block_ok: Bool
    }

    private func block(_ number: Int) throws -> OrderedBlock {
        let digits = String(number)
        let name = String(repeating: "0", count: 4 - digits.count) + digits + ".pb"
        return try OrderedBlock(serialized: #require(SharedData.read("vectors/fabric-bft/blocks_peer1/" + name)))
    }

    @Test func `every block of a real committee passes under the configuration below it`() throws {
        let genesis = try self.block(0)
        var bundle = try ChannelBundle(block: genesis)
        var position = ChainPosition(genesis: genesis)
        for number in 1..<SharedData.list("vectors/fabric-bft/blocks_peer1").count {
            let block = try self.block(number)
            try BlockVerifier(bundle: bundle, form: .fabric).verify(block, after: position)
            position = try ChainPosition(after: block, chain: position.chain)
            if BlockVerifier.isConfiguration(block) { bundle = try ChannelBundle(block: block) }
        }
        #expect(position.number > 40)
    }

    @Test func `changed blocks get the verdict of the stock verifier`() throws {
        let bytes = try #require(SharedData.read("vectors/fabric-bft/mutated/index.json"))
        let cases = try JSONDecoder().decode([Case].self, from: Data(bytes))
        #expect(cases.count == 167)
        for entry in cases {
            let bundle = try ChannelBundle(block: self.block(entry.config_block))
            let genesis = try self.block(0)
            let position = try ChainPosition(after: self.block(entry.number - 1), chain: genesis.headerHash)
            let changed = try #require(SharedData.read("vectors/fabric-bft/mutated/" + entry.file))
            let found: String
            do {
                try BlockVerifier(bundle: bundle, form: .fabric).verify(OrderedBlock(serialized: changed), after: position)
                found = ""
            } catch {
                found = "\(error)"
            }
            #expect(found.isEmpty == entry.verify_block_ok, "\(entry.file), \(entry.name): \(found)")
        }
    }
}
