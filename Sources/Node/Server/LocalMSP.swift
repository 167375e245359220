import ConfigurationText
import CryptoPrimitives
import Identity
import Ledger
import LedgerModel

/// Who a node is, from a folder in Fabric's layout: its signing identity, and the organisation that vouches for it.
///
///     signcerts/   the node's certificate          cacerts/, intermediatecerts/        who issues identities
///     keystore/    its private key                 tlscacerts/, tlsintermediatecerts/  who issues certificates of connections
///     config.yaml  roles by organisational unit    admincerts/, crls/                  administrators by certificate, revocation lists
package struct LocalMSP: Sendable {
    package let identity: SigningIdentity
    package let configuration: MSPConfiguration
    /// The organisation alone.
    package let membership: MembershipService

    /// - Parameter now: By which the node's certificate must be valid.
    package init(folder: String, mspID: MSPID, now: Timestamp) throws(NodeConfigurationError) {
        let reader = MSPFolderReader(folder: folder)
        let certificates = try reader.certificates("signcerts")
        guard let own = certificates.first else {
            throw .unreadable(file: folder + "/signcerts", key: "msp", reason: "no certificate is there; put the node's own into it")
        }
        guard now <= Timestamp(seconds: own.value.notAfter) else {
            throw .certificateOutOfTime(
                file: own.path, key: "msp",
                reason: "the certificate has been over since \(own.value.notAfter) (seconds since 1970): enroll the node again")
        }
        // A key store may hold the keys of former certificates too.
        let key = try reader.files("keystore").lazy.compactMap { try? SigningKey(pem: String(decoding: $0.bytes, as: UTF8.self)) }
            .first { $0.publicKey == own.value.publicKey }
        guard let key else {
            throw .unreadable(file: folder + "/keystore", key: "msp", reason: "no private key here belongs to \(own.path)")
        }
        var configuration = MSPConfiguration(name: mspID, roots: try reader.certificates("cacerts").map(\.value))
        guard !configuration.roots.isEmpty else {
            throw .unreadable(file: folder + "/cacerts", key: "msp", reason: "no certificate is there; put the organisation's root into it")
        }
        configuration.intermediates = try reader.certificates("intermediatecerts").map(\.value)
        configuration.admins = try reader.certificates("admincerts").map(\.value)
        configuration.revocationLists = try reader.files("crls").map(\.bytes)
        configuration.tlsRoots = try reader.certificates("tlscacerts").map(\.value)
        configuration.tlsIntermediates = try reader.certificates("tlsintermediatecerts").map(\.value)
        configuration.nodeOUs = try reader.nodeOUs()
        self.configuration = configuration
        do {
            self.identity = try SigningIdentity(mspID: mspID, certificate: own.value, key: key)
            self.membership = try MembershipService([configuration], supportsEd25519: true)
            _ = try self.membership.identity(self.identity.serialized)
        } catch {
            throw .unreadable(file: folder, key: "msp", reason: "the organisation does not vouch for the node's certificate: \(error)")
        }
    }
}

/// The files of an MSP folder.
private struct MSPFolderReader {
    let folder: String

    /// The files of a folder in it, by name; empty when there is no such folder.
    func files(_ name: String) throws(NodeConfigurationError) -> [(path: String, bytes: [UInt8])] {
        let path = self.folder + "/" + name
        let names: [String]
        do {
            names = try SystemFiles().list(path)
        } catch {
            if error.isMissing { return [] }
            throw .unreadable(file: path, key: "msp", reason: "\(error)")
        }
        var files: [(path: String, bytes: [UInt8])] = []
        for name in names where !name.hasPrefix(".") {
            let file = path + "/" + name
            do {
                guard let bytes = try HostFiles.read(file, limit: NodeLimits.nodeFileBytes) else { continue }
                files.append((file, bytes))
            } catch {
                throw .unreadable(file: file, key: "msp", reason: error.reason)
            }
        }
        return files
    }

    func certificates(_ name: String) throws(NodeConfigurationError) -> [(path: String, value: Certificate)] {
        var certificates: [(path: String, value: Certificate)] = []
        for file in try self.files(name) {
            do {
                certificates.append((file.path, try Certificate(pem: file.bytes)))
            } catch {
                throw .unreadable(file: file.path, key: "msp", reason: "it is no certificate: \(error)")
            }
        }
        return certificates
    }

    /// `NodeOUs` of config.yaml; nil without the file or the key.
    func nodeOUs() throws(NodeConfigurationError) -> NodeOUs? {
        let path = self.folder + "/config.yaml"
        let document: TextNode
        do {
            guard let bytes = try HostFiles.read(path, limit: NodeLimits.nodeFileBytes) else { return nil }
            document = try YAMLReader.document(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .unreadable(file: path, key: "msp", reason: "\(error)")
        }
        guard let units = document["NodeOUs"] else { return nil }
        func unit(_ key: String) throws(NodeConfigurationError) -> OrganizationalUnitIdentifier? {
            guard let entry = units[key], let name = entry["OrganizationalUnitIdentifier"]?.scalar, !name.utf8.isEmpty else { return nil }
            guard let file = entry["Certificate"]?.scalar, !file.utf8.isEmpty else { return OrganizationalUnitIdentifier(name: name) }
            let certificate = self.folder + "/" + file
            do {
                guard let bytes = try HostFiles.read(certificate, limit: NodeLimits.nodeFileBytes) else {
                    throw HostFileError(path: certificate, reason: "there is no such file, and \(path) names it")
                }
                return OrganizationalUnitIdentifier(name: name, certificate: try Certificate(pem: bytes))
            } catch {
                throw .unreadable(file: certificate, key: "msp", reason: "\(error)")
            }
        }
        let isEnabled = units["Enable"]?.scalar.map { $0.utf8.elementsEqual("true".utf8) } ?? false
        return NodeOUs(
            isEnabled: isEnabled, client: try unit("ClientOUIdentifier"), peer: try unit("PeerOUIdentifier"),
            admin: try unit("AdminOUIdentifier"), orderer: try unit("OrdererOUIdentifier"))
    }
}
