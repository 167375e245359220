import Chaincode

/// The contracts of the first application: medical records that are sealed, split over custodians and shared by consent.
package enum MedicalContracts {
    /// All four, each under its own name.
    package static var all: [any Contract] { [RegistryContract(), RecordsContract(), SignaturesContract(), SharesContract()] }

    /// The name of the registry of subjects and their keys.
    package static let registry = "registry"
    /// The name of the index of records, with consent.
    package static let records = "records"
    /// The name of the signature verification contract.
    package static let signatures = "signatures"
    /// The name of the share reconstruction contract.
    package static let shares = "shares"
}
