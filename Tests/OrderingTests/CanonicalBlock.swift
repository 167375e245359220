import ChannelConfiguration
import LedgerModel

@testable import Ordering

/// What a block of our ordering service must contain (consensus 0.1), derived here from the parent without the consenter's code.
enum CanonicalBlock {
    /// What is wrong with a block of a committee of one; nil when nothing is.
    static func fault(in block: OrderedBlock, after parent: OrderedBlock, in network: TestNetwork) throws -> String? {
        let position = try ChainPosition(after: parent, chain: network.chain)
        guard block.number.rawValue == parent.number.rawValue + 1, block.previousHash == parent.headerHash else { return "does not follow" }
        guard block.dataHash == Formulas.dataHash(of: block.envelopes), !block.envelopes.isEmpty else { return "data hash" }
        guard block.metadata.count == 5, block.metadata(.transactionsFilter).isEmpty, block.metadata(.commitHash).isEmpty else { return "slots" }
        let signatures = try BlockSignatures(slot: block.metadata(.signatures))
        guard signatures.slot() == block.metadata(.signatures), signatures.entries.count == 1 else { return "form of slot 0" }
        // Field 1 alone, with number 1.
        guard signatures.entries[0].signer == .consenter(1, header: [0x08, 0x01]) else { return "identifier header" }
        let value = try OrdererBlockMetadata(serialized: signatures.value)
        // The last configuration is block 0: an empty message in field 1; then 349 bytes in field 2.
        guard signatures.value == [0x0A, 0x00, 0x12, 0xDD, 0x02] + value.consenterMetadata else { return "form of the signed value" }
        guard block.metadata(.lastConfig).isEmpty else { return "slot 1" }
        let metadata = try ExtendedHeaderFormat.decode(value.consenterMetadata)
        guard metadata.round == 0 else { return "round" }
        if let fault = try self.fault(in: metadata.header, of: block, after: position, network) { return fault }
        if let fault = try self.faultInParentCertificate(block.metadata(.orderer), parent, position) { return fault }
        let signed = signatures.value + [0x08, 0x01] + block.headerBytes
        let isSigned = network.orderer.certificate.publicKey.isValid(signature: signatures.entries[0].signature, for: signed)
        return isSigned ? nil : "signature"
    }

    private static func fault(
        in header: ExtendedHeader, of block: OrderedBlock, after position: ChainPosition, _ network: TestNetwork
    ) throws -> String? {
        let member = CommitteeHashFormat.Member(
            consenter: 1, mspID: "ClinicMSP", publicKey: network.orderer.certificate.publicKey.spkiDER)
        guard header.timeMs > position.timeMs else { return "time" }
        let expected = ExtendedHeader(
            chain: network.chain, height: block.number.rawValue, parentID: position.blockID,
            parentCommitHash: CommitCertificateFormat.hash(ofSlot: block.metadata(.orderer)), txRoot: TransactionTree.root(of: block.envelopes),
            txCount: UInt32(block.envelopes.count), txSeqBase: position.nextSequence ?? .max, timeMs: header.timeMs, proposer: 1,
            committeeHash: CommitteeHashFormat.hash(epoch: 0, members: [member]), configSeq: 0)
        return header == expected ? nil : "extended header"
    }

    private static func faultInParentCertificate(_ slot: [UInt8], _ parent: OrderedBlock, _ position: ChainPosition) throws -> String? {
        guard parent.number > 0 else { return slot.isEmpty ? nil : "slot 3 of block 1" }
        return try CommitCertificateFormat.decode(slot) == CommitCertificate(of: parent) ? nil : "slot 3"
    }
}
