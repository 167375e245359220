import Identity
import LedgerModel

extension ChannelBundle {
    /// The hash that names the committee in office (`CommitteeHashFormat`).
    ///
    /// - Throws: `invalidValue` when a consenter's certificate is none that the channel accepts.
    package func committeeHash(epoch: UInt64) throws(ConfigurationError) -> [UInt8] {
        var members: [CommitteeHashFormat.Member] = []
        for consenter in self.consenters {
            let identity: VerifiedIdentity
            do {
                identity = try self.membership.identity(consenter.serializedIdentity)
            } catch {
                throw .invalidValue(path: "/Channel/Orderer/Orderers", reason: "consenter \(consenter.id) has no valid identity: \(error)")
            }
            members.append(
                CommitteeHashFormat.Member(consenter: consenter.id, mspID: consenter.mspID, publicKey: identity.publicKey.spkiDER))
        }
        return CommitteeHashFormat.hash(epoch: epoch, members: members)
    }
}

/// Which committee signs a block and which one the next: what an extended header says of epoch, committee and next committee (consensus 0.1, 2.5).
///
/// The rules, for a block, its parent and the configuration after it:
///
/// 1. The block's committee is the one of the configuration below it, under the block's epoch.
/// 2. When the parent names a next committee, the block's committee is that one, and its epoch is the parent's or the one after. Otherwise the
///    epoch is the parent's; the genesis block is of epoch 0.
/// 3. The block names a next committee exactly when the next block's committee hash is another one: because the block changes the committee, or
///    because an epoch ends with it. The old committee signs that, and a reader of headers alone can follow.
package struct CommitteeSuccession: Sendable {
    /// The parent's extended header; nil after block 0.
    private let parent: ExtendedHeader?
    private let bundle: ChannelBundle

    /// - Parameter bundle: The configuration below the block.
    package init(after parent: ExtendedHeader?, bundle: ChannelBundle) {
        self.parent = parent
        self.bundle = bundle
    }

    /// The name of the first field of a block's header that breaks a rule; nil when none does.
    ///
    /// - Parameter successor: The configuration that the block brings; nil when it brings none.
    package func wrongField(of header: ExtendedHeader, successor: ChannelBundle?) throws(ConfigurationError) -> String? {
        let former = self.parent?.epoch ?? 0
        let announced = self.parent?.nextCommitteeHash ?? ExtendedHeader.zeroHash
        let isAnnounced = announced != ExtendedHeader.zeroHash
        guard header.epoch == former || (isAnnounced && header.epoch == Self.next(former)) else { return "epoch" }
        guard try header.committeeHash == self.bundle.committeeHash(epoch: header.epoch), !isAnnounced || header.committeeHash == announced
        else { return "committeeHash" }
        let allowed = try self.nextCommitteeHashes(epoch: header.epoch, committeeHash: header.committeeHash, successor: successor)
        return allowed.contains(header.nextCommitteeHash) ? nil : "nextCommitteeHash"
    }

    /// What a block may name as next committee: first if its epoch goes on, then if it ends.
    package func nextCommitteeHashes(
        epoch: UInt64, committeeHash: [UInt8], successor: ChannelBundle?
    ) throws(ConfigurationError) -> [[UInt8]] {
        let following = successor ?? self.bundle
        let same = try following.committeeHash(epoch: epoch)
        let goingOn = same == committeeHash ? ExtendedHeader.zeroHash : same
        guard let next = Self.next(epoch) else { return [goingOn] }
        return [goingOn, try following.committeeHash(epoch: next)]
    }

    private static func next(_ epoch: UInt64) -> UInt64? { epoch == .max ? nil : epoch + 1 }
}
