import Ordering
import Synchronization
import Testing

@testable import Node

/// Who is spoken to by a call, and who over links.
@Suite struct NearCommitteesTests {
    private final class Ear: CommitteeEndpoint {
        let heard = Mutex<[UInt32]>([])

        func accept(_ parcel: MemberParcel, from consenter: UInt32) { self.heard.withLock { $0.append(consenter) } }
    }

    /// Links that note to whom they were to carry something.
    private final class Links: CommitteeTransport {
        let sent = Mutex<[UInt32]>([])

        func send(_ parcel: MemberParcel, from sender: UInt32, to receiver: UInt32) { self.sent.withLock { $0.append(receiver) } }
        func attach(_ endpoint: any CommitteeEndpoint, as consenter: UInt32) {}
        func detach(_ consenter: UInt32) {}
    }

    @Test func `who is in the same process and channel is called, everybody else is reached over links`() {
        let near = NearCommittees()
        let (links, ears) = (Links(), [Ear(), Ear(), Ear()])
        let chains: [[UInt8]] = [[1], [1], [2]]
        let members = chains.enumerated().map { index, chain in
            let member = NearAndFarTransport(near: near.transport(of: chain), far: links)
            member.attach(ears[index], as: UInt32(index + 1))
            return member
        }
        for receiver: UInt32 in [2, 3, 4] { members[0].send(.decisionsWanted(from: 1), from: 1, to: receiver) }
        #expect(ears.map { $0.heard.withLock { $0 } } == [[], [1], []])
        #expect(links.sent.withLock { $0 } == [3, 4])
        // Whose member has ended here may be somewhere else now.
        members[1].detach(2)
        members[0].send(.decisionsWanted(from: 1), from: 1, to: 2)
        #expect(links.sent.withLock { $0 } == [3, 4, 2])
    }
}
