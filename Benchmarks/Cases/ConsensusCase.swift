import LedgerModel

/// How long one envelope takes to be in a block that a quorum has stored, with nothing else to do: committees of 4 and of 30 in one process.
struct ConsensusCase {
    private struct Size {
        let members: Int
        let decisionsPerRound: Int
        let targetMilliseconds: Double
        var measuresIdling = false
    }

    private static let sizes = [
        Size(members: 4, decisionsPerRound: 10, targetMilliseconds: 15, measuresIdling: true),
        Size(members: 30, decisionsPerRound: 3, targetMilliseconds: 150),
    ]
    private static let envelopeBytes = 1_024
    private static let referenceCount = 100
    private static let syncCount = 8
    /// Longer than the time after which an idle committee makes a heartbeat block, so that one is in it.
    private static let idleSeconds = 35.0
    /// Percent of one core that an idle committee may use.
    private static let idleTarget = 2.0

    let rounds: Int

    private struct Measured {
        /// Wall nanoseconds of decisions.
        var latency = Samples()
        /// CPU nanoseconds of the whole process for one decision, and the least that signatures cost in it.
        var cpu = Samples()
        var signatures = Samples()
        /// One value for each round.
        var check = Samples()
        var signing = Samples()
        var sync = Samples()
        var meanLatency = Samples()
        var idlePercent = 0.0
    }

    func run() async throws -> CaseReport {
        var figures: [Figure] = []
        for size in Self.sizes {
            Progress.say("consensus among \(size.members) members")
            let measured = try await self.measure(size)
            figures += self.figures(measured, size)
            if size.measuresIdling {
                figures.append(
                    Figure(
                        name: "idle committee of 4, CPU of one core", value: measured.idlePercent, unit: "%", target: .atMost(Self.idleTarget)))
            }
        }
        return CaseReport(
            name: .consensus, title: "one envelope of \(Self.envelopeBytes) bytes at a time, sent to one member; decided when n - f have stored it",
            iterations: Self.sizes.map { "n = \($0.members): \(self.rounds * $0.decisionsPerRound) decisions" }.joined(separator: ", ")
                + "; all members in this process and on one disk, every record, guard and block synced; idle for \(Int(Self.idleSeconds)) s",
            figures: figures)
    }

    private func figures(_ measured: Measured, _ size: Size) -> [Figure] {
        let name = "n = \(size.members): decision"
        return [
            Figure(
                name: "\(name), p50", value: measured.latency.median / 1e6, unit: "ms",
                reference: .init(
                    name: "4 kB written and synced, ms", value: measured.sync.median / 1e6,
                    ratio: (measured.meanLatency / measured.sync).median),
                target: .atMost(size.targetMilliseconds)),
            Figure(name: "\(name), p99", value: measured.latency.percentile(99) / 1e6, unit: "ms"),
            Figure(
                name: "\(name), CPU of the process", value: measured.cpu.median / 1e6, unit: "ms",
                reference: .init(
                    name: "its signatures made and checked by swift-crypto, ms", value: measured.signatures.median / 1e6,
                    ratio: (measured.cpu / measured.signatures).median)),
            Figure(name: "  one signature", value: measured.signing.median / 1e3, unit: "us"),
            Figure(name: "  one check", value: measured.check.median / 1e3, unit: "us"),
        ]
    }

    private func measure(_ size: Size) async throws -> Measured {
        let folder = try TemporaryFolder()
        let path = folder.path
        let committee = try BenchmarkCommittee(size: size.members, folder: path)
        let rounds = self.rounds
        let measured = try await committee.running { committee in
            let disk = try DiskReference(folder: path)
            let reference = try SignatureReference()
            var measured = Measured()
            var height: UInt64 = 0
            // The first round warms up.
            for round in 0...rounds {
                let envelopes = try (0..<size.decisionsPerRound).map { _ in try committee.envelope(bytes: Self.envelopeBytes) }
                let check = try reference.swiftCryptoVerification(count: Self.referenceCount)
                let signing = try reference.signing(count: Self.referenceCount)
                let before = try disk.nanoseconds(count: Self.syncCount)
                let cpu = CPUTime.process()
                var latency = Samples()
                for envelope in envelopes {
                    height += 1
                    let start = CPUTime.wall()
                    try await committee.broadcast(envelope, to: Int(height))
                    try await committee.wait(for: height, atMembers: committee.quorum)
                    latency.add(CPUTime.wall() - start)
                    try await committee.wait(for: height, atMembers: committee.size)
                }
                let spent = (CPUTime.process() - cpu) / Double(envelopes.count)
                let after = try disk.nanoseconds(count: Self.syncCount)
                if round == 0 { continue }
                for value in latency.values { measured.latency.add(value) }
                measured.cpu.add(spent)
                measured.signatures.add(Self.floor(members: size.members, check: check, signing: signing))
                measured.check.add(check)
                measured.signing.add(signing)
                measured.sync.add((before + after) / 2)
                measured.meanLatency.add(latency.values.reduce(0, +) / Double(latency.values.count))
            }
            try committee.checkHealth()
            if size.measuresIdling {
                Progress.say("the committee of \(size.members) idles for \(Int(Self.idleSeconds)) s")
                measured.idlePercent = try await Self.idlePercent()
            }
            return measured
        }
        withExtendedLifetime(folder) {}
        return measured
    }

    /// Every member makes two votes and checks a quorum of each kind and the proposal, and the client's signature is checked by all.
    private static func floor(members: Int, check: Double, signing: Double) -> Double {
        let others = Double(members - (members - 1) / 3 - 1)
        let count = Double(members)
        return (2 * count + 1) * signing + (count * (2 * others + 1) + count - 1) * check
    }

    /// CPU time of the process while the committee has nothing to do.
    private static func idlePercent() async throws -> Double {
        try await Task.sleep(for: .milliseconds(1_000))
        let (cpu, wall) = (CPUTime.process(), CPUTime.wall())
        try await Task.sleep(for: .seconds(Self.idleSeconds))
        return 100 * (CPUTime.process() - cpu) / (CPUTime.wall() - wall)
    }
}
