import Testing

@testable import Ordering

/// One test for each sentence of Documentation/ordering-protocol.md that a single replica can show.
@Suite struct ConsensusRuleTests {
    /// Member 4, locked on block 7 in round 0 and moved on to round 1, where member 2 proposes.
    private func lockedOn7(bugs: PlantedBugs = []) -> Bench {
        var bench = Bench(bugs: bugs)
        bench.propose(Fake.proposal(1, 7))
        bench.vote(Fake.prevote(1, 7), Fake.prevote(2, 7), Fake.precommit(1, nil), Fake.precommit(2, nil))
        bench.timeout(.precommit)
        return bench
    }

    // MARK: R1 to R4

    @Test func `R1: a commit for a block found valid decides the height, whatever round it is of`() {
        var bench = self.lockedOn7()
        #expect(bench.replica.round == 1)
        // Member 1's nil of round 0 came first, but the certificate counts by itself.
        let outputs = bench.feed(.message(.certificate(Fake.commit(7, round: 0)), from: 1))
        #expect(outputs.decided == [Fake.block(7)])
        #expect(bench.replica.step == .decided)
        #expect(outputs.evidence.count == 2)
    }

    @Test func `R1: a commit for a block that is not here fetches it and then decides`() {
        var bench = Bench()
        let outputs = bench.vote(Fake.precommit(1, 8), Fake.precommit(2, 8), Fake.precommit(3, 8))
        #expect(outputs.fetched == [Fake.block(8)])
        #expect(bench.replica.step != .decided)
        #expect(bench.feed(.verdict(height: 1, id: Fake.block(8), Fake.valid)).decided == [Fake.block(8)])
    }

    @Test func `R1: a commit for an invalid block stops the node`() {
        var bench = Bench()
        bench.feed(.verdict(height: 1, id: Fake.block(8), .invalid))
        #expect(bench.feed(.message(.certificate(Fake.commit(8, round: 0)), from: 1)).contains(.fatal(.invalidBlockCommitted)))
        #expect(bench.feed(.rebroadcast).isEmpty)
    }

    @Test func `R1: precommits that name another configuration block do not count together`() {
        var bench = Bench()
        bench.feed(.verdict(height: 1, id: Fake.block(8), Fake.valid))
        bench.vote(Fake.precommit(1, 8), Fake.precommit(2, 8))
        let vote = Vote(height: 1, round: 0, kind: .precommit, choice: .precommit(Fake.block(8), lastConfig: 9), signer: 3)
        let form = BlockForm(lastConfig: 9, blockHeader: [], extendedHeader: [])
        bench.vote(SignedVote(vote: vote, form: form, signature: FakeKeys.signature(of: vote)))
        #expect(bench.replica.step != .decided)
    }

    @Test func `R2: votes of f+1 members in a later round, of either kind, lead there`() {
        var bench = Bench()
        bench.vote(Fake.prevote(1, nil, round: 3), Fake.precommit(1, nil, round: 3))
        #expect(bench.replica.round == 0)
        let outputs = bench.vote(Fake.precommit(2, nil, round: 3))
        #expect(bench.replica.round == 3)
        // Round 3 is member 4's own turn.
        #expect(outputs.contains(.buildCandidate(height: 1, round: 3)))
        #expect(bench.replica.roundCertificate?.flaw(committee: bench.committee, verifier: FakeKeys()) == nil)
    }

    @Test func `R2: rounds far ahead are remembered by each member's highest vote only, and lead there as well`() {
        var bench = Bench()
        for round in [20, 40, 30] as [Round] { bench.vote(Fake.prevote(1, nil, round: round)) }
        #expect(bench.replica.rounds.allSatisfy { $0.round == 0 })
        bench.vote(Fake.precommit(3, nil, round: 40))
        #expect(bench.replica.round == 40)
        #expect(bench.replica.state(of: 40)?.voters == 2)
    }

    @Test func `R2: a round certificate leads there, an incomplete one does not`() {
        var bench = Bench()
        let precommits = (1...3).map { Fake.precommit($0, nil, round: 4) }
        let short = RoundCertificate(height: 1, round: 5, votes: Array(precommits.prefix(2)))
        #expect(bench.feed(.message(.round(short), from: 1)).refusals == [.tooFewSigners])
        bench.feed(.message(.round(RoundCertificate(height: 1, round: 5, votes: precommits)), from: 1))
        #expect(bench.replica.round == 5)
        let two = (1...2).map { Fake.prevote($0, nil, round: 6) }
        bench.feed(.message(.round(RoundCertificate(height: 1, round: 6, votes: two)), from: 1))
        #expect(bench.replica.round == 6)
    }

    @Test func `R3 and R4: the proposer has a block built, proposes it, and prevotes it after its verdict only`() {
        var bench = Bench(me: 1)
        #expect(bench.log.contains(.buildCandidate(height: 1, round: 0)))
        bench.feed(.candidate(height: 1, round: 0, id: Fake.block(5)))
        #expect(bench.signed == ["propose 0 5 -1"])
        bench.feed(.candidate(height: 1, round: 0, id: Fake.block(6)))
        bench.feed(.verdict(height: 1, id: Fake.block(5), Fake.valid))
        #expect(bench.signed == ["propose 0 5 -1", "prevote 0 5 -1"])
    }

    @Test func `R3: a proposer that knows a valid block proposes that one, with its polka`() throws {
        var bench = Bench(me: 2)
        bench.vote(Fake.prevote(1, 7), Fake.prevote(3, 7), Fake.prevote(4, 7))
        bench.timeout(.propose)
        bench.vote(Fake.precommit(1, nil), Fake.precommit(3, nil), Fake.precommit(4, nil))
        let outputs = bench.timeout(.precommit)
        #expect(bench.signed.last == "propose 1 7 0")
        let request = try #require(outputs.compactMap { if case .sign(let request) = $0 { request } else { nil } }.first)
        guard case .proposal(_, let polka?) = request else { return #expect(Bool(false), "no polka travels along") }
        #expect(polka.flaw(committee: bench.committee, verifier: FakeKeys()) == nil)
    }

    // MARK: R5 to R7

    @Test func `R5: a fresh valid proposal is prevoted, an invalid one is answered with nil`() {
        var bench = Bench()
        bench.propose(Fake.proposal(1, 7))
        #expect(bench.signed == ["prevote 0 7 -1"])
        var other = Bench()
        other.feed(.verdict(height: 1, id: Fake.block(7), .invalid))
        other.feed(.message(.proposal(Fake.proposal(1, 7), polka: nil), from: 1))
        #expect(other.signed == ["prevote 0 nil"])
    }

    @Test func `R5: a fresh block whose time is off is answered with nil, a re-proposed one is not`() {
        var bench = Bench()
        bench.propose(Fake.proposal(1, 7), isTimely: false)
        #expect(bench.signed == ["prevote 0 nil"])
        var other = Bench()
        other.vote(Fake.precommit(1, nil), Fake.precommit(2, nil), Fake.precommit(3, nil))
        other.timeout(.precommit)
        other.propose(Fake.proposal(2, 7, round: 1, valid: 0), polka: Fake.polka(7, round: 0), isTimely: false)
        #expect(other.signed.last == "prevote 1 7 0")
    }

    @Test func `R5: a locked replica answers every fresh proposal with nil, its own block too`() {
        var bench = self.lockedOn7()
        bench.propose(Fake.proposal(2, 7, round: 1))
        #expect(bench.signed.last == "prevote 1 nil")
    }

    @Test func `R6: a re-proposal waits for its polka`() {
        var bench = self.lockedOn7()
        bench.vote(Fake.precommit(1, nil, round: 1), Fake.precommit(2, nil, round: 1), Fake.precommit(3, nil, round: 1))
        bench.timeout(.precommit, round: 1)
        bench.propose(Fake.proposal(3, 9, round: 2, valid: 1))
        #expect(!bench.signed.contains { $0.hasPrefix("prevote 2") })
        bench.feed(.message(.certificate(Fake.polka(9, round: 1)), from: 3))
        #expect(bench.signed.last == "prevote 2 9 1")
    }

    @Test func `R6: a re-proposal older than the lock is answered with nil`() {
        var bench = Bench()
        bench.vote(Fake.precommit(1, nil), Fake.precommit(2, nil), Fake.precommit(3, nil))
        bench.timeout(.precommit)
        bench.propose(Fake.proposal(2, 7, round: 1))
        bench.vote(Fake.prevote(1, 7, round: 1), Fake.prevote(2, 7, round: 1), Fake.precommit(1, nil, round: 1), Fake.precommit(2, nil, round: 1))
        #expect(bench.replica.locked == Replica.BlockInRound(id: Fake.block(7), round: 1))
        bench.timeout(.precommit, round: 1)
        bench.propose(Fake.proposal(3, 9, round: 2, valid: 0), polka: Fake.polka(9, round: 0))
        #expect(bench.signed.last == "prevote 2 nil")
    }

    @Test func `R7: without a proposal in time the answer is nil, once`() {
        var bench = Bench()
        bench.timeout(.propose)
        bench.timeout(.propose)
        bench.propose(Fake.proposal(1, 7))
        #expect(bench.signed == ["prevote 0 nil"])
    }

    // MARK: R8 to R13

    @Test func `R8: a quorum of prevotes, whatever for, starts the prevote timer once`() {
        var bench = Bench()
        bench.propose(Fake.proposal(1, 7))
        bench.vote(Fake.prevote(1, nil))
        let outputs = bench.vote(Fake.prevote(2, 8))
        #expect(outputs.timers == [.prevote])
        #expect(bench.vote(Fake.prevote(3, nil)).timers == [])
    }

    @Test func `R9: a polka locks its block and is answered with the precommit, in the same step when need be`() throws {
        var bench = Bench()
        bench.feed(.verdict(height: 1, id: Fake.block(7), Fake.valid))
        bench.vote(Fake.prevote(1, 7), Fake.prevote(2, 7), Fake.prevote(3, 7))
        let outputs = bench.replica.step(.message(.proposal(Fake.proposal(1, 7), polka: nil), from: 1))
        let requests = outputs.compactMap { if case .sign(let request) = $0 { Bench.text(request) } else { nil } }
        #expect(requests == ["prevote 0 7 -1", "precommit 0 7"])
        #expect(bench.replica.locked == Replica.BlockInRound(id: Fake.block(7), round: 0))
        #expect(Replica.violations(in: outputs) == [])
        #expect(bench.replica.violations() == [])
    }

    @Test func `R9: the block of the polka need not be the one that was proposed here`() {
        var bench = Bench()
        bench.propose(Fake.proposal(1, 7))
        let outputs = bench.vote(Fake.prevote(1, 8), Fake.prevote(2, 8), Fake.prevote(3, 8))
        #expect(outputs.fetched == [Fake.block(8)])
        bench.feed(.verdict(height: 1, id: Fake.block(8), Fake.valid))
        #expect(bench.signed == ["prevote 0 7 -1", "precommit 0 8"])
    }

    @Test func `R9: prevotes with different valid rounds are no polka`() {
        var bench = self.lockedOn7()
        bench.vote(Fake.precommit(1, nil, round: 1), Fake.precommit(2, nil, round: 1), Fake.precommit(3, nil, round: 1))
        bench.timeout(.precommit, round: 1)
        bench.timeout(.propose, round: 2)
        bench.vote(Fake.prevote(1, 7, round: 2, valid: 0), Fake.prevote(2, 7, round: 2, valid: 0), Fake.prevote(3, 7, round: 2, valid: 1))
        #expect(!bench.signed.contains("precommit 2 7"))
    }

    @Test func `R10: a polka that comes after the precommit changes the valid block and not the lock`() {
        var bench = self.lockedOn7()
        bench.timeout(.propose, round: 1)
        bench.timeout(.prevote, round: 1)
        bench.vote(Fake.prevote(1, 9, round: 1), Fake.prevote(2, 9, round: 1), Fake.prevote(3, 9, round: 1))
        #expect(bench.replica.valid == Replica.BlockInRound(id: Fake.block(9), round: 1))
        #expect(bench.replica.locked == Replica.BlockInRound(id: Fake.block(7), round: 0))
        var broken = self.lockedOn7(bugs: .noLatePolka)
        broken.vote(Fake.prevote(1, 9, round: 1), Fake.prevote(2, 9, round: 1), Fake.prevote(3, 9, round: 1))
        #expect(broken.replica.valid?.id == Fake.block(7))
    }

    @Test func `R11: a quorum of nil prevotes, or the end of the wait, is answered with a nil precommit`() {
        var bench = Bench()
        bench.timeout(.propose)
        bench.vote(Fake.prevote(1, nil), Fake.prevote(2, nil))
        #expect(bench.signed == ["prevote 0 nil", "precommit 0 nil"])
        var other = Bench()
        other.timeout(.propose)
        other.timeout(.prevote)
        #expect(other.signed == ["prevote 0 nil", "precommit 0 nil"])
    }

    @Test func `R12 and R13: a quorum of precommits starts the timer, and its end the next round with a certificate`() {
        var bench = Bench()
        bench.vote(Fake.precommit(1, nil), Fake.precommit(2, 7))
        #expect(bench.vote(Fake.precommit(3, nil)).timers == [.precommit])
        bench.timeout(.precommit)
        #expect(bench.replica.round == 1)
        #expect(bench.replica.roundCertificate?.flaw(committee: bench.committee, verifier: FakeKeys()) == nil)
        bench.timeout(.precommit)
        #expect(bench.replica.round == 1)
    }

    @Test func `timeouts grow linearly and end at the cap`() {
        let timeouts = ConsensusTimeouts.lan
        #expect([0, 1, 2].map { timeouts.milliseconds(.propose, round: $0) } == [500, 750, 1000])
        #expect([0, 1, 2].map { timeouts.milliseconds(.precommit, round: $0) } == [250, 375, 500])
        #expect(timeouts.milliseconds(.propose, round: .max) == 30_000)
    }

    // MARK: R14 and evidence

    @Test func `R14: the first vote counts, a different second one is evidence and replaces nothing`() throws {
        var bench = Bench()
        bench.vote(Fake.prevote(1, 7))
        let outputs = bench.vote(Fake.prevote(1, 8))
        let evidence = try #require(outputs.evidence.first)
        #expect(evidence.identity == Evidence.Identity(offender: 1, code: 1, height: 1, round: 0, kind: 1))
        #expect(evidence.isProof(committee: bench.committee, schedule: bench.schedule, verifier: FakeKeys()))
        #expect(bench.replica.rounds[0].count(.prevote, for: .prevote(Fake.block(7), validRound: -1)) == 1)
        // A third one tells nothing new.
        #expect(bench.vote(Fake.prevote(1, 9)).isEmpty)
    }

    @Test func `R14: the same vote again is no evidence, and no second proposal is answered`() {
        var bench = Bench()
        #expect(bench.vote(Fake.prevote(1, 7), Fake.prevote(1, 7)).evidence == [])
        bench.propose(Fake.proposal(1, 7))
        let outputs = bench.propose(Fake.proposal(1, 8))
        #expect(outputs.evidence.map(\.identity.code) == [2])
        #expect(bench.signed == ["prevote 0 7 -1"])
    }

    @Test(arguments: [true, false])
    func `E3: a prevote for another block with too low a valid round breaks the lock, whichever vote comes first`(inOrder: Bool) {
        var bench = Bench()
        let votes = [Fake.precommit(1, 7, round: 1), Fake.prevote(1, 8, round: 2, valid: 0)]
        var evidence: [Evidence] = []
        for vote in inOrder ? votes : votes.reversed() { evidence += bench.vote(vote).evidence }
        #expect(evidence.map(\.identity.code) == [3])
        #expect(evidence.allSatisfy { $0.isProof(committee: bench.committee, schedule: bench.schedule, verifier: FakeKeys()) })
    }

    @Test func `E3: a prevote whose valid round is not below the precommit's breaks nothing`() {
        var bench = Bench()
        #expect(bench.vote(Fake.precommit(1, 7, round: 1), Fake.prevote(1, 8, round: 2, valid: 1)).evidence == [])
        #expect(bench.vote(Fake.precommit(2, 7, round: 1), Fake.prevote(2, 7, round: 2, valid: 0)).evidence == [])
        #expect(bench.vote(Fake.precommit(3, 7, round: 1), Fake.prevote(3, nil, round: 2)).evidence == [])
    }

    @Test func `evidence that does not fit together proves nothing`() {
        let bench = Bench()
        func isProof(_ evidence: Evidence) -> Bool { evidence.isProof(committee: bench.committee, schedule: bench.schedule, verifier: FakeKeys()) }
        let vote = Fake.prevote(1, 7)
        let unsigned = SignedVote(vote: Fake.prevote(1, 8).vote, signature: [1, 2, 3, 4])
        let stranger = (Fake.prevote(9, 7), Fake.prevote(9, 8))
        let wrong: [Evidence] = [
            .doubleVote(vote, vote), .doubleVote(vote, Fake.prevote(2, 8)), .doubleVote(vote, Fake.prevote(1, 8, round: 1)),
            .doubleVote(vote, Fake.precommit(1, 8)), .doubleVote(vote, Fake.prevote(1, 8, height: 2)), .doubleVote(vote, unsigned),
            .doubleVote(stranger.0, stranger.1),
            .doubleProposal(Fake.proposal(1, 7), Fake.proposal(1, 7)), .doubleProposal(Fake.proposal(2, 7), Fake.proposal(2, 8)),
            .doubleProposal(Fake.proposal(1, 7), SignedBlockProposal(proposal: Fake.proposal(1, 8).proposal, signature: [1])),
            .lockViolation(precommit: Fake.precommit(1, 7, round: 1), prevote: Fake.prevote(1, 8, round: 1)),
            .lockViolation(precommit: Fake.precommit(1, 7, round: 1), prevote: Fake.prevote(2, 8, round: 2)),
            .lockViolation(precommit: Fake.precommit(1, nil, round: 1), prevote: Fake.prevote(1, 8, round: 2)),
            .lockViolation(precommit: Fake.prevote(1, 7, round: 1), prevote: Fake.prevote(1, 8, round: 2)),
        ]
        for evidence in wrong { #expect(!isProof(evidence), "\(evidence)") }
        #expect(isProof(.doubleVote(vote, Fake.prevote(1, 8))))
        #expect(isProof(.doubleProposal(Fake.proposal(1, 7), Fake.proposal(1, 8))))
    }

    @Test func `the textbook lock rule lets an honest member be framed, the strict one does not`() {
        func votes(_ bugs: PlantedBugs) -> [Evidence] {
            var bench = self.lockedOn7(bugs: bugs)
            // A newer polka for 9 moves the lock in round 1; in round 2 somebody proposes 9 as if it were new.
            bench.propose(Fake.proposal(2, 9, round: 1))
            bench.vote(Fake.prevote(1, 9, round: 1), Fake.prevote(2, 9, round: 1), Fake.prevote(3, 9, round: 1))
            bench.vote(Fake.precommit(1, nil, round: 1), Fake.precommit(2, nil, round: 1))
            bench.timeout(.precommit, round: 1)
            bench.propose(Fake.proposal(3, 9, round: 2))
            var observer = Bench(me: 3)
            return bench.log.flatMap { output -> [Evidence] in
                guard case .sign(let request) = output else { return [] }
                return observer.feed(.message(FakeKeys.sign(request), from: 4)).evidence
            }
        }
        #expect(votes(.textbookLock).map(\.identity.code) == [3])
        #expect(votes([]) == [])
    }

    // MARK: Idling

    @Test func `1.12: a height idles without a timer until there is a reason`() {
        var bench = Bench(hasReason: false)
        #expect(bench.replica.step == .idle && bench.log.isEmpty)
        bench.vote(Fake.prevote(1, 7))
        bench.timeout(.propose)
        #expect(bench.replica.step == .idle && bench.signed == [])
        #expect(bench.vote(Fake.prevote(2, nil)).timers.contains(.propose))
        var told = Bench(hasReason: false)
        #expect(told.feed(.reason(height: 1)).timers == [.propose])
        var proposed = Bench(hasReason: false)
        proposed.propose(Fake.proposal(1, 7))
        #expect(proposed.signed == ["prevote 0 7 -1"])
    }

    @Test func `a committee of one decides alone`() {
        var bench = Bench(me: 1, of: 1)
        bench.feed(.candidate(height: 1, round: 0, id: Fake.block(5)))
        #expect(bench.feed(.verdict(height: 1, id: Fake.block(5), Fake.valid)).decided == [Fake.block(5)])
    }

    @Test func `an observer follows and signs nothing`() {
        var bench = Bench(me: 9)
        #expect(bench.replica.signer == nil)
        bench.propose(Fake.proposal(1, 7))
        bench.vote(Fake.prevote(1, 7), Fake.prevote(2, 7), Fake.prevote(3, 7), Fake.precommit(1, 7), Fake.precommit(2, 7))
        #expect(bench.vote(Fake.precommit(3, 7)).decided == [Fake.block(7)])
        #expect(bench.signed == [])
    }
}
