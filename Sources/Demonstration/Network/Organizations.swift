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

    /// An institution that takes part in elections and nothing else.
    static func clinic(_ number: Int) -> OrganizationSpec {
        OrganizationSpec(mspID: MSPID("Clinic\(number)MSP"), domain: "clinic\(number).example", kind: .peer)
    }

    /// The name of an institution's ordering node.
    static func orderingNode(of organization: OrganizationSpec) -> String { "orderer.\(organization.domain)" }

    /// How often a member sends again what others may have missed; those who audit follow the chain with it.
    static let tickMilliseconds: UInt32 = 50

    /// How long anybody waits for a block before the run ends with an error.
    static let patience = Duration.seconds(60)

    /// Where an ordering node would be reached if it were a process of its own.
    static let orderingPort: UInt32 = 7050

    /// Shares that open a record, and shares made.
    static let threshold = 4

    /// Two of the four organisations must agree on every change.
    static let endorsementPolicy =
        "OutOf(2, " + Organizations.consortium.map { "'\($0.mspID).peer'" }.joined(separator: ", ") + ")"

    /// Three of the four must agree on the contracts themselves.
    static let lifecyclePolicy =
        "OutOf(3, " + Organizations.consortium.map { "'\($0.mspID).peer'" }.joined(separator: ", ") + ")"
}
