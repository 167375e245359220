import CryptoPrimitives
import FabricMessages
import LedgerModel

extension MSPConfiguration {
    /// The number of the X.509 kind; the other kind, anonymous credentials, is not supported.
    private static let x509Type: Int32 = 0

    /// Reads the value `MSP` of an organisation's configuration group.
    package init(message: Msp_MSPConfig) throws(IdentityError) {
        guard message.type == Self.x509Type else {
            throw .malformed(reason: "an organisation has MSP type \(message.type); only X.509 (0) is supported")
        }
        let fabric: Msp_FabricMSPConfig
        do {
            fabric = try Msp_FabricMSPConfig.decode(message.config, as: "MSP configuration")
        } catch {
            throw .malformed(reason: error.description)
        }
        let name = MSPID(fabric.name)
        guard !name.isEmpty else { throw .malformed(reason: "an organisation's configuration has no MSP id") }
        if fabric.hasCryptoConfig, ![[], Array("SHA2".utf8)].contains(Array(fabric.cryptoConfig.signatureHashFamily.utf8)) {
            throw .invalidConfiguration(name, reason: "only the signature hash family SHA2 is supported")
        }
        guard fabric.revocationList.count <= Limits.revocationLists else {
            throw .invalidConfiguration(name, reason: "more than \(Limits.revocationLists) revocation lists")
        }
        let reader = CertificateReader(name: name)
        self.init(
            name: name,
            roots: try reader.certificates(fabric.rootCerts.map(\.byteArray), as: "root"),
            intermediates: try reader.certificates(fabric.intermediateCerts.map(\.byteArray), as: "intermediate"),
            admins: try reader.certificates(fabric.admins.map(\.byteArray), as: "admin"),
            revocationLists: fabric.revocationList.map(\.byteArray),
            tlsRoots: try reader.certificates(fabric.tlsRootCerts.map(\.byteArray), as: "TLS root"),
            tlsIntermediates: try reader.certificates(fabric.tlsIntermediateCerts.map(\.byteArray), as: "TLS intermediate"),
            organizationalUnits: try reader.units(fabric.organizationalUnitIdentifiers),
            nodeOUs: fabric.hasFabricNodeOus ? try reader.nodeOUs(fabric.fabricNodeOus) : nil)
    }

    /// The value `MSP` of an organisation's configuration group.
    package func message() -> Msp_MSPConfig {
        var fabric = Msp_FabricMSPConfig()
        fabric.name = self.name.text
        fabric.rootCerts = self.roots.map { $0.pem.data }
        fabric.intermediateCerts = self.intermediates.map { $0.pem.data }
        fabric.admins = self.admins.map { $0.pem.data }
        fabric.revocationList = self.revocationLists.map(\.data)
        fabric.organizationalUnitIdentifiers = self.organizationalUnits.map { Self.message($0) }
        fabric.cryptoConfig.signatureHashFamily = "SHA2"
        fabric.cryptoConfig.identityIdentifierHashFunction = "SHA256"
        fabric.tlsRootCerts = self.tlsRoots.map { $0.pem.data }
        fabric.tlsIntermediateCerts = self.tlsIntermediates.map { $0.pem.data }
        if let nodeOUs {
            fabric.fabricNodeOus.enable = nodeOUs.isEnabled
            if let unit = nodeOUs.client { fabric.fabricNodeOus.clientOuIdentifier = Self.message(unit) }
            if let unit = nodeOUs.peer { fabric.fabricNodeOus.peerOuIdentifier = Self.message(unit) }
            if let unit = nodeOUs.admin { fabric.fabricNodeOus.adminOuIdentifier = Self.message(unit) }
            if let unit = nodeOUs.orderer { fabric.fabricNodeOus.ordererOuIdentifier = Self.message(unit) }
        }
        var message = Msp_MSPConfig()
        message.type = Self.x509Type
        message.config = fabric.encoded().data
        return message
    }

    private static func message(_ unit: OrganizationalUnitIdentifier) -> Msp_FabricOUIdentifier {
        var message = Msp_FabricOUIdentifier()
        message.certificate = (unit.certificate?.pem ?? []).data
        message.organizationalUnitIdentifier = unit.name
        return message
    }
}

/// Reads the certificates of one organisation, naming the organisation in errors.
private struct CertificateReader {
    let name: MSPID

    func certificates(_ list: [[UInt8]], as kind: String) throws(IdentityError) -> [Certificate] {
        guard list.count <= Limits.certificatesPerKind else {
            throw .invalidConfiguration(self.name, reason: "more than \(Limits.certificatesPerKind) \(kind) certificates")
        }
        var certificates: [Certificate] = []
        for pem in list { certificates.append(try self.certificate(pem, as: kind)) }
        return certificates
    }

    func certificate(_ pem: [UInt8], as kind: String) throws(IdentityError) -> Certificate {
        do {
            return try Certificate(pem: pem)
        } catch {
            throw .invalidConfiguration(self.name, reason: "\(kind) certificate: \(error)")
        }
    }

    func units(_ list: [Msp_FabricOUIdentifier]) throws(IdentityError) -> [OrganizationalUnitIdentifier] {
        guard list.count <= Limits.certificatesPerKind else {
            throw .invalidConfiguration(self.name, reason: "more than \(Limits.certificatesPerKind) organisational units")
        }
        var units: [OrganizationalUnitIdentifier] = []
        for message in list {
            if let unit = try self.unit(message) { units.append(unit) }
        }
        return units
    }

    /// Nil for a unit without a name, which Fabric treats as not configured.
    private func unit(_ message: Msp_FabricOUIdentifier) throws(IdentityError) -> OrganizationalUnitIdentifier? {
        guard !message.organizationalUnitIdentifier.isEmpty else { return nil }
        let pem = message.certificate.byteArray
        return OrganizationalUnitIdentifier(
            name: message.organizationalUnitIdentifier,
            certificate: pem.isEmpty ? nil : try self.certificate(pem, as: "organisational unit's"))
    }

    func nodeOUs(_ message: Msp_FabricNodeOUs) throws(IdentityError) -> NodeOUs {
        NodeOUs(
            isEnabled: message.enable,
            client: message.hasClientOuIdentifier ? try self.unit(message.clientOuIdentifier) : nil,
            peer: message.hasPeerOuIdentifier ? try self.unit(message.peerOuIdentifier) : nil,
            admin: message.hasAdminOuIdentifier ? try self.unit(message.adminOuIdentifier) : nil,
            orderer: message.hasOrdererOuIdentifier ? try self.unit(message.ordererOuIdentifier) : nil)
    }
}
