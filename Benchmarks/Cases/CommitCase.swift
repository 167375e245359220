import LedgerModel

/// The commit path of a peer: block of 500 transactions verified, validated and committed, beside three signature checks a transaction.
struct CommitCase {
    /// The limit on CPU time, in three checks of the fastest library.
    private static let limit = 2.0
    private static let referenceCount = 500

    let workload: Workload

    private struct Measured {
        var read = Samples()
        var verify = Samples()
        var validate = Samples()
        var commit = Samples()
        var total = Samples()
        var wall = Samples()
        var threeSwiftCrypto = Samples()
        var threeOpenSSL = Samples()

        /// The reference: whichever library is faster in this run.
        var threeFastest: Samples { self.threeSwiftCrypto.median <= self.threeOpenSSL.median ? self.threeSwiftCrypto : self.threeOpenSSL }
        var fastestName: String { self.threeSwiftCrypto.median <= self.threeOpenSSL.median ? "swift-crypto" : "OpenSSL" }
    }

    func run() async throws -> CaseReport {
        let reference = try SignatureReference()
        let single = try await self.measure(isParallel: false, reference)
        let parallel = try await self.measure(isParallel: true, reference)
        return CaseReport(
            name: .commit,
            title: "a block of \(Workload.transactionsPerBlock) transactions, 2-of-2 endorsed, \(self.workload.averageEnvelopeBytes) bytes each",
            iterations: "\(self.workload.blocks.count - 1) blocks after one to warm up (identity caches are warm), LevelDB on disk, synced; "
                + "CPU time of the whole process; reference: \(2 * Self.referenceCount) checks before and after each block",
            figures: self.figures(single, "one thread") + self.breakdown(single) + self.figures(parallel, "all cores") + [
                Figure(
                    name: "throughput on all cores, by the wall clock", value: 1e9 / parallel.wall.median, unit: "tx/s", reference: nil),
                Figure(name: "throughput on one thread, by the wall clock", value: 1e9 / single.wall.median, unit: "tx/s", reference: nil),
                Figure(name: "three checks by swift-crypto", value: single.threeSwiftCrypto.median / 1e3, unit: "us"),
                Figure(name: "three checks by OpenSSL", value: single.threeOpenSSL.median / 1e3, unit: "us"),
            ])
    }

    private func figures(_ measured: Measured, _ threads: String) -> [Figure] {
        [
            Figure(
                name: "verify + validate + commit, CPU per transaction, \(threads)", value: measured.total.median / 1e6, unit: "ms",
                reference: Figure.Reference(
                    name: "3 checks by \(measured.fastestName), ms", value: measured.threeFastest.median / 1e6,
                    ratio: (measured.total / measured.threeFastest).median, limit: Self.limit))
        ]
    }

    private func breakdown(_ measured: Measured) -> [Figure] {
        [
            ("  of which the block is verified", measured.verify), ("  of which transactions are validated", measured.validate),
            ("  of which the ledger commits", measured.commit), ("beside it: the block is read from its bytes", measured.read),
        ].map { name, samples in Figure(name: name, value: samples.median / 1e3, unit: "us") }
    }

    /// Nanoseconds per transaction of each step, on a fresh peer.
    private func measure(isParallel: Bool, _ reference: SignatureReference) async throws -> Measured {
        let peer = try BenchmarkPeer(genesis: self.workload.network.genesis, isParallel: isParallel)
        for block in self.workload.setUp { try await peer.commit(block) }
        try await peer.commit(self.workload.blocks[0])
        var measured = Measured()
        for block in self.workload.blocks.dropFirst() {
            let bytes = block.serialized()
            let count = Double(block.envelopes.count)
            let swiftBefore = try reference.swiftCryptoVerification(count: Self.referenceCount)
            let openSSLBefore = try reference.openSSLVerification(count: Self.referenceCount)
            let start = CPUTime.process()
            let received = try OrderedBlock(serialized: bytes)
            measured.read.add((CPUTime.process() - start) / count)
            let cost = try await peer.commit(received)
            let swiftAfter = try reference.swiftCryptoVerification(count: Self.referenceCount)
            let openSSLAfter = try reference.openSSLVerification(count: Self.referenceCount)
            measured.verify.add(cost.verify / count)
            measured.validate.add(cost.validate / count)
            measured.commit.add(cost.commit / count)
            measured.total.add(cost.total / count)
            measured.wall.add(cost.wall / count)
            measured.threeSwiftCrypto.add(3 * (swiftBefore + swiftAfter) / 2)
            measured.threeOpenSSL.add(3 * (openSSLBefore + openSSLAfter) / 2)
        }
        return measured
    }
}
