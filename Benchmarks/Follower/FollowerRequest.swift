import Foundation

/// What a process that only commits is asked to do, and what it answers; passed as JSON.
struct FollowerRequest: Codable {
    /// A file that `ChainFile` wrote.
    let chain: String
    /// Blocks at the start, the genesis block not counted, that are taken before anything is measured.
    let warmUp: Int
    /// Blocks that are taken in one measured round.
    let blocksPerRound: Int
    /// Whether right signatures are remembered, and all of the measured blocks have been checked before, as by the peer's own door.
    let remembersSignatures: Bool
    /// Signature checks of each library before and after each round.
    let references: Int
}

/// Nanoseconds per transaction for each round, and memory in bytes.
struct FollowerAnswer: Codable {
    var cpu: [Double] = []
    var wall: [Double] = []
    var threeSwiftCrypto: [Double] = []
    var threeOpenSSL: [Double] = []
    var transactions = 0
    /// Bytes of the blocks that were taken, warm-up included.
    var chainBytes = 0
    /// Resident memory before the ledger was opened, after the last block, and the most at any time.
    var startMemory = 0
    var endMemory = 0
    var peakMemory = 0
}

extension FollowerAnswer {
    var cpuSamples: Samples { Samples(self.cpu) }
    var wallSamples: Samples { Samples(self.wall) }

    /// The reference: whichever library is faster in this run.
    var threeFastest: Samples { self.isSwiftCryptoFaster ? Samples(self.threeSwiftCrypto) : Samples(self.threeOpenSSL) }

    var fastestName: String { self.isSwiftCryptoFaster ? "swift-crypto" : "OpenSSL" }

    private var isSwiftCryptoFaster: Bool { Samples(self.threeSwiftCrypto).median <= Samples(self.threeOpenSSL).median }
}
