import LedgerModel

/// Which of a member's last slots it missed, the oldest first.
package struct SlotWindow: Hashable, Sendable {
    package private(set) var slots: [Bool]

    package init(slots: [Bool] = []) { self.slots = slots }

    package var missed: Int { self.slots.reduce(0) { $0 + ($1 ? 1 : 0) } }

    mutating func record(missed: Bool, size: Int) {
        self.slots.append(missed)
        if self.slots.count > size { self.slots.removeFirst(self.slots.count - size) }
    }
}

/// What the control plane keeps of one member of the pool.
package struct MemberStanding: Hashable, Sendable {
    /// Blocks that it proposed and the committee decided.
    package internal(set) var produced: UInt64 = 0
    /// Height of the newest of them, or at which it came into office.
    package internal(set) var lastProduced: UInt64 = 0
    package internal(set) var missedSignatures: UInt64 = 0
    package internal(set) var missedProposals: UInt64 = 0
    /// Of this epoch.
    package internal(set) var strikes = 0
    /// Offences proven, ever; they break ties in elections.
    package internal(set) var offencePoints: UInt32 = 0
    /// Consenter id that it signs with while in office; 0 for none.
    package internal(set) var key: UInt32 = 0
    /// Takes over at the next epoch boundary; 0 for none.
    package internal(set) var nextKey: UInt32 = 0
    /// Epoch boundaries that the key has seen in office.
    package internal(set) var keyAge: UInt64 = 0
    /// Leaves office at the next boundary.
    package internal(set) var hasResigned = false
    package internal(set) var window = SlotWindow()
    /// The pardons of its seat that have been carried out.
    package internal(set) var pardons: UInt32 = 0
}

/// A consensus key under the one number that it ever has.
package struct ConsensusKey: Hashable, Sendable {
    package let id: UInt32
    package let member: MSPID
    /// PEM, as the channel configuration will show it.
    package let certificate: [UInt8]
    /// 65 bytes.
    package let publicKey: [UInt8]
    package let endpoint: Endpoint
    /// The last height at which it may have signed, as far as is known; what is older than evidence can be is forgotten.
    package internal(set) var lastUse: UInt64
    package internal(set) var isBurned = false
}

/// What `selvage committee show` prints of one member.
package struct CommitteeStatistics: Hashable, Sendable {
    package let member: MSPID
    package let place: OfficePlace?
    package let consenter: UInt32
    package let standing: MemberStanding
    /// Up to and with this epoch, or for good; nil when nothing bars it.
    package let barred: BarringRegister.Term?
}
