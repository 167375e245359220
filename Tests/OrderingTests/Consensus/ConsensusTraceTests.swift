import Foundation
import TestSupport
import Testing

@testable import Ordering

/// Public traces of vote counting, generated from somebody else's specification. Weights become members: ten units of weight are one member.
@Suite struct ConsensusTraceTests {
    private static let folder = "vectors/consensus/itf"
    static let isPresent = SharedData.contains(folder)
    static let traces = SharedData.list(folder).filter { $0.hasPrefix("voteBookkeeper") }

    private struct Step {
        let address: String
        let round: Round
        let isPrevote: Bool
        let value: String
        let members: Int
        let event: String
        let total: Int
    }

    private func steps(of name: String) throws -> [Step] {
        let bytes = try #require(SharedData.read("\(Self.folder)/\(name)"))
        let trace = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let states = try #require(trace["states"] as? [[String: Any]])
        func number(_ value: Any?) -> Int { Int((value as? [String: Any])?["#bigint"] as? String ?? "") ?? 0 }
        return try states.dropFirst().map { state in
            let prefix = "voteBookkeeperTest::voteBookkeeperSM::"
            let pair = try #require((state[prefix + "weightedVote"] as? [String: Any])?["#tup"] as? [Any])
            let vote = try #require(pair.first as? [String: Any])
            let emitted = try #require(state[prefix + "lastEmitted"] as? [String: Any])
            let keeper = try #require(state[prefix + "bookkeeper"] as? [String: Any])
            return Step(
                address: vote["address"] as? String ?? "", round: Round(number(vote["round"])), isPrevote: vote["typ"] as? String == "Prevote",
                value: vote["value"] as? String ?? "", members: number(pair.last) / 10, event: emitted["name"] as? String ?? "",
                total: number(keeper["totalWeight"]) / 10)
        }
    }

    @Test(.enabled(if: isPresent, SharedData.reason), arguments: traces)
    func `a public trace of vote counting gives the same events`(name: String) throws {
        let steps = try self.steps(of: name)
        let total = try #require(steps.first).total
        let committee = try #require(Committee(epoch: 0, members: Array(1...UInt32(total))))
        var rounds: [Round: RoundState] = [:]
        var seats: [String: Range<Int>] = [:]
        var emitted: Set<String> = []
        for (number, step) in steps.enumerated() {
            let taken = seats.values.map(\.upperBound).max() ?? 0
            let seat = seats[step.address] ?? taken..<taken + step.members
            seats[step.address] = seat
            var state = rounds[step.round] ?? RoundState(round: step.round, members: total)
            let kind: VoteKind = step.isPrevote ? .prevote : .precommit
            let block: UInt64? = step.value == "nil" ? nil : 1
            for member in seat {
                let signer = UInt32(member + 1)
                _ = state.insert(
                    step.isPrevote ? Fake.prevote(signer, block, round: step.round) : Fake.precommit(signer, block, round: step.round), member: member
                )
            }
            rounds[step.round] = state
            // The strongest event that has become true and was not told before.
            let choice = block.map {
                kind == .prevote ? VoteChoice.prevote(Fake.block($0), validRound: -1) : .precommit(Fake.block($0), lastConfig: 0)
            }
            let prefix = kind == .prevote ? "Polka" : "Precommit"
            var events: [String] = []
            if step.round > 1, state.voters >= committee.honest { events.append("Skip") }
            if let choice, state.count(kind, for: choice) >= committee.quorum { events.append("\(prefix)Value") }
            if choice == nil, state.count(kind, for: .nil) >= committee.quorum { events.append("\(prefix)Nil") }
            if events.isEmpty, state.count(kind) >= committee.quorum { events.append("\(prefix)Any") }
            let news = events.first { emitted.insert("\($0) \(step.round) \(kind)").inserted } ?? "None"
            #expect(news == step.event, "\(name), step \(number + 1)")
        }
    }

    /// The same machine as the public trace of one process that never proposes first: 18 transitions over 13 kinds of events.
    @Test func `one replica goes through a decision, a proposal of its own, and rounds that fail`() throws {
        var bench = Bench(me: 4)
        bench.propose(Fake.proposal(1, 7))
        bench.vote(Fake.prevote(1, 7), Fake.prevote(2, 7), Fake.precommit(1, 7), Fake.precommit(2, 7))
        #expect(bench.replica.step == .decided)
        // In height 2 it is the first proposer.
        let schedule = try #require(ProposerSchedule(order: [4, 1, 2, 3]))
        let start = HeightStart(
            height: 2, committee: bench.committee, schedule: ProposerSchedule(order: [4, 1, 2, 3], firstHeight: 2) ?? schedule, signer: 4,
            hasReason: true)
        #expect(bench.feed(.startHeight(start)).contains(.buildCandidate(height: 2, round: 0)))
        bench.feed(.candidate(height: 2, round: 0, id: Fake.block(8)))
        bench.feed(.verdict(height: 2, id: Fake.block(8), Fake.valid))
        #expect(bench.vote(Fake.prevote(1, nil, height: 2), Fake.prevote(2, nil, height: 2)).timers == [.prevote])
        bench.timeout(.prevote)
        #expect(bench.vote(Fake.precommit(1, nil, height: 2), Fake.precommit(2, nil, height: 2)).timers == [.precommit])
        #expect(bench.timeout(.precommit).timers == [.propose])
        bench.timeout(.propose, round: 1)
        bench.vote(Fake.prevote(1, nil, round: 1, height: 2), Fake.prevote(2, nil, round: 1, height: 2))
        bench.vote(Fake.precommit(1, nil, round: 1, height: 2), Fake.precommit(2, nil, round: 1, height: 2))
        bench.timeout(.precommit, round: 1)
        bench.feed(.verdict(height: 2, id: Fake.block(9), .invalid))
        bench.feed(.message(.proposal(Fake.proposal(2, 9, round: 2, height: 2), polka: nil), from: 2))
        #expect(
            bench.signed == [
                "prevote 0 7 -1", "precommit 0 7", "propose 0 8 -1", "prevote 0 8 -1", "precommit 0 nil", "prevote 1 nil", "precommit 1 nil",
                "prevote 2 nil",
            ])
        #expect(bench.replica.locked == nil && bench.replica.round == 2)
    }
}
