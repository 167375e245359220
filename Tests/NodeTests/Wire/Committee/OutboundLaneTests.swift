import LedgerModel
import Ordering
import Testing

@testable import Node

@Suite struct OutboundLaneTests {
    private static func vote(height: UInt64, round: Round) -> MemberParcel {
        .consensus(
            .vote(SignedVote(vote: Vote(height: height, round: round, kind: .prevote, choice: .nil, signer: 1), signature: [1])))
    }

    private static func limits(_ change: (inout CommitteeWireLimits) -> Void) -> CommitteeWireLimits {
        var limits = CommitteeWireLimits()
        change(&limits)
        return limits
    }

    @Test func `parcels come out in their order, and one that is waited for goes at once`() async {
        let lane = OutboundLane(.blocks, limits: CommitteeWireLimits())
        for number in 1...3 { lane.push(.decisionsWanted(from: UInt64(number))) }
        for number in 1...3 { #expect(await lane.next() == .decisionsWanted(from: UInt64(number))) }
        async let waited = lane.next()
        while lane.count == 0 {
            lane.push(.decisionsWanted(from: 4))
            await Task.yield()
        }
        #expect(await waited == .decisionsWanted(from: 4))
    }

    @Test func `a full lane of votes loses one of an earlier round first`() async {
        let lane = OutboundLane(.votes, limits: Self.limits { $0.queuedVotes = 3 })
        lane.push(Self.vote(height: 2, round: 4))
        lane.push(Self.vote(height: 2, round: 1))
        lane.push(Self.vote(height: 2, round: 4))
        lane.push(Self.vote(height: 2, round: 4))
        #expect(lane.count == 3 && lane.lost == 1)
        for _ in 0..<3 { #expect(await lane.next() == Self.vote(height: 2, round: 4)) }
    }

    @Test func `a lane holds no more bytes than its limit, but one parcel alone may be larger`() {
        let lane = OutboundLane(.blocks, limits: Self.limits { $0.queuedParcelBytes = 1_000 })
        for _ in 0..<100 {
            lane.push(.candidate([UInt8](repeating: 0, count: 300)))
            #expect(lane.sizeBytes <= 1_000)
        }
        #expect(lane.count == 3 && lane.lost == 97)
        lane.push(.candidate([UInt8](repeating: 0, count: 5_000)))
        #expect(lane.count == 1 && lane.sizeBytes == 5_000)
        lane.push(.candidate([1]))
        #expect(lane.count == 1 && lane.sizeBytes == 1)
    }

    @Test func `who waits is let go when its task is cancelled and when the lane is closed`() async {
        let lane = OutboundLane(.blocks, limits: CommitteeWireLimits())
        let waiting = Task { await lane.next() }
        waiting.cancel()
        #expect(await waiting.value == nil)
        let other = Task { await lane.next() }
        lane.close()
        #expect(await other.value == nil)
        lane.push(.candidate([1]))
        #expect(lane.count == 0)
    }

    @Test func `envelopes that are pushed together travel in pieces of a bounded size`() {
        let envelopes = (0..<10).map { [UInt8](repeating: UInt8($0), count: 400) }
        let pieces = MemberParcel.envelopes(envelopes).pieces(ofBytes: 1_000)
        #expect(pieces.count == 5)
        let together: [[UInt8]] = pieces.flatMap { piece -> [[UInt8]] in
            guard case .envelopes(let some) = piece else { return [] }
            return some
        }
        #expect(together == envelopes)
        #expect(MemberParcel.decisions(envelopes).pieces(ofBytes: 1_000) == [.decisions(envelopes)])
    }
}
