import ChannelConfiguration
import Identity
import LedgerModel

/// Who may call which function of the node's own contracts (interop 5.5).
enum SystemAccess: Equatable {
    /// Whoever meets a policy of the channel: the one that the channel chose for the resource, else the fallback.
    case policy(resource: String, fallback: String)
    /// Administrators of the organisation that owns the node, whatever the channel says.
    case administrators
    /// All members of the organisation that owns the node.
    case members

    private static let readers = "/Channel/Application/Readers"
    private static let writers = "/Channel/Application/Writers"

    private static let channelFunctions: [(chaincode: String, function: String, fallback: String)] = [
        ("_lifecycle", "CommitChaincodeDefinition", writers), ("_lifecycle", "CheckCommitReadiness", writers),
        ("_lifecycle", "QueryChaincodeDefinition", writers), ("_lifecycle", "QueryChaincodeDefinitions", writers),
        ("qscc", "GetChainInfo", readers), ("qscc", "GetBlockByNumber", readers), ("qscc", "GetBlockByHash", readers),
        ("qscc", "GetTransactionByID", readers), ("qscc", "GetBlockByTxID", readers), ("cscc", "GetConfigBlock", readers),
        ("cscc", "GetChannelConfig", readers),
    ]

    private static let administratorFunctions: [(chaincode: String, function: String)] = [
        ("_lifecycle", "InstallChaincode"), ("_lifecycle", "QueryInstalledChaincode"), ("_lifecycle", "QueryInstalledChaincodes"),
        ("_lifecycle", "GetInstalledChaincodePackage"), ("_lifecycle", "ApproveChaincodeDefinitionForMyOrg"),
        ("_lifecycle", "QueryApprovedChaincodeDefinition"), ("_lifecycle", "QueryApprovedChaincodeDefinitions"), ("cscc", "JoinChain"),
    ]

    /// Functions of `_lifecycle` that concern the node and no channel.
    private static let nodeFunctions = [
        "InstallChaincode", "QueryInstalledChaincode", "QueryInstalledChaincodes", "GetInstalledChaincodePackage",
    ]

    /// The rule of a function; one that nobody knows is guarded like any proposal, and then refused by the contract.
    init(_ chaincode: Namespace, function: [UInt8]) {
        func matches(_ entry: (chaincode: String, function: String)) -> Bool {
            chaincode == Namespace(entry.chaincode) && function.elementsEqual(entry.function.utf8)
        }
        if let entry = Self.channelFunctions.first(where: { matches(($0.chaincode, $0.function)) }) {
            self = .policy(resource: "\(entry.chaincode)/\(entry.function)", fallback: entry.fallback)
        } else if Self.administratorFunctions.contains(where: matches) {
            self = .administrators
        } else if matches(("cscc", "GetChannels")), chaincode == "cscc" {
            self = .members
        } else {
            self = .policy(resource: "peer/Propose", fallback: Self.writers)
        }
    }

    /// Whether a function can be called without a channel in the proposal.
    static func worksWithoutChannel(_ chaincode: Namespace, function: [UInt8]) -> Bool {
        if chaincode == ChaincodeDefinition.lifecycleNamespace { return Self.nodeFunctions.contains { function.elementsEqual($0.utf8) } }
        return chaincode == "qscc" || chaincode == "cscc"
    }

    /// What is missing where no channel is asked; nil when the caller may.
    func missingWithoutChannel(for caller: VerifiedIdentity, owner: MSPID) -> String? {
        switch self {
        case .policy: "only a channel can say who may; name one that this node has joined"
        case .administrators: Self.has(caller, .admin, of: owner) ? nil : "the caller is no administrator of \(owner)"
        case .members: Self.has(caller, .member, of: owner) ? nil : "the caller is no member of \(owner)"
        }
    }

    /// Nil when the caller may, else what is missing.
    func missing(for caller: VerifiedIdentity, owner: MSPID, bundle: ChannelBundle) throws(ConfigurationError) -> String? {
        switch self {
        case .policy(let resource, let fallback):
            let path = bundle.policyPath(forResource: resource, fallback: fallback)
            guard case .unsatisfied(let missing) = try bundle.evaluate(policy: path, identities: [caller]) else { return nil }
            return "policy [\(path)] is not met: \(missing)"
        case .administrators, .members: return self.missingWithoutChannel(for: caller, owner: owner)
        }
    }

    private static func has(_ caller: VerifiedIdentity, _ role: Role, of owner: MSPID) -> Bool {
        guard let policy = try? SignaturePolicy(count: 1, of: [.role(owner, role)]) else { return false }
        if case .unsatisfied = policy.evaluate([caller]) { return false }
        return true
    }
}
