import CryptoPrimitives
import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Identity

/// Seeded bytes as the random source of authorities.
struct TestRandom: RandomSource {
    private var source: SeededRandomSource

    init(seed: UInt64) {
        self.source = SeededRandomSource(seed: seed)
    }

    mutating func bytes(count: Int) -> [UInt8] { self.source.bytes(count: count) }
}

/// A stand-in for an identity in tests of policies alone: the principals that it meets.
struct Signer: Equatable {
    let name: String
    let meets: [Principal]

    func satisfies(_ principal: Principal) -> Bool { self.meets.contains(principal) }
}

func role(_ msp: String, _ role: Role) -> Principal { .role(MSPID(msp), role) }

func resource(_ name: String) throws -> [UInt8] {
    let url = try #require(Bundle.module.url(forResource: "Resources/\(name)", withExtension: nil))
    return [UInt8](try Data(contentsOf: url))
}
