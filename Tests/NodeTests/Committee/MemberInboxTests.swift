import LedgerModel
import Ordering
import Testing

@testable import Node

@Suite struct MemberInboxTests {
    private func name(_ work: MemberInbox.IntakeWork?) -> String {
        switch work {
        case .pushed: "pushed"
        case .submissions(let submissions): "\(submissions.count) submissions"
        case .blockStored: "stored"
        case nil: "nothing"
        }
    }

    @Test func `a member that pushes without end keeps out neither clients nor the tidying of the log`() {
        let inbox = MemberInbox()
        for _ in 0..<100 { inbox.accept(.envelopes([[1]]), from: 2) }
        for _ in 0...NodeLimits.submissionsOfOneSync {
            inbox.submit(MemberInbox.Submission(envelope: Envelope(payload: [1], signature: [2])) { _ in })
        }
        inbox.noteStored()
        let found = (0..<7).map { _ in self.name(inbox.nextIntake()) }
        #expect(found == ["pushed", "\(NodeLimits.submissionsOfOneSync) submissions", "stored", "pushed", "1 submissions", "pushed", "pushed"])
        inbox.close()
        #expect(self.name(inbox.nextIntake()) == "nothing")
    }

    @Test func `what one member sends is bounded and loses nothing of another one`() {
        let inbox = MemberInbox()
        for _ in 0..<NodeLimits.queuedParcels + 10 { inbox.accept(.decisionsWanted(from: 1), from: 2) }
        inbox.accept(.decisionsWanted(from: 7), from: 3)
        #expect(inbox.lost == 10)
        var count = 0
        var others = 0
        while case .parcel(_, let from)? = inbox.next() {
            count += 1
            if from == 3 {
                others += 1
                #expect(count <= 2, "it waited for everything of the other member")
            }
        }
        #expect(count == NodeLimits.queuedParcels + 1)
        #expect(others == 1)
    }
}
