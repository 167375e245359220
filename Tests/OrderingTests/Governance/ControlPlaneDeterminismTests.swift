import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct ControlPlaneDeterminismTests {
    /// Drives a chain by random acts: evidence, absences, rounds without a decision, rotations, resignations, plain blocks.
    private static func drive(_ world: inout GovernanceWorld, blocks: Int, random: inout SeededGenerator) throws {
        for _ in 0..<blocks where !world.plane.isHalted {
            var transactions: [GovernanceTransaction] = []
            let order = try found(world.plane.term(at: world.height + 1)).order
            let someone = order[Int.random(in: 0..<order.count, using: &random)]
            let height = UInt64.random(in: 1...max(1, world.height), using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: transactions.append(.evidence(try world.doublePrevote(someone, height: height)))
            case 1:
                let member = try world.member(someone)
                transactions.append(
                    try GovernanceSigning.resignation(
                        of: member, identity: found(world.network.identityKeys[member]), epoch: world.plane.epoch.number,
                        consenter: world.plane.standing(of: member)?.key ?? 0, chain: world.chain))
            case 2:
                transactions.append(
                    .evidence(
                        .conflictingAttestation(
                            try world.attestation(someone, root: 1, height: height), try world.attestation(someone, root: 2, height: height))))
            default: break
            }
            transactions = try transactions.filter { try world.refusal($0) == nil }
            // What is due comes first and may change what may stand.
            while let due = world.plane.dueChange { try world.append(try world.makeBlock([try world.configuration(due)])) }
            transactions = try transactions.filter { try world.refusal($0) == nil }
            let absent: Set<UInt32> = Bool.random(using: &random) ? [someone] : []
            try world.decide(transactions, absent: absent, parentRound: UInt32.random(in: 0...2, using: &random))
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `two executions and one from a snapshot have the same root after random acts`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var world = try GovernanceWorld(seed: seed) {
            $0.missedWindow = 12
            $0.missedLimit = 5
            $0.epochBlocks = 16
            $0.evidenceMaxAge = 20
        }
        var second = world.plane
        var fromSnapshot: ControlPlane?
        var chain = TestChain()
        try Self.drive(&world, blocks: 30, random: &random)
        for (index, block) in world.blocks.enumerated() {
            try second.apply(block, decided: chain)
            if var plane = fromSnapshot {
                try plane.apply(block, decided: chain)
                #expect(plane.root == second.root, "\(random)")
                fromSnapshot = plane
            } else if index == Int(seed) * 3 {
                fromSnapshot = try ControlPlaneFormat.decode(ControlPlaneFormat.encode(second), bundle: second.bundle)
            }
            try chain.append(block)
        }
        #expect(second.root == world.plane.root, "\(random)")
        #expect(fromSnapshot?.root == world.plane.root, "\(random)")
        #expect(ControlPlaneFormat.encode(second) == ControlPlaneFormat.encode(world.plane), "\(random)")
    }

    @Test func `a planted bug is caught: a state that forgets one missed slot has another root`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 4)
        var bugged = world.plane
        bugged.members[GovernanceNetwork.id(2)]?.window = SlotWindow()
        #expect(bugged.root != world.plane.root)
        bugged = world.plane
        bugged.nextKeyID += 1
        #expect(bugged.root != world.plane.root)
    }

    @Test func `a snapshot in the middle of an election goes on to the same result`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 9)
        try world.elect([2, 4, 6, 8])
        let middle = try ControlPlaneFormat.decode(ControlPlaneFormat.encode(world.plane), bundle: world.plane.bundle)
        #expect(middle.root == world.plane.root)
        var second = middle
        let block = try world.makeBlock([try world.plainEnvelope()])
        try second.apply(block, decided: world.decided)
        try world.append(block)
        #expect(second.root == world.plane.root)
        #expect(second.pending == world.plane.pending)
        #expect(second.pending != nil)
        let after = try ControlPlaneFormat.decode(ControlPlaneFormat.encode(second), bundle: second.bundle)
        #expect(after.root == second.root)
    }

    @Test func `a snapshot that is cut, padded, reordered or of another configuration is refused`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let bytes = ControlPlaneFormat.encode(world.plane)
        let bundle = world.plane.bundle
        for length in stride(from: 0, to: bytes.count, by: 97) {
            #expect(throws: ControlPlaneError.self) { try ControlPlaneFormat.decode(Array(bytes[..<length]), bundle: bundle) }
        }
        #expect(throws: ControlPlaneError.self) { try ControlPlaneFormat.decode(bytes + [0], bundle: bundle) }
        try world.decide([.evidence(try world.doublePrevote(2))])
        try world.advance(to: 6)
        #expect(throws: ControlPlaneError.self) { try ControlPlaneFormat.decode(bytes, bundle: world.plane.bundle) }
    }

    @Test func `every changed byte of a snapshot is refused or gives another root`() throws {
        var world = try GovernanceWorld(reserves: 0)
        try world.advance(to: 2)
        let bytes = ControlPlaneFormat.encode(world.plane)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<150 {
            var changed = bytes
            let place = Int.random(in: 0..<bytes.count, using: &random)
            changed[place] ^= UInt8.random(in: 1...255, using: &random)
            guard let plane = try? ControlPlaneFormat.decode(changed, bundle: world.plane.bundle) else { continue }
            #expect(plane.root != world.plane.root, "byte \(place), \(random)")
        }
    }

    @Test func `what no evidence can reach any more is forgotten, and its keys stay used`() throws {
        var world = try GovernanceWorld { $0.evidenceMaxAge = 10 }
        try world.advance(to: 3)
        try world.decide([.evidence(try world.doublePrevote(2))])
        #expect(world.plane.offences.count == 1)
        try world.advance(to: 40)
        #expect(world.plane.offences.isEmpty)
        #expect(world.plane.terms.count == 1)
        #expect(world.plane.usedKeys.count == 9)
    }
}
