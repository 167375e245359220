import ChannelConfiguration
import LedgerModel
import SelvageClient

/// A member's door for clients on the wire: one that only follows the chain takes nothing, because what it promised it could not order.
package struct MemberDoor: OrdererConnection {
    private let member: CommitteeMember

    package init(_ member: CommitteeMember) {
        self.member = member
    }

    package func broadcast(_ envelope: Envelope) async -> BroadcastReply {
        guard !self.member.isObserver else {
            return BroadcastReply(status: 503, info: Self.refusal(bundle: self.member.bundle, except: self.member.consenter))
        }
        return await self.member.broadcast(envelope)
    }

    /// What a node says that does not order a channel.
    static func refusal(bundle: ChannelBundle, except consenter: UInt32?) -> String {
        let others = bundle.consenters.filter { $0.id != consenter }.map { "\($0.host):\($0.port)" }
        return "this orderer follows the channel and does not order: send to one in office: \(others.joined(separator: ", "))"
    }
}
