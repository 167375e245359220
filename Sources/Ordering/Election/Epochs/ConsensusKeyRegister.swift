import CryptoPrimitives
import LedgerModel

/// Which consensus key a member signs with in which epoch: registered one epoch ahead, replaced in time, never used twice (consensus 2.5).
package struct ConsensusKeyRegister: Hashable, Sendable {
    private struct Entry: Hashable, Sendable {
        let key: [UInt8]
        let firstEpoch: UInt64
    }

    private var entries: [MSPID: [Entry]] = [:]
    private var used: Set<[UInt8]> = []

    package init() {}

    /// Registers or replaces a member's key in `epoch`; it counts from the next epoch on. A second change in one epoch replaces the first.
    package mutating func register(
        _ key: [UInt8], of member: MSPID, in epoch: UInt64, barring: BarringRegister
    ) throws(ConsensusKeyRefusal) {
        guard (try? PublicKey(x963: key)) != nil else { throw .notAKey(member) }
        guard !barring.isBurned(key) else { throw .burned(member) }
        guard !self.used.contains(SHA256.hash(key)) else { throw .used(member) }
        let (first, overflow) = epoch.addingReportingOverflow(1)
        guard !overflow else { throw .lastEpoch }
        self.used.insert(SHA256.hash(key))
        var list = self.entries[member] ?? []
        if list.last?.firstEpoch == first { list.removeLast() }
        list.append(Entry(key: key, firstEpoch: first))
        self.entries[member] = list
    }

    /// The key that a member signs with in an epoch; nil when it has none yet.
    package func key(of member: MSPID, in epoch: UInt64) -> [UInt8]? {
        self.entries[member]?.last { $0.firstEpoch <= epoch }?.key
    }

    /// Whether the key of an epoch has served `lifetime` epochs or more, so that it must not be used in the next one.
    package func mustReplace(of member: MSPID, in epoch: UInt64, lifetime: UInt64) -> Bool {
        guard let list = self.entries[member], let current = list.last(where: { $0.firstEpoch <= epoch }) else { return false }
        // A successor that waits for the next epoch is the replacement.
        guard list.last == current else { return false }
        return epoch - current.firstEpoch >= (lifetime == 0 ? 0 : lifetime - 1)
    }

    /// SHA-256 of every key ever registered, ascending; `ElectionParameters.usedKeys` takes them.
    package var usedKeys: [[UInt8]] { self.used.sorted { $0.lexicographicallyPrecedes($1) } }
}

/// Why a consensus key is not taken.
package enum ConsensusKeyRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case notAKey(MSPID)
    case burned(MSPID)
    case used(MSPID)
    case lastEpoch

    package var description: String {
        switch self {
        case .notAKey(let id): "the consensus key of \(id) is no point of P-256"
        case .burned(let id): "the consensus key of \(id) was burned by proof of misbehaviour; make a new one"
        case .used(let id): "the consensus key of \(id) was registered before, by it or by another; make a new one"
        case .lastEpoch: "there is no epoch after this one"
        }
    }
}
