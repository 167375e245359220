import ChannelConfiguration
import LedgerModel
import TestSupport

@testable import Ordering

/// What holds after every block of a chain, whatever members, agencies and liars have done.
struct GovernanceInvariants {
    /// A second execution, from block 0.
    private var second: ControlPlane
    /// The state that was read back from a snapshot of the block before.
    private var restored: ControlPlane
    private var previous: ControlPlane
    /// Public keys by the number under which they were first seen.
    private var numbers: [UInt32: [UInt8]] = [:]

    init(_ plane: ControlPlane) {
        self.second = plane
        self.restored = plane
        self.previous = plane
        for id in plane.keys.keys { self.numbers[id] = plane.keys[id]?.publicKey }
    }

    /// The first rule that does not hold after a block.
    ///
    /// - Parameter decided: The chain below the block.
    mutating func breach(after block: OrderedBlock, _ plane: ControlPlane, decided: any DecidedChain) throws -> String? {
        defer { self.previous = plane }
        return try Self.breachOfSize(plane) ?? Self.breachOfOffices(plane) ?? Self.breachOfHandOver(plane) ?? self.breachOfNumbers(plane)
            ?? self.breachOfReplay(after: block, plane, decided)
    }

    private static func breachOfSize(_ plane: ControlPlane) -> String? {
        for height in plane.height + 1...plane.height + 2 {
            guard let term = plane.term(at: height), let committee = term.committee, term.schedule != nil else { return "no committee" }
            // The chain began with four, so there are never fewer: three bear no liar at all.
            guard term.order.count >= 4, term.order.count <= plane.settings.sizes.producers else { return "a committee of \(term.order.count)" }
            guard committee.faults >= 1, 2 * CommitteeQuorum.size(of: term.order.count) - term.order.count > committee.faults else {
                return "two quorums may share liars only"
            }
        }
        return nil
    }

    private static func breachOfOffices(_ plane: ControlPlane) -> String? {
        let record = plane.epoch
        let offices = record.producers + record.auditNodes + record.standbys
        guard Set(offices).count == offices.count else { return "one member holds two offices" }
        guard Set(record.leaving).isSubset(of: record.producers) else { return "somebody leaves who is not there" }
        guard record.auditNodes.count <= record.sizes.auditNodes, offices.count <= record.sizes.pool else { return "more offices than there are" }
        for member in offices where !record.leaving.contains(member) {
            guard plane.barring.mayHoldOffice(member, in: record.number) else { return "\(member) is barred and in office" }
            guard plane.settings.seat(of: member)?.isExcluded == false else { return "\(member) is excluded and in office" }
            guard let key = plane.standing(of: member).flatMap({ plane.key($0.key) }), key.member == member else {
                return "\(member) holds an office without a key"
            }
            guard !key.isBurned else { return "\(member) holds an office with a burned key" }
        }
        for offence in plane.offences {
            guard (1...3).contains(offence.fact.code), let key = plane.key(offence.fact.offender) else { continue }
            guard key.isBurned else { return "the key of \(key.member) lied and is not burned" }
        }
        return nil
    }

    private static func breachOfHandOver(_ plane: ControlPlane) -> String? {
        guard let next = plane.term(at: plane.height + 1), let after = plane.term(at: plane.height + 2) else { return "no term" }
        guard plane.bundle.consenters.map(\.id).sorted() == next.order.sorted() else { return "the configuration names others than the term" }
        guard (plane.due != nil) == (Set(next.order) != Set(after.order)) else { return "a change is due for nothing, or not due" }
        if let due = plane.due, due.consenters != after.order.sorted() || due.configurationHeight != plane.height + 1 {
            return "the change that is due is another one"
        }
        let keys = plane.epoch.producers.compactMap { plane.standing(of: $0)?.key }
        return Set(keys) == Set(after.order) ? nil : "the term is not what the record makes"
    }

    private mutating func breachOfNumbers(_ plane: ControlPlane) -> String? {
        guard plane.nextKeyID >= self.previous.nextKeyID else { return "numbers of keys go back" }
        for key in plane.keys.values {
            if let known = self.numbers[key.id] {
                guard known == key.publicKey else { return "consenter \(key.id) names two keys" }
            } else {
                guard key.id >= self.previous.nextKeyID else { return "consenter \(key.id) is new and not the next number" }
                guard !self.numbers.values.contains(key.publicKey) else { return "a key has two numbers" }
                self.numbers[key.id] = key.publicKey
            }
        }
        guard Set(plane.usedKeys).isSuperset(of: self.previous.usedKeys) else { return "a used key is forgotten" }
        return Set(plane.barring.burnedKeys).isSuperset(of: self.previous.barring.burnedKeys) ? nil : "a burned key is forgotten"
    }

    private mutating func breachOfReplay(after block: OrderedBlock, _ plane: ControlPlane, _ decided: any DecidedChain) throws -> String? {
        try self.second.apply(block, decided: decided)
        let root = plane.root
        guard self.second.root == root else { return "two executions differ" }
        try self.restored.apply(block, decided: decided)
        guard self.restored.root == root else { return "a state from a snapshot differs after one more block" }
        // Reading compares what it has read with the bytes, so the state read back is this one.
        self.restored = try ControlPlaneFormat.decode(ControlPlaneFormat.encode(plane), bundle: plane.bundle)
        return nil
    }
}
