/// Who signed the proposal, as the node has verified it.
public struct Caller: Equatable, Sendable {
    /// A role that the membership service gives to certificates by their organisational unit.
    public enum Role: String, Equatable, Sendable {
        /// An application or a person.
        case client
        /// A node that endorses and commits.
        case peer
        /// An administrator of the organisation.
        case admin
        /// A node that orders.
        case orderer
    }

    /// An attribute that the certificate authority wrote into the certificate.
    public struct Attribute: Equatable, Sendable {
        /// The attribute's name.
        public var name: String
        /// The attribute's value.
        public var value: String

        /// Makes an attribute.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The organisation, by the id of its membership service.
    public var mspID: String
    /// The certificate's subject common name; empty if it has none.
    public var commonName: String
    /// The certificate's organisational units, in the order of the certificate.
    public var organizationalUnits: [String]
    /// The role, if the organisation's rules give one.
    public var role: Role?
    /// SHA-256 of the certificate's DER form, 32 bytes: the name to store when a contract must recognise this very certificate again.
    public var certificateFingerprint: [UInt8]
    /// The attributes of the certificate, in its order.
    public var attributes: [Attribute]
    /// The serialised identity as it was sent: MSP id and certificate PEM (`msp.SerializedIdentity`).
    public var serializedIdentity: [UInt8]

    /// Makes a caller from its parts.
    public init(
        mspID: String, commonName: String, organizationalUnits: [String] = [], role: Role? = nil, certificateFingerprint: [UInt8] = [],
        attributes: [Attribute] = [], serializedIdentity: [UInt8] = []
    ) {
        self.mspID = mspID
        self.commonName = commonName
        self.organizationalUnits = organizationalUnits
        self.role = role
        self.certificateFingerprint = certificateFingerprint
        self.attributes = attributes
        self.serializedIdentity = serializedIdentity
    }

    /// The value of the attribute with exactly this name, or nil.
    public func attribute(_ name: String) -> String? {
        for attribute in attributes where sameBytes(attribute.name, name) {
            return attribute.value
        }
        return nil
    }

    /// Whether the caller belongs to this organisation; the ids are compared byte by byte.
    public func isMember(of mspID: String) -> Bool {
        sameBytes(self.mspID, mspID)
    }

    /// Whether the certificate carries this organisational unit; compared byte by byte.
    public func hasOrganizationalUnit(_ unit: String) -> Bool {
        organizationalUnits.contains { sameBytes($0, unit) }
    }
}
