import Foundation

/// Runs the cases that were asked for, one after the other.
struct BenchmarkRun {
    let rounds: Int
    let only: CaseName?

    func report() async throws -> BenchmarkReport {
        let names = CaseName.allCases.filter { self.only == nil || self.only == $0 }
        var workload: Workload?
        if names.contains(where: \.needsWorkload) {
            Progress.say("preparing \(self.rounds + 1) blocks of \(Workload.transactionsPerBlock) transactions")
            workload = try await Workload(rounds: self.rounds)
        }
        var cases: [CaseReport] = []
        for name in names {
            Progress.say("measuring \(name.rawValue)")
            switch (name, workload) {
            case (.commit, let workload?): cases.append(try await CommitCase(workload: workload).run())
            case (.catchUp, _): cases.append(try CatchUpCase().run())
            case (.endorsement, let workload?): cases.append(try await EndorsementCase(workload: workload, rounds: self.rounds).run())
            case (.ledger, let workload?): cases.append(try await LedgerCase(workload: workload).run())
            case (.sharing, _): cases.append(try SharingCase(rounds: self.rounds).run())
            case (.consensus, _): cases.append(try await ConsensusCase(rounds: self.rounds).run())
            case (.ordering, _): cases.append(try await OrderingCase(rounds: self.rounds).run())
            default: break
            }
        }
        return BenchmarkReport(machine: MachineFacts(), cases: cases)
    }
}

/// What a waiting person sees; on standard error, because the report alone is the output.
enum Progress {
    static func say(_ text: String) {
        FileHandle.standardError.write(Data("benchmarks: \(text)\n".utf8))
    }
}
