import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel

/// What a new member begins with instead of block 0: governance after one block, the configuration in force, and the blocks that its rules look
/// back to.
///
/// Whoever gives it is not believed. Everything in it hangs on `trust`, 32 bytes that everybody who has the chain computes alike and that the
/// operator compares with what f + 1 members say.
package struct MemberSnapshot: Hashable, Sendable {
    /// `ControlPlaneFormat`; empty where nobody elects the committee.
    package let governance: [UInt8]
    /// The newest configuration block: block 0, one of `blocks`, or one before them.
    package let configuration: OrderedBlock
    /// The data hashes of the blocks between the configuration and `blocks`, ascending: with them the headers link both.
    package let dataHashes: [[UInt8]]
    /// Decided blocks without gaps; the snapshot is of the last one's height.
    package let blocks: [OrderedBlock]

    package init(governance: [UInt8], configuration: OrderedBlock, dataHashes: [[UInt8]], blocks: [OrderedBlock]) {
        self.governance = governance
        self.configuration = configuration
        self.dataHashes = dataHashes
        self.blocks = blocks
    }

    /// Takes one of a member's chain, after its last block.
    ///
    /// - Parameters:
    ///   - rules: Those for the block after `height`.
    ///   - count: How far the rules look back; see `CommitteeBlocks.lookBack`.
    ///   - block: The member's blocks by number.
    package init(
        of rules: CommitteeBlocks, at height: UInt64, lookBack count: UInt64, genesis: OrderedBlock, block: (UInt64) throws -> OrderedBlock?
    ) throws {
        func stored(_ number: UInt64) throws -> OrderedBlock {
            guard let found = number == 0 ? genesis : try block(number) else { throw SnapshotRefusal.incomplete(block: number) }
            return found
        }
        guard height > 0 else { throw SnapshotRefusal.incomplete(block: 1) }
        let first = height - min(height - 1, max(count, 1) - 1)
        self.blocks = try (first...height).map(stored)
        let newest = try ChainPosition(after: self.blocks[self.blocks.count - 1], chain: genesis.headerHash).lastConfig
        self.configuration = try stored(newest)
        self.dataHashes = newest + 1 < first ? try (newest + 1..<first).map { try stored($0).dataHash } : []
        self.governance = (rules.governance as? ElectedGovernance).map { ControlPlaneFormat.encode($0.plane) } ?? []
    }

    /// What is to be compared with other members: SHA-256 over tag, chain, id and header hash of the last block and the root of governance.
    ///
    /// - Parameter chain: The header hash of block 0.
    package static func trust(chain: [UInt8], position: ChainPosition, governanceRoot: [UInt8]) -> [UInt8] {
        SHA256.hash(MemberSnapshotFormat.tag + chain + position.blockID + position.headerHash + governanceRoot)
    }

    /// Checks the snapshot and makes the rules for the block after it.
    ///
    /// - Throws: `SnapshotRefusal` when it is not the one that `trust` names, or cannot be gone on from.
    package func rules(
        genesis: OrderedBlock, trust: [UInt8], settings: OrderingSettings, verifier: any SignatureVerifying
    ) throws(SnapshotRefusal) -> CommitteeBlocks {
        let chain = genesis.headerHash
        guard let last = self.blocks.last, let first = self.blocks.first, first.number > 0 else { throw .incomplete(block: 1) }
        try self.checkLinks(chain: chain)
        let position: ChainPosition
        let rules: CommitteeBlocks
        do {
            position = try ChainPosition(after: last, chain: chain)
            try self.checkConfiguration(genesis: genesis, newest: position.lastConfig)
            let bundle = try ChannelBundle(block: self.configuration, verifier: verifier)
            rules = try CommitteeBlocks(resuming: bundle, chain: chain, governance: self.governance, blocks: self.blocks)
        } catch let refusal as SnapshotRefusal {
            throw refusal
        } catch {
            throw .malformed("\(error)")
        }
        guard Self.trust(chain: chain, position: position, governanceRoot: rules.governance.root) == trust else { throw .otherTrust }
        guard UInt64(self.blocks.count) >= min(last.number.rawValue, rules.lookBack(settings)) else {
            throw .incomplete(block: first.number.rawValue - 1)
        }
        try self.checkLastCommit(rules, last, position)
        return rules
    }

    private func checkLinks(chain: [UInt8]) throws(SnapshotRefusal) {
        var before: ChainPosition?
        for block in self.blocks {
            let number = block.number.rawValue
            guard let position = try? ChainPosition(after: block, chain: chain), let header = position.metadata?.header, header.chain == chain,
                header.height == number, block.dataHash == Formulas.dataHash(of: block.envelopes),
                header.txRoot == TransactionTree.root(of: block.envelopes)
            else { throw .brokenLink(block: number) }
            if let before, block.number != before.number.next || block.previousHash != before.headerHash || header.parentID != before.blockID {
                throw .brokenLink(block: number)
            }
            before = position
        }
    }

    /// The configuration must be the one that the last block names, and lead to the blocks by its header.
    private func checkConfiguration(genesis: OrderedBlock, newest: UInt64) throws(SnapshotRefusal) {
        let number = self.configuration.number.rawValue
        guard number == newest, let first = self.blocks.first?.number.rawValue else { throw .brokenLink(block: number) }
        if number == 0, self.configuration != genesis { throw .brokenLink(block: 0) }
        if number >= first {
            guard self.dataHashes.isEmpty, self.blocks.contains(self.configuration) else { throw .brokenLink(block: number) }
            return
        }
        guard self.configuration.dataHash == Formulas.dataHash(of: self.configuration.envelopes),
            UInt64(self.dataHashes.count) == first - number - 1
        else { throw .brokenLink(block: number) }
        var hash = self.configuration.headerHash
        for (index, dataHash) in self.dataHashes.enumerated() {
            let next = BlockNumber(number + UInt64(index) + 1)
            hash = SHA256.hash(BlockHeaderFormat.encode(number: next, previousHash: hash, dataHash: dataHash))
        }
        guard self.blocks.first?.previousHash == hash else { throw .brokenLink(block: first) }
    }

    /// A proposer puts these signatures into its block.
    private func checkLastCommit(_ rules: CommitteeBlocks, _ last: OrderedBlock, _ position: ChainPosition) throws(SnapshotRefusal) {
        do {
            let slot = try CommitteeBlocks.parentCertificate(of: last)
            try rules.checkParentCertificate(slot, after: position)
        } catch {
            throw .brokenLink(block: last.number.rawValue)
        }
    }
}

/// Why a member cannot begin with a snapshot.
package enum SnapshotRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(String)
    /// A block that the rules look back to is missing.
    case incomplete(block: UInt64)
    /// A block or the configuration does not belong to the others.
    case brokenLink(block: UInt64)
    /// It is in itself sound, and is not the one that was to be trusted.
    case otherTrust

    package var description: String {
        switch self {
        case .malformed(let reason): "the snapshot cannot be used: \(reason)"
        case .incomplete(let block): "the snapshot lacks block \(block), which the rules look back to: take one with more blocks"
        case .brokenLink(let block): "block \(block) of the snapshot does not belong to the others"
        case .otherTrust: "the snapshot is not the one that the other members vouch for: compare the hash again, or take another snapshot"
        }
    }
}
