import LedgerModel
import Testing

@testable import Ordering

/// What is refused, what is dropped, what is kept for later, and what is sent again.
@Suite struct ConsensusMessageTests {
    // MARK: Refusals and bounds

    @Test func `malformed, foreign and unsigned messages are refused with a reason and change nothing`() {
        var bench = Bench()
        let before = bench.replica.rounds.map(\.voters)
        let good = Fake.prevote(1, 7)
        func altered(_ vote: Vote, form: BlockForm? = nil) -> SignedVote {
            SignedVote(vote: vote, form: form, signature: FakeKeys.signature(of: vote))
        }
        func prevote(round: Round, valid: Round) -> SignedVote {
            altered(Vote(height: 1, round: round, kind: .prevote, choice: .prevote(Fake.block(7), validRound: valid), signer: 1))
        }
        let nilWithRound = VoteChoice(id: nil, validRound: 0, lastConfig: 0)
        let cases: [(SignedVote, ConsensusRefusal)] = [
            (SignedVote(vote: good.vote, signature: [1, 2, 3, 4]), .badSignature),
            (SignedVote(vote: good.vote, signature: []), .malformed),
            (SignedVote(vote: good.vote, signature: Array(repeating: 1, count: 73)), .malformed),
            (SignedVote(vote: good.vote, form: Fake.form, signature: good.signature), .malformed),
            (Fake.prevote(9, 7), .stranger), (Fake.prevote(0, 7), .stranger),
            (prevote(round: -1, valid: -1), .malformed), (prevote(round: 2, valid: 2), .malformed), (prevote(round: 2, valid: -2), .malformed),
            (prevote(round: .max, valid: -1), .malformed),
            (altered(Vote(height: 1, round: 0, kind: .prevote, choice: nilWithRound, signer: 1)), .malformed),
            (
                altered(Vote(height: 1, round: 0, kind: .precommit, choice: .prevote(Fake.block(7), validRound: -1), signer: 1), form: Fake.form),
                .malformed
            ),
            (altered(Vote(height: 1, round: 0, kind: .precommit, choice: .precommit(Fake.block(7), lastConfig: 0), signer: 1)), .malformed),
        ]
        for (vote, refusal) in cases { #expect(bench.vote(vote).refusals == [refusal], "\(vote)") }
        #expect(bench.feed(.message(.proposal(Fake.proposal(2, 7), polka: nil), from: 2)).refusals == [.wrongProposer])
        let unsigned = SignedBlockProposal(proposal: Fake.proposal(1, 7).proposal, signature: [9])
        #expect(bench.feed(.message(.proposal(unsigned, polka: nil), from: 1)).refusals == [.badSignature])
        #expect(bench.feed(.message(.proposal(Fake.proposal(1, 7, valid: 0), polka: nil), from: 1)).refusals == [.malformed])
        #expect(bench.replica.rounds.map(\.voters) == before)
        #expect(bench.replica.violations() == [])
    }

    @Test func `a certificate with one flaw is refused as a whole`() {
        let good = Fake.polka(7, round: 0)
        func with(_ entries: [CommitCertificate.Entry], valid: Round = -1) -> VoteCertificate {
            VoteCertificate(height: 1, round: 0, kind: .prevote, choice: .prevote(Fake.block(7), validRound: valid), form: nil, entries: entries)
        }
        let cases: [(VoteCertificate, ConsensusRefusal)] = [
            (with(Array(good.entries.prefix(2))), .tooFewSigners),
            (with(good.entries + [CommitCertificate.Entry(consenter: 4, signature: [1, 2, 3, 4])]), .badSignature),
            (with(good.entries + [CommitCertificate.Entry(consenter: 9, signature: FakeKeys.signature(of: Fake.prevote(9, 7).vote))]), .stranger),
            (with(good.entries.reversed()), .malformed),
            (with([good.entries[0], good.entries[0], good.entries[1]]), .malformed),
            (with(good.entries, valid: 3), .malformed),
            (Fake.polka(7, round: 0, signers: [1, 2, 3, 4, 5]), .malformed),
            (Fake.certificate((1...3).map { Fake.prevote($0, nil) }), .malformed),
        ]
        for (certificate, refusal) in cases {
            var bench = Bench()
            #expect(bench.feed(.message(.certificate(certificate), from: 1)).refusals == [refusal], "\(certificate)")
            #expect(bench.replica.polkas.isEmpty)
        }
        let mixed = RoundCertificate(height: 1, round: 2, votes: [Fake.prevote(1, nil, round: 2), Fake.precommit(2, nil, round: 1)])
        var bench = Bench()
        #expect(bench.feed(.message(.round(mixed), from: 1)).refusals == [.malformed])
    }

    @Test func `a flood of rounds and heights costs bounded memory`() {
        var bench = Bench()
        for round in 0..<400 as Range<Round> {
            bench.vote(Fake.prevote(1, UInt64(round), round: round), Fake.precommit(1, UInt64(round), round: round))
            for height in 2...6 as ClosedRange<UInt64> {
                bench.vote(Fake.prevote(1, UInt64(round), round: round, height: height), Fake.precommit(1, nil, round: round, height: height))
                bench.feed(.message(.vote(Fake.prevote(2, nil, round: round, height: height)), from: 1))
            }
        }
        #expect(bench.replica.rounds.count <= 9)
        #expect(bench.replica.far.count { $0 != nil } == 1)
        #expect(bench.replica.future.count == 8)
        #expect(bench.replica.violations() == [])
    }

    @Test func `a flood up to the last round and the last height costs bounded memory, and what is out of range is counted`() {
        var bench = Bench()
        let rounds = (0..<64).map { Round($0) } + (6...30).map { Round(1) << Round($0) } + [.max - 1, .max, -1, .min]
        let heights = (2...70).map { UInt64($0) } + [1 << 32, .max - 1, .max]
        var refused = 0
        for round in rounds {
            for block in 0..<4 as Range<UInt64> {
                let (prevote, precommit) = (Fake.prevote(1, block, round: round), Fake.precommit(1, block, round: round))
                refused += bench.vote(prevote, precommit).refusals.count
                refused += bench.feed(.message(.proposal(Fake.proposal(1, block, round: round), polka: nil), from: 1)).refusals.count
            }
            for height in heights {
                bench.vote(Fake.prevote(1, 7, round: round, height: height), Fake.precommit(1, nil, round: round, height: height))
                bench.feed(.message(.proposal(Fake.proposal(1, 7, round: round, height: height), polka: nil), from: 1))
                bench.feed(.message(.bundle(RelayBundle(height: height, round: round)), from: 1))
            }
        }
        // Three kinds of four blocks in four impossible rounds, and the proposals in other members' turns.
        #expect(refused >= 3 * 4 * 4)
        #expect(bench.replica.round == 0 && bench.replica.rounds.count <= 9)
        #expect(bench.replica.rounds.allSatisfy { $0.allVotes.count <= 5 })
        #expect(bench.replica.far.map { $0?.vote.round } == [ConsensusLimits.highestRound, nil, nil, nil])
        // Two heights, two rounds, three kinds.
        #expect(bench.replica.future.count == 12)
        #expect(bench.replica.reported.count <= 3 * 9)
        #expect(bench.replica.polkas.isEmpty && bench.replica.commits.isEmpty && bench.replica.verdicts.isEmpty)
        #expect(bench.replica.violations() == [])
    }

    @Test func `direct messages of the next height wait for it`() {
        var bench = Bench()
        bench.vote(Fake.prevote(1, 9, height: 2), Fake.prevote(2, 9, height: 2))
        bench.feed(.message(.certificate(Fake.commit(7, round: 0)), from: 1))
        bench.feed(.verdict(height: 1, id: Fake.block(7), Fake.valid))
        bench.feed(.startHeight(HeightStart(height: 2, committee: bench.committee, schedule: bench.schedule, signer: 4)))
        #expect(bench.replica.rounds.first?.voters == 2)
        #expect(bench.replica.step == .propose)
        #expect(bench.replica.future.isEmpty)
    }

    @Test func `a proven decision of a later height says that this replica is behind`() {
        var bench = Bench()
        #expect(bench.feed(.message(.certificate(Fake.commit(7, round: 0, height: 5)), from: 1)).contains(.behind(height: 5)))
        #expect(bench.feed(.message(.certificate(Fake.commit(7, round: 0, height: 4)), from: 1)).isEmpty)
        #expect(bench.feed(.message(.certificate(Fake.commit(7, round: 0, signers: [1, 2], height: 9)), from: 1)).isEmpty)
    }

    @Test func `heights are begun in ascending order only`() {
        var bench = Bench()
        let again = HeightStart(height: 1, committee: bench.committee, schedule: bench.schedule, signer: 4)
        #expect(bench.feed(.startHeight(again)).refusals == [.outOfPlace])
    }

    @Test func `W8: a message of one's own key that one did not sign stops the node`() {
        var bench = Bench()
        #expect(bench.feed(.message(.vote(Fake.prevote(4, 8)), from: 2)).contains(.fatal(.keyUsedElsewhere)))
    }

    // MARK: Relays

    @Test func `L1: from the second tick of a round on, the votes of all members are sent to all`() throws {
        var bench = Bench()
        bench.propose(Fake.proposal(1, 7))
        bench.vote(Fake.prevote(1, 7), Fake.prevote(2, 8), Fake.prevote(2, 9))
        #expect(bench.feed(.rebroadcast).relays.isEmpty)
        let bundle = try #require(bench.feed(.rebroadcast).relays.first)
        #expect(bundle.votes.map(\.vote.signer) == [1, 2, 4, 2])
        #expect(bundle.proposals.count == 1)
    }

    @Test func `L2 and L3: the valid block's polka and the round's reason are sent along`() throws {
        var bench = Bench()
        bench.propose(Fake.proposal(1, 7))
        bench.vote(Fake.prevote(1, 7), Fake.prevote(2, 7), Fake.precommit(1, nil), Fake.precommit(2, nil))
        bench.timeout(.precommit)
        bench.feed(.rebroadcast)
        let bundle = try #require(bench.feed(.rebroadcast).relays.first)
        #expect(bundle.polkas.map(\.round) == [0])
        #expect(bundle.roundCertificate?.round == 1)
        var newcomer = Bench(me: 3)
        newcomer.feed(.message(.bundle(bundle), from: 4))
        #expect(newcomer.replica.round == 1)
        #expect(newcomer.replica.valid?.id == Fake.block(7))
    }

    @Test func `L4: a message of a lower height is answered with that height's decision, once a tick`() {
        var bench = Bench()
        bench.feed(.message(.certificate(Fake.commit(7, round: 0)), from: 1))
        bench.feed(.verdict(height: 1, id: Fake.block(7), Fake.valid))
        bench.feed(.startHeight(HeightStart(height: 2, committee: bench.committee, schedule: bench.schedule, signer: 4)))
        #expect(bench.vote(Fake.prevote(1, 7)) == [.sendDecision(height: 1, to: 1)])
        #expect(bench.vote(Fake.prevote(1, 7)) == [])
        #expect(bench.feed(.message(.bundle(RelayBundle(height: 1, round: 0)), from: 2)) == [.sendDecision(height: 1, to: 2)])
        bench.feed(.rebroadcast)
        #expect(bench.vote(Fake.prevote(1, 7)) == [.sendDecision(height: 1, to: 1)])
    }

    @Test func `L5: a member in a lower round of the same height is sent what is known, once a tick`() {
        var bench = Bench()
        bench.vote(Fake.prevote(1, nil, round: 2), Fake.prevote(2, nil, round: 2))
        #expect(bench.vote(Fake.prevote(3, 7)).relays.count == 1)
        #expect(bench.vote(Fake.precommit(3, 7)).relays.count == 0)
    }

    @Test func `an idle replica says now and then where it stands`() {
        var bench = Bench(hasReason: false)
        let bundles = (0..<16).flatMap { _ in bench.feed(.rebroadcast).relays }
        #expect(bundles == [RelayBundle(height: 1, round: 0), RelayBundle(height: 1, round: 0)])
    }

    /// Three honest members in round 0 with nil precommits; member 4 gives its own to member 1 only, and member 1's are lost.
    private func stuckPair(_ bugs: PlantedBugs) -> [Round] {
        var first = Bench(me: 1, bugs: bugs)
        var others = [Bench(me: 2, bugs: bugs), Bench(me: 3, bugs: bugs)]
        for index in others.indices {
            others[index].vote(Fake.prevote(2 + UInt32(1 - index), nil), Fake.prevote(1, nil))
            others[index].timeout(.propose)
        }
        first.timeout(.propose)
        first.vote(Fake.prevote(2, nil), Fake.prevote(3, nil), Fake.precommit(2, nil), Fake.precommit(3, nil), Fake.precommit(4, nil))
        others[0].vote(Fake.precommit(3, nil))
        others[1].vote(Fake.precommit(2, nil))
        first.timeout(.precommit)
        first.timeout(.propose, round: 1)
        // From here on every message arrives, and every timer that a rule has started runs out.
        for _ in 0..<4 {
            let bundles = first.feed(.rebroadcast).relays
            for index in others.indices {
                for bundle in bundles where others[index].feed(.message(.bundle(bundle), from: 1)).timers.contains(.precommit) {
                    others[index].timeout(.precommit, round: others[index].replica.round)
                }
            }
        }
        return others.map(\.replica.round)
    }

    @Test func `stall 1: a pair that waits for a third precommit is freed by a relay of others' votes, and not without it`() {
        #expect(self.stuckPair([]) == [1, 1])
        #expect(self.stuckPair(.ownVotesOnly) == [0, 0])
    }

    @Test func `stall 2: a hidden lock is opened by the relay of its polka, and not without it`() {
        func proposals(_ bugs: PlantedBugs) -> [String] {
            // Member 4 alone saw the polka for 7 in round 0; by round 2 the votes of round 0 are relayed no more.
            var locked = Bench(me: 4, bugs: bugs)
            locked.propose(Fake.proposal(1, 7))
            locked.vote(Fake.prevote(1, 7), Fake.prevote(2, 7))
            var proposer = Bench(me: 3, bugs: bugs)
            for round in 0..<2 as Range<Round> {
                let others: [UInt32] = [1, 2]
                for signer in others { locked.vote(Fake.precommit(signer, nil, round: round)) }
                locked.vote(Fake.precommit(3, nil, round: round))
                locked.timeout(.precommit, round: round)
            }
            locked.feed(.rebroadcast)
            for bundle in locked.feed(.rebroadcast).relays { proposer.feed(.message(.bundle(bundle), from: 4)) }
            // Member 3 reaches round 2, its own turn, by the bundle's certificate.
            proposer.feed(.candidate(height: 1, round: 2, id: Fake.block(99)))
            for case .sign(let request) in proposer.log { locked.feed(.message(FakeKeys.sign(request), from: 3)) }
            locked.feed(.verdict(height: 1, id: Fake.block(99), Fake.valid))
            return [proposer.signed.last ?? "", locked.signed.last ?? ""]
        }
        #expect(proposals([]) == ["propose 2 7 0", "prevote 2 7 0"])
        #expect(proposals(.noPolkaRelay) == ["propose 2 99 -1", "prevote 2 nil"])
    }
}
