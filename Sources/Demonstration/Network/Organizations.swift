import Identity
import LedgerModel

/// The organisations of the demonstration.
enum Organizations {
    static let channel: ChannelID = "medical"

    /// Those that own the contracts: they endorse.
    static let consortium = [
        OrganizationSpec(mspID: "HospitalNorthMSP", domain: "north.hospital.example", kind: .peer),
        OrganizationSpec(mspID: "HospitalSouthMSP", domain: "south.hospital.example", kind: .peer),
        OrganizationSpec(mspID: "InsurerMSP", domain: "insurer.example", kind: .peer),
        OrganizationSpec(mspID: "RegulatorMSP", domain: "regulator.example", kind: .peer),
    ]

    /// Those that hold shares: each follows the ledger with a peer of its own, and endorses nothing.
    static let custodians = (1...7).map {
        OrganizationSpec(mspID: MSPID("Custodian\($0)MSP"), domain: "custodian\($0).example", kind: .peer)
    }

    static let orderer = OrganizationSpec(mspID: "OrdererMSP", domain: "orderer.example", kind: .orderer)

    /// Shares that open a record, and shares made.
    static let threshold = 4

    /// Two of the four organisations must agree on every change.
    static let endorsementPolicy =
        "OutOf(2, " + Organizations.consortium.map { "'\($0.mspID).peer'" }.joined(separator: ", ") + ")"

    /// Three of the four must agree on the contracts themselves.
    static let lifecyclePolicy =
        "OutOf(3, " + Organizations.consortium.map { "'\($0.mspID).peer'" }.joined(separator: ", ") + ")"
}
