import TestSupport

/// A ledger written by a stock peer, when the shared test data is present.
enum FabricVectors {
    static let isPresent = Self.file("chaininfo.json") != nil
    static let blockCount = 74

    /// The bytes of a vector file; nil when it is absent.
    static func file(_ name: String) -> [UInt8]? { SharedData.read("vectors/fabric/" + name) }

    /// A block as the peer stored it.
    static func block(_ number: Int) -> [UInt8]? {
        let digits = String(number)
        return self.file("blocks/block_" + String(repeating: "0", count: 3 - digits.count) + digits + ".pb")
    }
}
