import LedgerModel
import Testing

@testable import Ordering

/// Member worlds under an elected committee: members 1 to 4 produce, 5 and 6 audit, 7 to 9 stand by.
enum ElectedPeople {
    static let quiet = MemberWorld.Faults(lossPercent: 0, doublePercent: 0, crashes: 0, partitions: 0, endsAt: 300)

    static func world(
        _ seed: UInt64, faults: MemberWorld.Faults = Self.quiet, envelopes: Int = 4, bugs: MemberBugs = [],
        change: (inout GovernanceSettings) -> Void = { _ in }
    ) throws -> MemberWorld {
        var keep: GovernanceSettings?
        _ = try GovernanceWorld { settings in
            change(&settings)
            keep = settings
        }
        let (_, genesis) = try GovernanceNetwork.shared.get().bundle(producers: 4, settings: found(keep))
        return try MemberWorld(
            seed: seed, genesis: genesis, identities: MemberWorldPeople.identities(1...7), envelopes: MemberWorldPeople.envelopes(envelopes),
            faults: faults, bugs: bugs)
    }
}

extension MemberWorld {
    /// The height that is being worked on where the chain is longest.
    var nextHeight: UInt64 { UInt64(self.heads.values.max() ?? 0) + 1 }

    /// Governance as the first machine that is up knows it.
    var plane: ControlPlane? {
        let up = self.machines.keys.sorted().compactMap { self.machines[$0]?.core }
        return (up.max { $0.height < $1.height }?.blocks.governance as? ElectedGovernance)?.plane
    }

    /// Two votes of one member in one round, for blocks that nobody has; its own machine hears nothing of them.
    func doubleVote(_ liar: UInt32) throws {
        self.liars.insert(liar)
        let height = self.nextHeight
        let epoch = self.plane?.term(at: height)?.epoch ?? 0
        for number in 1...2 as ClosedRange<UInt64> {
            let vote = Vote(height: height, round: 0, kind: .prevote, choice: .prevote(BlockID(number: number), validRound: -1), signer: liar)
            let message = try self.signed(.vote(vote, form: nil), by: liar, epoch: epoch)
            for id in self.machines.keys.sorted() where id != liar { self.send(.consensus(message), from: liar, to: id) }
        }
    }

    func signed(_ request: SignRequest, by signer: UInt32, epoch: UInt64) throws -> ConsensusMessage {
        let bytes = try #require(request.signedBytes(chain: self.genesis.headerHash, epoch: epoch))
        return request.message(signature: try #require(self.machines[signer]?.identity).sign(bytes))
    }

    /// A receipt as a member signs it that never means to keep it.
    func receipt(for envelope: Envelope, by ingress: UInt32, at height: UInt64) throws -> SignedReceipt {
        let receipt = try found(Receipt(of: envelope.serialized(), ingress: ingress, height: height, deadline: height + 64))
        let bytes = try found(ReceiptFormat.signedBytes(receipt, chain: self.genesis.headerHash))
        return SignedReceipt(receipt: receipt, signature: try found(self.machines[ingress]).identity.sign(bytes))
    }

    /// A client complains at a member.
    func complain(of receipt: SignedReceipt, about envelope: [UInt8], at member: UInt32) throws {
        let bytes = try found(ReceiptFormat.encode(receipt))
        self.machines[member]?.take(.parcel(.complaint(receipt: bytes, envelope: envelope), from: member))
    }
}
