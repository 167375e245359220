import CommitteeTestSupport
import ContractVM
import LedgerModel
import Node
import SystemContracts
import TestSupport
import Testing

/// A peer whose channel changes its committee.
@Suite(.timeLimit(.minutes(20))) struct CommitteeChangePeerTests {
    private let members: CommitteeMembers
    private let folder: TemporaryFolder

    init() throws {
        self.members = try CommitteeMembers()
        self.folder = try TemporaryFolder("selvage-committee")
    }

    private func open(_ chain: CommitteeChain) throws -> PeerNode {
        let environment = SystemEnvironment()
        let catalogue = SystemContracts.catalogue(contracts: [])
        return try PeerNode(
            name: "peer0", identity: self.members.peer, folder: self.folder.path(of: "peer"), genesis: chain.blocks[0],
            machine: ContractMachine(catalogue: catalogue) { environment.monotonicNanoseconds() }, environment: environment)
    }

    private static func refusal(_ peer: PeerNode, _ block: OrderedBlock) async -> String? {
        do throws(NodeError) {
            try await peer.receive(block)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [[1, 2, 3, 5], [1, 2, 3, 4, 5], [4, 5, 6]] as [[UInt32]])
    func `a peer takes the new committee after the block that brings it, and refuses the old one`(committee: [UInt32]) async throws {
        var chain = try CommitteeChain(members: self.members, committee: [1, 2, 3, 4])
        let peer = try self.open(chain)
        #expect(await Self.refusal(peer, try chain.append()) == nil)
        let early = try chain.block { $0.signers = [1, 2, 5] }
        #expect(await Self.refusal(peer, early) != nil)
        #expect(await Self.refusal(peer, try chain.change(to: committee)) == nil)
        #expect(peer.height == 3)
        let old = try chain.block { $0.signers = [1, 2, 3, 4].filter { $0 != committee[0] } }
        #expect(await Self.refusal(peer, old)?.contains("peer0 refuses block 3") == true)
        #expect(await Self.refusal(peer, try chain.append()) == nil)
        #expect(await Self.refusal(peer, try chain.append()) == nil)
        #expect(peer.height == 5)
    }

    @Test func `a peer that restarts between any two blocks goes on where it was`() async throws {
        var chain = try CommitteeChain(members: self.members, committee: [1, 2, 3, 4])
        try chain.append()
        try chain.change(to: [1, 2, 3, 5])
        try chain.append()
        // Two changes in a row: after the second the certificate is one of the committee between them.
        try chain.change(to: [1, 3, 5, 6], isNewEpoch: true)
        try chain.change(to: [3, 4, 5, 6])
        try chain.append()
        try chain.append()
        for block in chain.blocks.dropFirst() {
            // Opened anew for each block; the one before is closed when it is no longer used.
            let peer = try self.open(chain)
            #expect(peer.height == block.number.rawValue)
            #expect(await Self.refusal(peer, block) == nil, "block \(block.number)")
        }
        let peer = try self.open(chain)
        let old = try chain.block { $0.signers = [1, 3, 5] }
        #expect(await Self.refusal(peer, old) != nil)
        #expect(await Self.refusal(peer, try chain.append()) == nil)
    }

    @Test func `a change without the consent of a quorum stops the peer before it, and a good one lets it go on`() async throws {
        var chain = try CommitteeChain(members: self.members, committee: [1, 2, 3, 4])
        let peer = try self.open(chain)
        #expect(await Self.refusal(peer, try chain.append()) == nil)
        let (forced, _) = try chain.changeBlock(to: [1, 2, 3, 5], consents: [1, 2])
        #expect(await Self.refusal(peer, forced)?.contains("the channel stops before this block") == true)
        #expect(peer.height == 2)
        #expect(await Self.refusal(peer, try chain.change(to: [1, 2, 3, 5])) == nil)
        #expect(await Self.refusal(peer, try chain.append()) == nil)
    }
}
