import ChannelConfiguration
import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Validation

/// Replays the ledger of a real Fabric network from its genesis block.
struct RealLedgerTests {
    /// Validates all blocks in order; gives each outcome to `check`.
    private func replay(
        _ ledger: RealLedger, transactionsPerTask: Int = 8, check: (OrderedBlock, ValidationOutcome) throws -> Void
    ) async throws -> MemoryState {
        var state = MemoryState()
        var bundle: ChannelBundle?
        for number in ledger.blocks.indices {
            let outcome: ValidationOutcome
            if let bundle {
                let validator = BlockValidator(bundle: bundle, transactionsPerTask: transactionsPerTask)
                outcome = try await validator.validate(
                    ledger.ordered(number), state: state, transactions: state, previousCommitHash: state.commitHash)
            } else {
                outcome = try BlockValidator.acceptGenesis(ledger.ordered(number))
            }
            try check(ledger.blocks[number], outcome)
            state.commit(outcome.block)
            bundle = outcome.newBundle ?? bundle
        }
        return state
    }

    @Test func `every transaction of a real ledger gets the code that Fabric gave it`() async throws {
        let ledger = try RealLedger()
        var count = 0
        _ = try await self.replay(ledger) { block, outcome in
            let entry = ledger.index.blocks[Int(block.number.rawValue)]
            for (index, transaction) in entry.txs.enumerated() {
                count += 1
                let verdict = outcome.verdicts[index]
                #expect(
                    verdict.code.rawValue == transaction.validation_code,
                    "block \(block.number), transaction \(index) (\(transaction.label ?? "")): \(verdict), Fabric said \(transaction.validation)")
            }
            #expect(outcome.block.codes == block.storedCodes)
        }
        #expect(count == 112)
    }

    @Test func `the commit hash of every block equals the peer's`() async throws {
        let ledger = try RealLedger()
        _ = try await self.replay(ledger) { block, outcome in
            let entry = ledger.index.blocks[Int(block.number.rawValue)]
            #expect(Hex.encode(outcome.block.commitHash) == entry.commit_hash, "block \(block.number)")
            #expect(outcome.block.block == block, "block \(block.number) differs from the peer's bytes")
        }
    }

    @Test func `the final state equals the peer's database`() async throws {
        let ledger = try RealLedger()
        let state = try await self.replay(ledger) { _, _ in }
        var expected: Set<String> = []
        for entry in ledger.state.entries {
            // Plain private data is not in blocks.
            guard entry.namespace.range(of: "$$p") == nil else { continue }
            let address = try #require(self.address(of: entry))
            expected.insert(address.description)
            let found = state.value(at: address)
            #expect(found?.version == StateVersion(block: entry.version[0], transaction: entry.version[1]), "\(address)")
            #expect(found?.value == self.bytes(entry.value, entry.value_hex), "\(address)")
            #expect((found?.metadata.isEmpty ?? true) == (entry.metadata_hex == nil), "\(address)")
            if let metadata = found?.metadata.first, let hex = entry.metadata_hex {
                #expect(metadata.name == MetadataEntry.validationParameter)
                #expect(hex.contains(Hex.encode(metadata.value)), "\(address)")
            }
        }
        #expect(Set(state.values.keys.map(\.description)) == expected)
    }

    @Test func `parallel and serial validation give the same blocks`() async throws {
        let ledger = try RealLedger()
        var serial: [ValidatedBlock] = []
        _ = try await self.replay(ledger, transactionsPerTask: .max) { _, outcome in serial.append(outcome.block) }
        var position = 0
        _ = try await self.replay(ledger, transactionsPerTask: 1) { _, outcome in
            #expect(outcome.block.block == serial[position].block)
            #expect(outcome.block.updates == serial[position].updates)
            #expect(outcome.block.transactionIDs == serial[position].transactionIDs)
            position += 1
        }
    }

    @Test func `the effects derived from stored codes equal those of validation`() async throws {
        let ledger = try RealLedger()
        var state = MemoryState()
        _ = try await self.replay(ledger) { block, outcome in
            let codes = try #require(block.storedCodes)
            let derived = try BlockEffects.derive(from: block, codes: codes, state: state, previousCommitHash: state.commitHash)
            #expect(derived.block == outcome.block.block)
            #expect(derived.updates == outcome.block.updates)
            #expect(derived.history == outcome.block.history)
            #expect(derived.transactionIDs == outcome.block.transactionIDs)
            state.commit(outcome.block)
        }
    }

    @Test func `every block of a real ledger passes the block verifier`() throws {
        let ledger = try RealLedger()
        var bundle = try ChannelBundle(block: ledger.blocks[0])
        var position = ChainPosition(genesis: ledger.blocks[0])
        for block in ledger.blocks.dropFirst() {
            try BlockVerifier(bundle: bundle, form: .fabric).verify(block, after: position)
            #expect(Hex.encode(block.headerHash) == ledger.index.blocks[Int(block.number.rawValue)].header_hash)
            position = try ChainPosition(after: block, chain: position.chain)
            if BlockVerifier.isConfiguration(block) { bundle = try ChannelBundle(block: block) }
        }
    }

    @Test func `a configuration block that does not follow from the one in office stops the channel`() async throws {
        let ledger = try RealLedger()
        let state = MemoryState()
        let changed = try ChannelBundle(block: ledger.blocks[64])
        await #expect(throws: BlockValidationError.configurationRefused(64, .outOfSequence(expected: 2, found: 1))) {
            _ = try await BlockValidator(bundle: changed).validate(
                ledger.ordered(64), state: state, transactions: state, previousCommitHash: [])
        }
    }

    private func address(of entry: RealLedger.State.Entry) -> StateAddress? {
        guard let key = self.bytes(entry.key, entry.key_hex) else { return nil }
        guard let separator = entry.namespace.range(of: "$$h") else { return .key(Namespace(entry.namespace), StateKey(utf8: key)) }
        let namespace = Namespace(String(entry.namespace[..<separator.lowerBound]))
        return .hashed(namespace, CollectionName(String(entry.namespace[separator.upperBound...])), keyHash: key)
    }

    private func bytes(_ text: String?, _ hex: String?) -> [UInt8]? {
        hex.flatMap { Hex.decode($0) } ?? text.map { Array($0.utf8) }
    }
}
