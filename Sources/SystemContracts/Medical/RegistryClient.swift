import Chaincode
import CryptoPrimitives

/// What the other contracts know of a subject, read from the registry inside the same transaction.
struct Subject {
    let id: String
    let role: Role
    let mspID: String
    let status: SubjectStatus
    let keyVersion: Int64
    let signingKey: [UInt8]
    let sealingKey: String
    /// Why it was revoked, or nil.
    let revocationReason: String?

    init(_ entry: JSONValue) throws(ContractError) {
        guard let role = Role(rawValue: try entry.string("role")), let status = SubjectStatus(rawValue: try entry.string("status")),
            let signingKey = Base16.decode(try entry.string("signingKey"))
        else {
            throw .failure("registry-unreadable", "the registry gave an entry that this contract does not understand; use contracts of one version")
        }
        self.role = role
        self.status = status
        self.signingKey = signingKey
        id = try entry.string("subject")
        mspID = try entry.string("mspId")
        keyVersion = try entry.integer("keyVersion")
        sealingKey = try entry.string("sealingKey")
        revocationReason = entry["revocation"]?["reason"]?.string
    }

    /// Throws `revoked`, `expired` or `not-yet-valid` (403) when the subject may not act.
    func requireActive() throws(ContractError) {
        switch status {
        case .active: return
        case .revoked: throw .forbidden("revoked", "subject \(id) has been revoked")
        case .expired: throw .forbidden("expired", "the registration of subject \(id) has expired; renew it by rotating its keys")
        case .notYetValid: throw .forbidden("not-yet-valid", "the registration of subject \(id) is not valid yet")
        }
    }
}

/// Calls of the registry from another contract.
enum RegistryClient {
    /// The subject whose registered certificate signed the proposal; throws `not-registered` (403), or why it may not act.
    static func activeCaller(_ context: Context) throws(ContractError) -> Subject {
        let subject = try Subject(try call(context, MedicalContracts.registry, ["lookupCaller"]))
        try subject.requireActive()
        return subject
    }

    /// A subject in whatever state it is; throws `unknown-subject` (404).
    static func subject(_ context: Context, _ id: String) throws(ContractError) -> Subject {
        try Subject(try call(context, MedicalContracts.registry, ["lookup", id]))
    }

    /// A subject that may act now.
    static func activeSubject(_ context: Context, _ id: String) throws(ContractError) -> Subject {
        let subject = try subject(context, id)
        try subject.requireActive()
        return subject
    }

    /// Calls another contract and passes its refusal on with status and code.
    static func call(_ context: Context, _ contract: String, _ arguments: [String]) throws(ContractError) -> JSONValue {
        let response = try context.invoke(contract, arguments.map { Array($0.utf8) })
        guard response.isSuccess else { throw ContractError(passingOn: response) }
        return try Stored.json(response.payload)
    }
}

extension ContractError {
    /// The error behind the refusal of another contract.
    init(passingOn response: Response) {
        let text = response.message
        if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text.utf8[colon...].starts(with: ": ".utf8) {
            let rest = text.utf8.index(colon, offsetBy: 2)
            self.init(status: response.status, code: String(text[..<colon]), message: String(text[rest...]))
        } else {
            self.init(status: response.status, code: "call-refused", message: text)
        }
    }
}
