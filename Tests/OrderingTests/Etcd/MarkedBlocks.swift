import ChannelConfiguration
import CryptoPrimitives
import LedgerModel

@testable import Ordering

/// Blocks that name their maker instead of being signed: simulations make thousands.
struct MarkedBlocks: CrashBlocks {
    let bundle: ChannelBundle
    let maker: Int

    func block(
        _ envelopes: [CheckedEnvelope], after position: ChainPosition, leadership: Int64, now: Timestamp
    ) throws(OrderingError) -> OrderedBlock {
        guard let number = position.number.next else { throw .exhausted(position.number) }
        let block = OrderedBlock(number: number, previousHash: position.headerHash, envelopes: envelopes.map(\.serialized))
        let value = OrdererBlockMetadata(
            lastConfig: 0, consenterMetadata: CrashCertificateFormat.encode(leadership: leadership, timeMs: UInt64(self.maker)))
        return block.with(.signatures, BlockSignatures(value: value.serialized(), entries: []).slot())
    }

    func fault(in block: OrderedBlock, after position: ChainPosition) -> CrashBlockFault? {
        let fits =
            block.number == position.number.next && block.previousHash == position.headerHash && !block.envelopes.isEmpty
            && block.dataHash == Formulas.dataHash(of: block.envelopes)
        return fits ? nil : CrashBlockFault(block: block.number, reason: "does not fit")
    }

    func adopt(_ block: OrderedBlock) {}

    func configuration(_ request: CheckedEnvelope, now: Timestamp) throws(BroadcastRefusal) -> CheckedEnvelope { throw .configurationUpdate }

    func orderedIDs(in block: OrderedBlock) -> [TransactionID] { block.envelopes.map { TransactionID(utf8: $0) } }

    static func envelope(_ number: Int) -> CheckedEnvelope {
        let bytes = Array("envelope \(number) ".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: number % 7 * 20)
        return CheckedEnvelope(
            serialized: bytes, digest: SHA256.hash(bytes), sizeBytes: bytes.count, transactionID: TransactionID(utf8: bytes))
    }
}
