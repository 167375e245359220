import Foundation

/// What a process that only commits is asked to do, and what it answers; passed as JSON.
struct FollowerRequest: Codable {
    /// A file that `ChainFile` wrote.
    let chain: String
    /// Blocks at the start, the genesis block not counted, that are taken before anything is measured.
    let warmUp: Int
    /// Blocks that are taken in one measured round.
    let blocksPerRound: Int
    /// How many rounds are measured at most; nil for as many as the chain has.
    var mostRounds: Int?
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
    /// Resident memory before the ledger was opened, before the first measured round, after the last block, and the most at any time.
    var startMemory = 0
    var baseMemory = 0
    var endMemory = 0
    var peakMemory = 0
}

extension FollowerAnswer {
    /// Takes in another run of the same chain; of memory the most of any run counts.
    mutating func add(_ other: FollowerAnswer) {
        self.cpu += other.cpu
        self.wall += other.wall
        self.threeSwiftCrypto += other.threeSwiftCrypto
        self.threeOpenSSL += other.threeOpenSSL
        self.transactions += other.transactions
        self.chainBytes = max(self.chainBytes, other.chainBytes)
        self.startMemory = max(self.startMemory, other.startMemory)
        self.endMemory = max(self.endMemory, other.endMemory)
        self.peakMemory = max(self.peakMemory, other.peakMemory)
    }

    var cpuSamples: Samples { Samples(self.cpu) }
    var wallSamples: Samples { Samples(self.wall) }

    /// The reference: whichever library is faster in this run.
    var threeFastest: Samples { self.isSwiftCryptoFaster ? Samples(self.threeSwiftCrypto) : Samples(self.threeOpenSSL) }

    var fastestName: String { self.isSwiftCryptoFaster ? "swift-crypto" : "OpenSSL" }

    private var isSwiftCryptoFaster: Bool { Samples(self.threeSwiftCrypto).median <= Samples(self.threeOpenSSL).median }
}
