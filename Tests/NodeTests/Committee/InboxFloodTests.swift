import ChannelConfiguration
import LedgerModel
import Ordering
import Synchronization
import TestSupport
import Testing

@testable import Node

/// What waits for a member is bounded in every lane, and a full lane of one sender leaves those of the others alone.
@Suite struct InboxFloodTests {
    private func vote(_ round: Round, by signer: UInt32) -> MemberParcel {
        let vote = Vote(height: 1, round: round, kind: .prevote, choice: .nil, signer: signer)
        return .consensus(.vote(SignedVote(vote: vote, form: nil, signature: [1])))
    }

    @Test func `a full lane loses what it has no room for, and every other sender is still heard`() {
        let inbox = MemberInbox()
        let extra = 500
        for number in 0..<NodeLimits.queuedVotes + extra { inbox.accept(self.vote(Round(number % 1_000), by: 1), from: 1) }
        #expect(inbox.lost == extra)
        for _ in 0..<NodeLimits.queuedParcels + extra { inbox.accept(.decisionsWanted(from: 1), from: 1) }
        #expect(inbox.lost == 2 * extra)
        inbox.accept(self.vote(3, by: 2), from: 2)
        #expect(inbox.lost == 2 * extra)
        // The second one to be heard is the other sender.
        var senders: [UInt32] = []
        while senders.count < 2, case .parcel(_, let from)? = inbox.next() { senders.append(from) }
        #expect(senders == [1, 2])
    }

    @Test func `a lane is bounded in bytes too, and complaints wait in one like all else`() {
        let inbox = MemberInbox()
        let large = [UInt8](repeating: 7, count: 32 << 20)
        for _ in 0..<12 { inbox.accept(.complaint(receipt: [1], envelope: large), from: 1) }
        #expect(inbox.lost == 12 - NodeLimits.queuedParcelBytes / (large.count + 65))
    }

    @Test func `more senders than there can be consenters find no room`() {
        let inbox = MemberInbox()
        for sender in 0..<UInt32(NodeLimits.committeeChannels + 44) { inbox.accept(.decisionsWanted(from: 1), from: sender) }
        #expect(inbox.lost == 44)
    }

    @Test func `clients that come faster than their envelopes are checked are told to come again`() throws {
        let inbox = MemberInbox()
        let refused = Mutex(0)
        let envelope = Envelope(payload: [1], signature: [1])
        for _ in 0..<NodeLimits.queuedSubmissions + 7 {
            inbox.submit(
                MemberInbox.Submission(envelope: envelope) { answer in
                    if case .refused(.unavailable) = answer { refused.withLock { $0 += 1 } }
                })
        }
        #expect(refused.withLock { $0 } == 7)
        guard case .submissions(let batch)? = inbox.nextIntake() else {
            Issue.record("nothing waits")
            return
        }
        #expect(batch.count == NodeLimits.submissionsOfOneSync)
        inbox.close()
        // Nobody is left without an answer but those whose check had begun.
        #expect(refused.withLock { $0 } == 7 + NodeLimits.queuedSubmissions - NodeLimits.submissionsOfOneSync)
    }

    @Test func `timers that nobody looks at do not pile up`() {
        let inbox = MemberInbox()
        for height in 0..<UInt64(NodeLimits.queuedTimers + 9) { inbox.post(.timeout(height: height, round: 0, .propose)) }
        for _ in 0..<9 { inbox.post(.tick) }
        var count = 0
        while inbox.next() != nil { count += 1 }
        #expect(count == NodeLimits.queuedTimers + 1)
    }
}
