import Ordering
import Testing

@testable import Simulation

/// More than f liars may fork the chain, but not without proof against n - 2f of them, and never with proof against somebody honest (1.4).
@Suite struct ForkTests {
    @Test func `a forced fork convicts at least n - 2f members, all of them liars`() {
        var campaign = Campaign()
        for seed in Array(1...50 as ClosedRange<UInt64>) + [114] {
            let report = Campaign.world(seed, kind: .forked)
            #expect(report.violations == [], "seed \(seed)")
            let (members, liars) = (Int(report.plan.members), report.plan.liars.count)
            #expect(liars > report.plan.faults && liars < members - report.plan.faults, "seed \(seed)")
            if report.culprits > 0 { #expect(report.culprits >= members - 2 * report.plan.faults && report.culprits <= liars, "seed \(seed)") }
            campaign.add(report)
        }
        #expect(campaign.forks > 1 && campaign.evidence > 100)
    }

    @Test func `with f liars nothing forks`() {
        for seed in 1...10 as ClosedRange<UInt64> {
            let report = World.run(seed: seed, adjust: { plan, _ in plan.spoil(by: .flatterer, members: 4) })
            #expect(report.violations == [] && report.culprits == 0, "seed \(seed)")
        }
    }

    // MARK: The inquiry

    private func certificate(
        _ kind: VoteKind, _ block: UInt64, round: Round, valid: Round = -1, signers: [UInt32]
    ) -> VoteCertificate {
        let id = BlockID(number: block)
        return VoteCertificate(
            height: 1, round: round, kind: kind, choice: kind == .prevote ? .prevote(id, validRound: valid) : .precommit(id, lastConfig: 0),
            form: kind == .prevote ? nil : World.form, entries: signers.map { .init(consenter: $0, signature: [1]) })
    }

    private func offenders(_ certificates: [VoteCertificate], code: UInt8) -> [UInt32] {
        ForkInquiry.evidence(in: certificates).filter { $0.identity.code == code }.map(\.identity.offender)
    }

    @Test func `two commits in one round convict who signed both`() {
        let first = self.certificate(.precommit, 5, round: 2, signers: [1, 2, 3])
        let second = self.certificate(.precommit, 6, round: 2, signers: [2, 3, 4])
        #expect(self.offenders([first, second, first], code: 1) == [2, 3] && self.offenders([first, second], code: 3) == [])
    }

    @Test func `a commit and a later polka with an older valid round convict who signed both`() {
        let commit = self.certificate(.precommit, 5, round: 1, signers: [1, 2, 3])
        let polka = self.certificate(.prevote, 6, round: 3, valid: 0, signers: [2, 3, 4])
        #expect(self.offenders([polka, commit], code: 3) == [2, 3])
        // Whoever was shown a polka as new as the lock was free to go along.
        let free = self.certificate(.prevote, 6, round: 3, valid: 1, signers: [2, 3, 4])
        #expect(ForkInquiry.evidence(in: [free, commit]).isEmpty)
        #expect(ForkInquiry.evidence(in: [self.certificate(.prevote, 5, round: 3, valid: 0, signers: [1, 2, 3]), commit]).isEmpty)
    }

    @Test func `one certificate alone, and two of one block, convict nobody`() {
        let first = self.certificate(.precommit, 5, round: 0, signers: [1, 2, 3])
        let second = self.certificate(.precommit, 5, round: 0, signers: [2, 3, 4])
        #expect(ForkInquiry.evidence(in: [first]).isEmpty && ForkInquiry.evidence(in: [first, second]).isEmpty)
    }

    /// The planted twin: what nobody has kept cannot be shown.
    @Test func `hosts that keep no polkas cannot prove every fork`() {
        func world(_ seed: UInt64, _ flaws: HostFlaws) -> SimulationReport {
            World.run(
                seed: seed,
                adjust: { plan, random in
                    plan.betray(&random)
                    plan.flaws = flaws
                    plan.liars = plan.liars.map { Liar(member: $0.member, strategy: .hunter) }
                })
        }
        let seeds = 135...145 as ClosedRange<UInt64>
        let found = seeds.first { world($0, .noArchive).violations.contains { $0.kind == .accountability } }
        #expect(found != nil)
        if let found { #expect(world(found, []).violations == []) }
    }
}
