import ChannelConfiguration
import CryptoPrimitives
import Ledger
import LedgerModel
import Validation

/// Blocks: the message, its metadata slots, what a peer checks of the whole block, and the files that blocks are kept in.
struct BlockTarget {
    let channel: FuzzChannel
    let probe: FuzzProbe

    func offer(_ bytes: [UInt8]) throws(FuzzFinding) {
        try self.offerFiles(bytes)
        _ = try self.probe.attempt { try ExtendedHeaderFormat.decode(bytes) }
        try self.offerCertificate(bytes)
        guard let block = try self.probe.attempt({ try OrderedBlock(serialized: bytes) }) else { return }
        let again = try self.probe.attempt { try OrderedBlock(serialized: block.serialized()) }
        try self.probe.expect(again == block, "a block that was read is the same after writing and reading")
        try self.offerSlots(of: block)
        try self.offerEnvelopes(of: block)
        for form in [BlockVerifier.Form.fabric, .canonical] {
            let verifier = BlockVerifier(bundle: self.channel.bundle, form: form)
            _ = try self.probe.attempt { try verifier.verify(block, after: self.channel.afterGenesis) }
            for position in [self.channel.afterGenesis, self.channel.afterParent] {
                let repaired = try self.repaired(block, after: position)
                _ = try self.probe.attempt { try verifier.verify(repaired, after: position) }
            }
        }
        _ = try self.probe.attempt { try ChainPosition(after: block, chain: self.channel.genesis.headerHash).blockID }
    }

    private func offerSlots(of block: OrderedBlock) throws(FuzzFinding) {
        self.probe.note(block.storedCodes?.count ?? -1)
        _ = try self.probe.attempt { try block.storedCommitHash() }
        try self.offerCertificate(block.metadata(.orderer))
        guard let signatures = try self.probe.attempt({ try BlockSignatures(slot: block.metadata(.signatures)) }) else { return }
        let again = try self.probe.attempt { try BlockSignatures(slot: signatures.slot()) }
        try self.probe.expect(again == signatures, "the signatures of a block are the same after writing and reading")
        guard let value = try self.probe.attempt({ try OrdererBlockMetadata(serialized: signatures.value) }),
            let metadata = try self.probe.attempt({ try ExtendedHeaderFormat.decode(value.consenterMetadata) })
        else { return }
        try self.probe.expect(ExtendedHeaderFormat.encode(metadata) == value.consenterMetadata, "an extended header has one form")
        self.probe.note(ExtendedHeaderFormat.blockID(blockHeader: block.headerBytes, header: metadata.header))
        _ = try self.probe.attempt { try CommitCertificate(of: block) }
    }

    private func offerCertificate(_ slot: [UInt8]) throws(FuzzFinding) {
        guard let certificate = try self.probe.attempt({ try CommitCertificateFormat.decode(slot) }) else { return }
        try self.probe.expect(CommitCertificateFormat.encode(certificate) == slot, "a commit certificate has one form")
    }

    private func offerEnvelopes(of block: OrderedBlock) throws(FuzzFinding) {
        let root = TransactionTree.root(of: block.envelopes)
        for index in [0, block.envelopes.count / 2, block.envelopes.count - 1, block.envelopes.count] {
            guard let path = TransactionTree.path(to: index, in: block.envelopes) else { continue }
            let holds = TransactionTree.verify(block.envelopes[index], at: index, of: block.envelopes.count, path: path, root: root)
            try self.probe.expect(holds, "the path to an envelope leads to the root")
        }
        let isConfiguration = BlockVerifier.isConfiguration(block)
        self.probe.note(isConfiguration ? 1 : 0)
        if isConfiguration {
            _ = try self.probe.attempt { try ChannelBundle(block: block, verifier: ToySignatures()) }
        }
        _ = try self.probe.attempt { try BlockValidator.acceptGenesis(block, verifier: ToySignatures()) }
        let stored = block.storedCodes
        for codes in [stored, block.envelopes.map { _ in .valid }] {
            guard let codes else { continue }
            let effects = try self.probe.attempt {
                try BlockEffects.derive(from: block, codes: codes, state: self.channel.state, previousCommitHash: [])
            }
            if let effects { self.probe.note(effects.commitHash) }
        }
    }

    /// The same block with what depends on other bytes computed again, so that a change reaches the checks behind the hashes.
    private func repaired(_ block: OrderedBlock, after position: ChainPosition) throws(FuzzFinding) -> OrderedBlock {
        let number = position.number.next ?? 0
        var repaired = OrderedBlock(
            number: number, previousHash: position.headerHash, dataHash: Formulas.dataHash(of: block.envelopes), envelopes: block.envelopes,
            metadata: block.metadata)
        guard let signatures = try? BlockSignatures(slot: block.metadata(.signatures)),
            let value = try? OrdererBlockMetadata(serialized: signatures.value),
            var metadata = try? ExtendedHeaderFormat.decode(value.consenterMetadata)
        else { return repaired }
        metadata.header.chain = position.chain
        metadata.header.height = number.rawValue
        metadata.header.parentID = position.blockID
        metadata.header.parentCommitHash = CommitCertificateFormat.hash(ofSlot: block.metadata(.orderer))
        metadata.header.txRoot = TransactionTree.root(of: block.envelopes)
        metadata.header.txCount = UInt32(clamping: block.envelopes.count)
        metadata.header.txSeqBase = position.nextSequence ?? 0
        metadata.header.timeMs = max(metadata.header.timeMs, position.timeMs &+ 1)
        let lastConfig = BlockVerifier.isConfiguration(block) ? number.rawValue : position.lastConfig
        let mended = OrdererBlockMetadata(lastConfig: lastConfig, consenterMetadata: ExtendedHeaderFormat.encode(metadata))
        let slot = BlockSignatures(value: mended.serialized(), entries: signatures.entries).slot()
        repaired = repaired.with(.signatures, slot).with(.lastConfig, mended.lastConfigSlot)
        return repaired
    }

    private func offerFiles(_ bytes: [UInt8]) throws(FuzzFinding) {
        _ = BlockFileFormat.readFileHeader(bytes)
        _ = BlockFileFormat.readFrameHead(bytes)
        _ = BlockFileFormat.segment(fileName: String(decoding: bytes.prefix(64), as: UTF8.self))
        // As a whole file, behind a good header, and behind a good frame.
        let header = BlockFileFormat.fileHeader(segment: 0, firstBlock: 0)
        let head = BlockFileFormat.frameHead(number: 0, block: bytes)
        let framed = header + head + bytes
        for file in [bytes, header + bytes, framed, framed + head + bytes, Array(framed.dropLast(bytes.count / 2))] {
            try self.scan(file)
        }
    }

    private func scan(_ file: [UInt8]) throws(FuzzFinding) {
        let files = FuzzFiles(name: BlockFileFormat.fileName(segment: 0), bytes: file)
        guard var scan = try self.probe.attempt({ try BlockScan(folder: "", files: files) }) else { return }
        var offset: UInt64 = 0
        while let next = try self.probe.attempt({ try scan.next() }), let block = next {
            try self.probe.expect(scan.position.offset > offset, "every block of a file stands behind the one before")
            offset = scan.position.offset
            self.probe.note(block.bytes.count)
        }
    }
}
