import FuzzTargets
import TestSupport
import Testing

/// The corpus begins where a fuzzing run should: with inputs that decoders accept.
@Suite struct CorpusTests {
    static func channel() throws -> FuzzChannel {
        try FuzzChannel { name in try #require(readFile(FuzzingProcess.corpus + "/channel/" + name)) }
    }

    @Test(arguments: FuzzTarget.real)
    func `every file of the corpus is small and taken by some decoder`(target: FuzzTarget) async throws {
        let channel = try Self.channel()
        let names = FuzzingProcess.names(in: FuzzingProcess.corpus + "/" + target.rawValue)
        #expect(names.count >= 4)
        for name in names {
            let bytes = try #require(readFile("\(FuzzingProcess.corpus)/\(target.rawValue)/\(name)"))
            #expect(bytes.count <= 20 << 10)
            let probe = FuzzProbe(inputBytes: bytes.count)
            try await target.offer(bytes, to: channel, probe)
            #expect(probe.accepted > 0 || name.hasSuffix("signature"), "\(name)")
        }
    }

    @Test func `every cut of a transaction, a read-write set and an identity is refused or accepted without a finding`() async throws {
        let channel = try Self.channel()
        for (target, name) in [(FuzzTarget.readWriteSet, "rich"), (.identity, "client")] {
            let bytes = try #require(readFile("\(FuzzingProcess.corpus)/\(target.rawValue)/\(name)"))
            for count in 0..<bytes.count {
                let probe = FuzzProbe(inputBytes: count)
                try await target.offer(Array(bytes.prefix(count)), to: channel, probe)
            }
        }
    }

    @Test func `blocks of real networks come apart into inputs for every target`() throws {
        let genesis = try #require(readFile(FuzzingProcess.corpus + "/block/configuration"))
        let second = try #require(readFile(FuzzingProcess.corpus + "/block/second"))
        let seeds = VectorSeeds.seeds(ofBlock: genesis, named: "a") + VectorSeeds.seeds(ofBlock: second, named: "b")
        #expect(Set(seeds.map(\.target)) == Set(FuzzTarget.real))
        #expect(VectorSeeds.seeds(ofBlock: [0xFF], named: "c").map(\.target) == [.block])
    }

    @Test func `a corpus that is made anew opens its channel and is taken as the old one is`() async throws {
        let files = try SeedMaker(seed: 9).files()
        let channel = try FuzzChannel { name in try #require(files["channel/" + name]) }
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            guard let target = FuzzTarget.real.first(where: { path.hasPrefix($0.rawValue + "/") }) else { continue }
            try await target.offer(bytes, to: channel, FuzzProbe(inputBytes: bytes.count))
        }
    }
}
