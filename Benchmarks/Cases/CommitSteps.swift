import LedgerModel

/// The steps of the commit path on one thread, without a node around them: verified, validated and committed, each by itself.
struct CommitSteps {
    private static let referenceCount = 500

    let workload: Workload

    private struct Measured {
        var read = Samples()
        var verify = Samples()
        var validate = Samples()
        var commit = Samples()
        var total = Samples()
        var threeSwiftCrypto = Samples()
        var threeOpenSSL = Samples()

        /// The reference: whichever library is faster in this run.
        var threeFastest: Samples { self.threeSwiftCrypto.median <= self.threeOpenSSL.median ? self.threeSwiftCrypto : self.threeOpenSSL }
        var fastestName: String { self.threeSwiftCrypto.median <= self.threeOpenSSL.median ? "swift-crypto" : "OpenSSL" }
    }

    /// Where the CPU time of a transaction goes.
    func figures() async throws -> [Figure] { self.breakdown(try await self.measure(SignatureReference())) }

    private func breakdown(_ measured: Measured) -> [Figure] {
        let steps = [
            ("  the block is read from its bytes", measured.read), ("  the block is verified", measured.verify),
            ("  transactions are validated", measured.validate), ("  the ledger commits", measured.commit),
        ].map { name, samples in Figure(name: name, value: samples.median / 1e3, unit: "us") }
        let total = Figure(
            name: "the steps alone on one thread, CPU per transaction", value: measured.total.median / 1e6, unit: "ms",
            reference: Figure.Reference(
                name: "3 checks by \(measured.fastestName), ms", value: measured.threeFastest.median / 1e6,
                ratio: (measured.total / measured.threeFastest).median))
        return [total] + steps + [
            Figure(name: "three checks by swift-crypto", value: measured.threeSwiftCrypto.median / 1e3, unit: "us"),
            Figure(name: "three checks by OpenSSL", value: measured.threeOpenSSL.median / 1e3, unit: "us"),
        ]
    }

    /// Nanoseconds per transaction of each step, on a fresh peer.
    private func measure(_ reference: SignatureReference) async throws -> Measured {
        let peer = try BenchmarkPeer(genesis: self.workload.network.genesis, isParallel: false)
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
            measured.total.add(cost.total / count + (measured.read.values.last ?? 0))
            measured.threeSwiftCrypto.add(3 * (swiftBefore + swiftAfter) / 2)
            measured.threeOpenSSL.add(3 * (openSSLBefore + openSSLAfter) / 2)
        }
        return measured
    }
}
