import ChannelConfiguration
import Identity
import LedgerModel
import Synchronization

/// The governance of a channel whose configuration elects its committee: the control plane after one block of the chain (consensus 0.1, 2.1).
package struct ElectedGovernance: BlockGovernance {
    package let plane: ControlPlane
    package let root: [UInt8]
    package let nextCommitteeHash: [UInt8]
    package let dueChange: ChannelConfiguration.CommitteeChange?
    let decided: DecidedBlocks

    /// Governance after block 0.
    ///
    /// - Throws: `OrderingError.governance` when the configuration's settings cannot be used.
    package init(bundle: ChannelBundle, chain: [UInt8]) throws(OrderingError) {
        let plane: ControlPlane
        do {
            plane = try ControlPlane(bundle: bundle, chain: chain)
        } catch {
            throw .governance("\(error)")
        }
        try self.init(plane, decided: DecidedBlocks(age: plane.settings.evidenceMaxAge))
    }

    /// Governance in the middle of a chain.
    ///
    /// - Parameter blocks: Decided blocks without gaps up to the height of the state, as far back as evidence reaches.
    init(resuming plane: ControlPlane, blocks: [OrderedBlock]) throws(OrderingError) {
        let decided = DecidedBlocks(age: plane.settings.evidenceMaxAge, before: blocks.first?.number.rawValue ?? 1)
        do {
            for block in blocks { try decided.append(block) }
        } catch {
            throw .governance("\(error)")
        }
        try self.init(plane, decided: decided)
    }

    private init(_ plane: ControlPlane, decided: DecidedBlocks) throws(OrderingError) {
        self.plane = plane
        self.decided = decided
        self.root = plane.root
        let now = plane.committeeHash(at: plane.height + 1)
        let next = plane.committeeHash(at: plane.height + 2)
        self.nextCommitteeHash = next == now ? ExtendedHeader.zeroHash : next ?? ExtendedHeader.zeroHash
        self.dueChange = try plane.dueChange.map { (consenters) throws(OrderingError) in try Self.change(to: consenters, plane.bundle) }
    }

    package var isHalted: Bool { self.plane.isHalted }

    package func term(at height: UInt64) -> CommitteeTerm? { self.plane.term(at: height) }

    package func officeHolders(at height: UInt64) -> [OfficeHolder] {
        guard let term = self.plane.term(at: height) else { return [] }
        return (term.order + term.auditors).sorted().compactMap { id in
            self.plane.key(id).map { OfficeHolder(member: $0.member, publicKey: $0.publicKey) }
        }
    }

    package func fault(in envelopes: [[UInt8]], height: UInt64, proposer: UInt32) -> (index: Int, reason: String)? {
        let first = self.plane.refusals(in: envelopes, height: height, proposer: proposer, decided: self.decided).first
        return first.map { ($0.index, "\($0.refusal)") }
    }

    package func successor(after block: OrderedBlock) throws(OrderingError) -> any BlockGovernance {
        var plane = self.plane
        do {
            try plane.apply(block, decided: self.decided)
            try self.decided.append(block)
        } catch {
            throw .governance("\(error)")
        }
        return try ElectedGovernance(plane, decided: self.decided)
    }

    /// The one update that brings consenters into office. Everybody computes the same: who is in office stays as it is, and a new member's
    /// organisation is that of the pool, reachable where its key was registered.
    static func change(
        to consenters: [Consenter], _ bundle: ChannelBundle
    ) throws(OrderingError) -> ChannelConfiguration.CommitteeChange {
        var organizations: [GenesisProfile.Organization] = []
        for consenter in consenters where !organizations.contains(where: { $0.msp.name == consenter.mspID }) {
            if let present = bundle.ordererOrganizations.first(where: { $0.mspID == consenter.mspID }) {
                organizations.append(.init(groupName: present.groupName, msp: present.msp, endpoints: present.endpoints))
            } else if let member = bundle.applicationOrganizations.first(where: { $0.mspID == consenter.mspID }) {
                organizations.append(.init(groupName: member.groupName, msp: member.msp, endpoints: ["\(consenter.host):\(consenter.port)"]))
            } else {
                throw .governance("\(consenter.mspID) is to come into office and is no organisation of the channel")
            }
        }
        do {
            return try ChannelConfiguration.CommitteeChange(from: bundle, to: consenters, organizations: organizations)
        } catch {
            throw .governance("the committee cannot be changed: \(error)")
        }
    }
}

/// What the chain holds within the age of evidence; it grows with the chain and is shared by the states of one member.
final class DecidedBlocks: DecidedChain {
    private struct State {
        var heights: [UInt64: (facts: DecidedHeight, transactions: [TransactionID])] = [:]
        var numbers: [TransactionID: UInt64] = [:]
        var last: UInt64 = 0
    }

    private let age: UInt64
    private let state: Mutex<State>

    /// - Parameter first: The number of the first block that will be taken.
    init(age: UInt64, before first: UInt64 = 1) {
        self.age = age
        self.state = Mutex(State(last: first - min(first, 1)))
    }

    func decided(_ height: UInt64) -> DecidedHeight? { self.state.withLock { $0.heights[height]?.facts } }

    func height(of transaction: TransactionID) -> UInt64? { self.state.withLock { $0.numbers[transaction] } }

    /// Takes the next block; one that was taken already changes nothing.
    func append(_ block: OrderedBlock) throws(MessageError) {
        let facts = try DecidedHeight(block)
        let ids = block.envelopes.compactMap { ConfigurationRequest.orderedID(in: $0) }
        let number = block.number.rawValue
        self.state.withLock { state in
            guard number == state.last + 1 else { return }
            state.last = number
            state.heights[number] = (facts, ids)
            for id in ids where state.numbers[id] == nil { state.numbers[id] = number }
            guard number > self.age, number - self.age > 1, let old = state.heights.removeValue(forKey: number - self.age - 1) else { return }
            for id in old.transactions where state.numbers[id] == number - self.age - 1 { state.numbers[id] = nil }
        }
    }
}
