import Foundation
import TestSupport
import Testing

@testable import Ordering

/// A public trace of one process from somebody else's specification: its events are made to happen to a replica, which has to go the same way.
@Suite struct ConsensusMachineTraceTests {
    private static let path = "vectors/consensus/itf/consensus_DecideNonProposerTest_0.itf.json"
    static let isPresent = SharedData.contains(path)

    /// One state of the trace: the event that led to it, what came of it, and how the process stands.
    private struct State: Equatable {
        let event: String
        let height: UInt64
        let round: Round
        let value: String
        let result: String
        let position: [String]
    }

    private func states() throws -> [State] {
        let bytes = try #require(SharedData.read(Self.path))
        let trace = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        func number(_ value: Any?) -> Int { Int((value as? [String: Any])?["#bigint"] as? String ?? "") ?? 0 }
        var states: [State] = []
        for fields in try #require(trace["states"] as? [[String: Any]]) {
            func field(_ name: String) -> [String: Any]? { fields.first { $0.key.hasSuffix(name) }?.value as? [String: Any] }
            let event = try #require(field("_Event"))
            let result = try #require(field("_Result"))
            let map = try #require(field("system")?["#map"] as? [[Any]])
            let process = try #require(map.first?.last as? [String: Any])
            let vote = result["voteMessage"] as? [String: Any]
            let parts = [
                result["name"], result["timeout"], vote?["step"], vote?["id"], (result["proposal"] as? [String: Any])?["proposal"], result["decided"],
            ]
            let state = State(
                event: event["name"] as? String ?? "", height: UInt64(max(0, number(event["height"]))), round: Round(number(event["round"])),
                value: event["value"] as? String ?? "",
                result: parts.compactMap { $0 as? String }.filter { !$0.isEmpty }.joined(separator: " "),
                position: [
                    process["step"] as? String ?? "", "\(number(process["round"]))", process["lockedValue"] as? String ?? "",
                    "\(number(process["lockedRound"]))", process["validValue"] as? String ?? "", "\(number(process["validRound"]))",
                ])
            if state != states.last { states.append(state) }
        }
        return states
    }

    private static let blocks = ["block": 7, "nextBlock": 8] as [String: UInt64]

    private func name(of id: BlockID?) -> String { Self.blocks.first { $0.value == id?.number }?.key ?? "nil" }

    private func position(of replica: Replica) -> [String] {
        let step = replica.step == .idle ? "newRound" : "\(replica.step)"
        return [
            step, "\(replica.round)", self.name(of: replica.locked?.id), "\(replica.locked?.round ?? -1)", self.name(of: replica.valid?.id),
            "\(replica.valid?.round ?? -1)",
        ]
    }

    /// The outputs in the words of the trace; what it has no word for is left out.
    private func words(_ outputs: [ReplicaOutput]) -> [String] {
        outputs.compactMap { output in
            switch output {
            case .sign(.proposal(let proposal, _)): "proposal \(self.name(of: proposal.id))"
            case .sign(.vote(let vote, _)): "votemessage \(vote.kind) \(self.name(of: vote.choice.id))"
            case .arm(_, _, let kind, _): "timeout timeout\("\(kind)".prefix(1).uppercased() + "\(kind)".dropFirst())"
            case .decide(let id, _): "decided \(self.name(of: id))"
            default: nil
            }
        }
    }

    /// Makes the event of the trace happen to member 4, by whatever lets it happen among four members.
    private func happen(_ state: State, to bench: inout Bench) throws -> [ReplicaOutput] {
        let (height, round) = (state.height, state.round)
        let block = Self.blocks[state.value] ?? 9
        let proposer = bench.replica.schedule.proposer(height: height, round: round)
        func prevotes(_ block: UInt64?) -> [SignedVote] { [1, 2].map { Fake.prevote($0, block, round: round, height: height) } }
        func precommits(_ block: UInt64?) -> [SignedVote] { [1, 2].map { Fake.precommit($0, block, round: round, height: height) } }
        switch state.event {
        case "NewRound": return bench.feed(.reason(height: height))
        case "NewRoundProposer":
            return bench.feed(.reason(height: height)) + bench.feed(.candidate(height: height, round: round, id: Fake.block(block)))
        case "NewHeight":
            let schedule = try #require(ProposerSchedule(order: [4, 1, 2, 3], firstHeight: height))
            return bench.feed(.startHeight(HeightStart(height: height, committee: bench.committee, schedule: schedule, signer: 4)))
        case "Proposal" where proposer == 4: return bench.feed(.verdict(height: height, id: Fake.block(block), Fake.valid))
        case "Proposal": return bench.propose(Fake.proposal(proposer, block, round: round, height: height))
        case "ProposalInvalid":
            let outputs = bench.feed(.verdict(height: height, id: Fake.block(block), .invalid))
            return outputs
                + bench.feed(.message(.proposal(Fake.proposal(proposer, block, round: round, height: height), polka: nil), from: proposer))
        case "ProposalAndPolkaAndValid": return prevotes(block).flatMap { bench.vote($0) }
        case "PolkaAny", "PolkaNil": return prevotes(nil).flatMap { bench.vote($0) }
        case "ProposalAndCommitAndValid": return precommits(block).flatMap { bench.vote($0) }
        case "PrecommitAny": return precommits(nil).flatMap { bench.vote($0) }
        case "TimeoutPropose": return bench.timeout(.propose, round: round)
        case "TimeoutPrevote": return bench.timeout(.prevote, round: round)
        case "TimeoutPrecommit": return bench.timeout(.precommit, round: round)
        default:
            Issue.record("an event that nobody knows: \(state.event)")
            return []
        }
    }

    @Test(.enabled(if: isPresent, SharedData.reason))
    func `a public trace of one process is gone through step by step`() throws {
        var bench = Bench(me: 4, hasReason: false)
        let states = try self.states()
        #expect(states.count == 19 && states.first?.event == "Initial")
        #expect(self.position(of: bench.replica) == states.first?.position)
        var isInNextRound: [ReplicaOutput]?
        for (number, state) in states.enumerated().dropFirst() {
            // A replica enters the next round in the step that ends the last one; the trace has an event for each.
            if let outputs = isInNextRound {
                #expect(self.words(outputs).contains(state.result), "event \(number): \(state)")
                isInNextRound = nil
            } else {
                let outputs = try self.happen(state, to: &bench)
                if state.event == "TimeoutPrecommit" {
                    #expect(bench.replica.round == state.round + 1, "event \(number)")
                    isInNextRound = outputs
                    continue
                }
                #expect(state.result.isEmpty || self.words(outputs).contains(state.result), "event \(number): \(state), \(self.words(outputs))")
            }
            #expect(self.position(of: bench.replica) == state.position, "event \(number): \(state)")
        }
    }
}
