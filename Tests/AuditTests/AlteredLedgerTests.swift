import CryptoPrimitives
import FabricMessages
import Foundation
import Ledger
import LedgerModel
import TestSupport
import Testing

@testable import Audit

/// Ledgers whose files were changed after the node wrote them.
@Suite struct AlteredLedgerTests {
    private let auditor = Auditor(catalogue: TestChannel.auditorContracts)

    private static func channel() async throws -> TestChannel {
        let channel = try TestChannel()
        try await channel.define()
        try await channel.commit([channel.endorse("write", "b", "one"), channel.endorse("write", "c", "two")])
        try await channel.commit([channel.endorse("append", "b", "x"), channel.endorse("append", "b", "y")])
        channel.close()
        return channel
    }

    /// Audits a copy whose blocks were changed, with right checksums.
    private func audit(_ channel: TestChannel, _ change: (inout [OrderedBlock]) throws -> Void) async throws -> AuditReport {
        let copy = channel.folder.path(of: "copy")
        try LedgerFiles.copy(channel.path, to: copy, change)
        return try await self.auditor.audit(ledger: copy)
    }

    @Test func `one flipped bit in the block files is found and located, wherever it is`() async throws {
        let channel = try TestChannel()
        try await channel.define()
        channel.close()
        let name = "blocks/" + LedgerFiles.firstSegment
        let bytes = try #require(channel.folder.read("ledger/" + name))
        let offsets = try LedgerFiles.offsets(of: channel.path)
        #expect(offsets.last == UInt64(bytes.count))
        var seen = 0
        for position in stride(from: 0, to: bytes.count, by: 97) {
            var flipped = bytes
            flipped[position] ^= 1 << UInt8(position % 8)
            try channel.folder.write(flipped, to: "flipped/" + name)
            let report = try await self.auditor.audit(ledger: channel.folder.path(of: "flipped"))
            let failure = try #require(report.firstFailure, "a flip at byte \(position) was not found")
            #expect(failure.rule == .blockFile)
            // The header of the file belongs to no block; the first one is where reading stops.
            let block = max(0, (offsets.firstIndex { $0 > UInt64(position) } ?? offsets.count) - 1)
            let place = position < BlockFileFormat.fileHeaderSizeBytes ? 0 : offsets[block]
            #expect(failure.block == UInt64(block), "a flip at byte \(position)")
            #expect(failure.found.hasPrefix("in file \(LedgerFiles.firstSegment) at offset \(place):"), "a flip at byte \(position): \(failure)")
            #expect(report.replayedBlocks == UInt64(block))
            seen += 1
        }
        #expect(seen > 100)
    }

    @Test func `a ledger in many files is read across them, histories too, and a missing file is named`() async throws {
        let channel = try TestChannel()
        try await channel.define()
        for text in ["one", "two"] { try await channel.commit([channel.endorse("write", "b", text)]) }
        try await channel.commit([channel.endorse("changes", "b", "h")])
        channel.close()
        let split = channel.folder.path(of: "split")
        try LedgerFiles.write(try LedgerFiles.blocks(of: channel.path).map { $0.serialized() }, to: split, segmentSizeBytes: 1)
        let whole = try await self.auditor.audit(ledger: split)
        #expect(whole.findings == [])
        #expect(whole.counts.equal == 6)
        try FileManager.default.removeItem(atPath: split + "/blocks/" + BlockFileFormat.fileName(segment: 2))
        let report = try await self.auditor.audit(ledger: split)
        #expect(report.firstFailure?.rule == .blockFile)
        #expect(report.firstFailure?.expected == "the file \(BlockFileFormat.fileName(segment: 2))")
    }

    @Test func `blocks that go while the ledger is read are missed`() async throws {
        let channel = try await Self.channel()
        let split = channel.folder.path(of: "split")
        try LedgerFiles.write(try LedgerFiles.blocks(of: channel.path).map { $0.serialized() }, to: split, segmentSizeBytes: 1)
        let last = split + "/blocks/" + BlockFileFormat.fileName(segment: 4)
        // An emptied last file looks like one that was about to be begun.
        let report = try await self.auditor.audit(ledger: split) { _ in
            _ = FileManager.default.createFile(atPath: last, contents: nil)
        }
        #expect(!report.isGood)
        #expect(report.storedBlocks == 5 && report.replayedBlocks == 4)
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .blockFile && failure.block == 4)
        #expect(failure.expected.hasPrefix("5 blocks") && failure.found == "only 4 blocks")
    }

    @Test func `a changed validation code is named with both verdicts`() async throws {
        let channel = try await Self.channel()
        let report = try await self.audit(channel) { $0[4] = $0[4].with(codes: [.valid, .valid]) }
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .reads)
        #expect(failure.block == 4 && failure.transaction == 1)
        #expect(failure.expected.contains("MVCC_READ_CONFLICT"))
        #expect(failure.found == "the stored verdict VALID")
        #expect(report.findingCount == 1)
        #expect(report.replayedBlocks == 5)
    }

    @Test func `a valid transaction that is marked invalid is found`() async throws {
        let channel = try await Self.channel()
        let report = try await self.audit(channel) { $0[3] = $0[3].with(codes: [.valid, .endorsementPolicyFailure]) }
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .policies)
        #expect(failure.block == 3 && failure.transaction == 1)
        #expect(failure.expected == "the verdict VALID")
    }

    @Test func `missing validation codes are found`() async throws {
        let channel = try await Self.channel()
        let report = try await self.audit(channel) { $0[3] = $0[3].with(.transactionsFilter, [0]) }
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .validation && failure.block == 3)
        #expect(failure.expected.contains("2 transactions"))
    }

    @Test func `a wrong commit hash is found once, where it begins`() async throws {
        let channel = try await Self.channel()
        let report = try await self.audit(channel) { blocks in
            for index in 2...3 {
                var message = Common_Metadata()
                message.value = [UInt8](repeating: 7, count: 32).data
                blocks[index] = blocks[index].with(.commitHash, message.encoded())
            }
        }
        #expect(report.findingCount == 1)
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .commitHash && failure.block == 2)
        #expect(failure.found == String(repeating: "07", count: 32))
        #expect(failure.expected.utf8.count == 64)
    }

    @Test func `a block signed by a stranger ends the replay`() async throws {
        let channel = try await Self.channel()
        let report = try await self.audit(channel) { blocks in
            let signatures = try BlockSignatures(slot: blocks[2].metadata(.signatures))
            let entry = signatures.entries[0]
            let signature = try channel.stranger.sign(signatures.signedBytes(of: entry, blockHeader: blocks[2].headerBytes))
            blocks[2] = blocks[2].with(
                .signatures,
                BlockSignatures(value: signatures.value, entries: [BlockSignatures.Entry(signer: entry.signer, signature: signature)]).slot())
        }
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .quorum && failure.block == 2)
        #expect(report.replayedBlocks == 2 && report.storedBlocks == 5)
        #expect(report.text.contains("Replayed: 2 of 5 readable blocks"))
    }

    @Test func `a changed envelope breaks the data hash, and a repaired data hash the signatures`() async throws {
        let channel = try await Self.channel()
        let report = try await self.audit(channel) { blocks in
            let block = blocks[3]
            blocks[3] = OrderedBlock(
                number: block.number, previousHash: block.previousHash, dataHash: block.dataHash, envelopes: [block.envelopes[0]],
                metadata: block.metadata)
        }
        #expect(report.firstFailure?.rule == .chain && report.firstFailure?.block == 3)
        #expect(report.firstFailure?.expected.hasPrefix("data hash ") == true)
        let repaired = channel.folder.path(of: "repaired")
        try LedgerFiles.copy(channel.path, to: repaired) { blocks in
            let block = blocks[3]
            blocks[3] = OrderedBlock(
                number: block.number, previousHash: block.previousHash, dataHash: Formulas.dataHash(of: [block.envelopes[0]]),
                envelopes: [block.envelopes[0]], metadata: block.metadata)
        }
        #expect(try await self.auditor.audit(ledger: repaired).firstFailure?.rule == .quorum)
    }

    @Test func `a removed block breaks the chain, in its place`() async throws {
        let channel = try await Self.channel()
        let report = try await self.audit(channel) { $0.remove(at: 2) }
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .chain && failure.block == 2)
        #expect(failure.expected == "block number 2" && failure.found == "block number 3")
    }

    @Test func `a removed last block is found by the height of the state, or by a pinned one`() async throws {
        let channel = try await Self.channel()
        let report = try await self.audit(channel) { $0.removeLast() }
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .height)
        #expect(failure.expected.hasPrefix("5 blocks") && failure.found == "4 blocks")
        // Without the state only who knows the height can tell.
        let copy = channel.folder.path(of: "copy")
        try FileManager.default.removeItem(atPath: copy + "/state")
        #expect(try await self.auditor.audit(ledger: copy).isGood)
        var options = AuditOptions()
        options.minimumHeight = 5
        let pinned = try await Auditor(catalogue: TestChannel.auditorContracts, options: options).audit(ledger: copy)
        #expect(pinned.firstFailure?.rule == .height)
    }

    @Test func `another genesis block than the pinned one is refused at once`() async throws {
        let channel = try await Self.channel()
        var options = AuditOptions()
        options.expectedGenesisHash = [UInt8](repeating: 1, count: 32)
        let report = try await Auditor(catalogue: TestChannel.auditorContracts, options: options).audit(ledger: channel.path)
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .genesis && failure.block == 0)
        #expect(failure.found == Base16.encode(channel.genesis.headerHash))
        #expect(report.replayedBlocks == 0 && report.transactions.isEmpty)
    }

    @Test(arguments: ["value", "version", "metadata", "missing", "added"])
    func `an altered entry of the stored state is named`(_ kind: String) async throws {
        let channel = try await Self.channel()
        let address = StateAddress.key("notebook", kind == "added" ? "ba" : "b")
        let value = VersionedValue(value: Array("onex".utf8), version: StateVersion(block: 4, transaction: 0))
        try {
            let store = try LevelDBStore(folder: channel.path + "/state")
            #expect(try StateSnapshot(store.snapshot()).value(at: .key("notebook", "b")) == value)
            var batch = WriteBatch()
            let key = StateKeyFormat.state(address)
            switch kind {
            case "value": batch.put(key, StateValueFormat.encode(Array("onez".utf8), metadata: [], version: value.version))
            case "version": batch.put(key, StateValueFormat.encode(value.value, metadata: [], version: StateVersion(block: 3, transaction: 0)))
            case "metadata":
                batch.put(key, StateValueFormat.encode(value.value, metadata: [MetadataEntry(name: "m", value: [1])], version: value.version))
            case "missing": batch.remove(key)
            default: batch.put(key, StateValueFormat.encode([1], metadata: [], version: value.version))
            }
            try store.write(batch)
        }()
        let report = try await self.auditor.audit(ledger: channel.path)
        #expect(report.findingCount == 1)
        #expect(report.state == .different)
        let failure = try #require(report.firstFailure)
        #expect(failure.rule == .state && failure.block == 4)
        #expect(failure.expected.hasPrefix("\(address): "), "\(failure)")
        switch kind {
        case "value": #expect(failure.expected != "\(address): \(failure.found)")
        case "version": #expect(failure.found.hasPrefix("version 3:0") && failure.expected.contains("version 4:0"))
        case "metadata": #expect(failure.found.contains("metadata of "))
        case "missing": #expect(failure.found == "no entry")
        default: #expect(failure.expected.hasSuffix("no entry"))
        }
        #expect(!report.text.contains("one"))
    }

    @Test func `a state database that does not open is a finding`() async throws {
        let channel = try await Self.channel()
        try channel.folder.write(Array("nonsense".utf8), to: "ledger/state/CURRENT")
        let report = try await self.auditor.audit(ledger: channel.path)
        #expect(report.state == .different)
        #expect(report.firstFailure?.rule == .state)
        #expect(report.replayedBlocks == 5)
    }

    @Test func `an unfinished write at the end is told and is no failure`() async throws {
        let channel = try await Self.channel()
        let name = "ledger/blocks/" + LedgerFiles.firstSegment
        let bytes = try #require(channel.folder.read(name))
        try channel.folder.write(bytes + [1, 2, 3], to: name)
        let report = try await self.auditor.audit(ledger: channel.path)
        #expect(report.isGood)
        #expect(report.unfinishedBytes == 3)
        #expect(report.text.contains("3 bytes of a write that was never finished"))
    }

    @Test func `a database that a crash left one block behind is compared at its own height`() async throws {
        let channel = try await Self.channel()
        let copy = channel.folder.path(of: "copy")
        // The blocks of a longer chain over the state of a shorter one.
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: channel.path + "/state", toPath: copy + "/state")
        try await channel.commit([channel.endorse("write", "d", "three")])
        channel.close()
        try FileManager.default.copyItem(atPath: channel.path + "/blocks", toPath: copy + "/blocks")
        let report = try await self.auditor.audit(ledger: copy)
        #expect(report.isGood)
        #expect(report.replayedBlocks == 6)
        guard case .equal(_, 5) = report.state else {
            Issue.record("the state is \(report.state)")
            return
        }
    }
}
