import CryptoPrimitives
import LedgerModel

/// One organisation as the channel configuration describes it: whom it trusts and how it names roles (`msp.FabricMSPConfig`).
package struct MSPConfiguration: Hashable, Sendable {
    /// The MSP id.
    package var name: MSPID
    package var roots: [Certificate]
    package var intermediates: [Certificate]
    /// Certificates that are administrators whatever their organisational unit.
    package var admins: [Certificate]
    /// Each a certificate revocation list, PEM or DER, as received.
    package var revocationLists: [[UInt8]]
    package var tlsRoots: [Certificate]
    package var tlsIntermediates: [Certificate]
    /// When not empty, and roles are not told by `nodeOUs`, every identity must carry one of these.
    package var organizationalUnits: [OrganizationalUnitIdentifier]
    package var nodeOUs: NodeOUs?

    package init(
        name: MSPID, roots: [Certificate], intermediates: [Certificate] = [], admins: [Certificate] = [], revocationLists: [[UInt8]] = [],
        tlsRoots: [Certificate] = [], tlsIntermediates: [Certificate] = [], organizationalUnits: [OrganizationalUnitIdentifier] = [],
        nodeOUs: NodeOUs? = nil
    ) {
        self.name = name
        self.roots = roots
        self.intermediates = intermediates
        self.admins = admins
        self.revocationLists = revocationLists
        self.tlsRoots = tlsRoots
        self.tlsIntermediates = tlsIntermediates
        self.organizationalUnits = organizationalUnits
        self.nodeOUs = nodeOUs
    }
}
