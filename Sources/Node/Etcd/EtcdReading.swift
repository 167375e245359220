import CryptoPrimitives
import LedgerModel
import Ordering

/// Reads a channel's blocks in etcd, with the parts that large ones are in.
struct EtcdReading: Sendable {
    let client: EtcdClient
    let keys: EtcdKeyFormat

    /// The answer to `EtcdKeyFormat.snapshot(after:)`, with whole blocks; nil when etcd does not answer.
    func snapshot(_ transaction: EtcdTransaction) async -> EtcdSnapshot? {
        guard let answer = try? await self.client.read(transaction), answer.results.count == 3 else { return nil }
        var blocks: [EtcdSeenBlock] = []
        for item in answer.results[2] {
            guard let seen = try? await self.seen(item, ownHeight: 0) else { return nil }
            blocks.append(seen)
        }
        return self.keys.snapshot(answer, blocks: blocks)
    }

    /// A block's value, with its parts when it is above the own height; else its header is enough.
    ///
    /// - Throws: When etcd does not answer.
    func seen(_ item: EtcdKeyValue, ownHeight: UInt64) async throws(EtcdError) -> EtcdSeenBlock? {
        guard let height = self.keys.height(ofBlock: item.key) else { return nil }
        func seen(_ block: OrderedBlock?) -> EtcdSeenBlock { EtcdSeenBlock(height: height, modRevision: item.modRevision, block: block) }
        guard let content = try? EtcdBlockFormat.content(of: item.value) else { return seen(nil) }
        switch content {
        case .whole(let block): return seen(block)
        case .head(let head, let size, let count):
            if height <= ownHeight { return seen(head) }
            var parts: [[UInt8]] = []
            for index in 0..<count {
                let key = self.keys.part(height, hash: head.headerHash, index: index)
                let answer = try await self.client.read(EtcdTransaction(success: [.get(key: key, end: [], limit: 0)]))
                // Deleted meanwhile: another consenter has the block.
                guard let part = answer.results.first?.first?.value else { return seen(nil) }
                parts.append(part)
            }
            return seen(try? EtcdBlockFormat.block(head, bodyBytes: size, parts: parts))
        }
    }

    /// Writes a block: its parts, then the transaction that puts it into the chain.
    func commit(_ commit: EtcdCommit) async -> EtcdOutcome {
        let record = EtcdBlockFormat.record(of: commit.block)
        for part in commit.parts(self.keys, record: record) {
            switch await self.client.transact(EtcdTransaction(success: [part])) {
            case .answered: continue
            case .noSpace: return .noSpace
            case .unknown: return .unknown
            }
        }
        return await self.client.transact(commit.transaction(self.keys, record: record))
    }
}
