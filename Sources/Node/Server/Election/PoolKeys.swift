import CryptoPrimitives
import Glibc
import Identity
import LedgerModel
import Ordering

/// The keys of a pool's institutions and agencies, in the folder of a network that one person made for all of them.
///
///     agencies/authority.key, tabulator.key             the two agencies
///     organizations/ordererOrganizations/ordN.../        an institution; users/delegate@... stands and votes for it
package struct PoolKeys: Sendable {
    private static let authorityFile = "agencies/authority.key"
    private static let tabulatorFile = "agencies/tabulator.key"
    private static let suffix = "MSP"
    private static let keyBytes = 64 << 10

    /// Of the network.
    package let folder: String

    package init(folder: String) { self.folder = folder }

    // MARK: - Made with the network

    static func agencies(_ random: inout some RandomSource) throws(CryptoError) -> AgencyKeys {
        AgencyKeys(authority: try self.key(&random), tabulator: try self.key(&random))
    }

    private static func key(_ random: inout some RandomSource) throws(CryptoError) -> SigningKey {
        // One scalar in 2^32 is none.
        for _ in 0..<16 { if let key = try? SigningKey(rawScalar: random.bytes(count: 32)) { return key } }
        throw .operationFailed("making a key from the random source")
    }

    static func files(of agencies: AgencyKeys) -> FileTree {
        var tree = FileTree()
        tree.add(self.authorityFile, agencies.authority.pem, isSecret: true)
        tree.add(self.tabulatorFile, agencies.tabulator.pem, isSecret: true)
        return tree
    }

    // MARK: - Read again

    /// - Throws: `NodeConfigurationError.unreadable`.
    package func agencies() throws(NodeConfigurationError) -> AgencyKeys {
        AgencyKeys(authority: try self.key(Self.authorityFile), tabulator: try self.key(Self.tabulatorFile))
    }

    /// The institution's domain, as networks are planned: `Ord3MSP` is `ord3.example.com`.
    private static func domain(of institution: MSPID) -> String {
        let name = institution.text.hasSuffix(Self.suffix) ? String(institution.text.dropLast(Self.suffix.count)) : institution.text
        return name.lowercased() + ".example.com"
    }

    private static func home(of institution: MSPID) -> String { "organizations/ordererOrganizations/\(self.domain(of: institution))" }

    /// Who acts for an institution in elections, and signs what it sends.
    package func delegate(of institution: MSPID, now: Timestamp) throws(NodeConfigurationError) -> SigningIdentity {
        let user = "delegate@\(Self.domain(of: institution))"
        return try LocalMSP(folder: "\(self.folder)/\(Self.home(of: institution))/users/\(user)/msp", mspID: institution, now: now).identity
    }

    func administrator(of institution: MSPID, now: Timestamp) throws(NodeConfigurationError) -> SigningIdentity {
        let user = "Admin@\(Self.domain(of: institution))"
        return try LocalMSP(folder: "\(self.folder)/\(Self.home(of: institution))/users/\(user)/msp", mspID: institution, now: now).identity
    }

    /// The pair that the delegate shows on connections.
    func connection(of institution: MSPID) throws(NodeConfigurationError) -> ServerTLS {
        let user = "\(Self.home(of: institution))/users/delegate@\(Self.domain(of: institution))/tls"
        return ServerTLS(certificates: try self.bytes("\(user)/client.crt"), key: try self.bytes("\(user)/client.key"))
    }

    /// The delegate as a player.
    package func player(_ institution: MSPID) throws(NodeConfigurationError) -> PlayedElection.Player {
        let user = "delegate@\(Self.domain(of: institution))"
        return PlayedElection.Player(id: institution, identityKey: try self.key("\(Self.home(of: institution))/users/\(user)/msp/keystore/priv_sk"))
    }

    /// Issues a consensus key for an epoch, and writes the folder of the node that will sign with it.
    ///
    /// - Returns: The new node's name, key and certificate.
    package func makeNode(
        of institution: MSPID, epoch: UInt64, port: Int, adminPort: Int, genesis: String, now: Timestamp
    ) throws -> (folder: String, key: SigningKey, certificate: [UInt8]) {
        let (domain, home) = (Self.domain(of: institution), Self.home(of: institution))
        let organization = OrganizationSpec(mspID: institution, domain: domain, kind: .orderer)
        var authority = try DevelopmentAuthority(
            organization: organization, root: (try self.bytes("\(home)/ca/ca.\(domain)-cert.pem"), try self.text("\(home)/ca/priv_sk")),
            tls: (try self.bytes("\(home)/tlsca/tlsca.\(domain)-cert.pem"), try self.text("\(home)/tlsca/priv_sk")), validity: .decade(from: now))
        var random = SystemRandomSource()
        let (name, key) = (self.unusedName("orderer-epoch\(epoch)", domain), SigningKey.generate())
        let identity = try authority.issue(commonName: name, role: .orderer, hosts: ["localhost", "127.0.0.1"], key: key, random: &random)
        // The authorities' own files are there already.
        var tree = FileTree()
        for file in authority.cryptogenFolder().files where file.path.contains("/\(name)/") {
            tree.add(FileTree.File(path: "organizations/\(file.path)", bytes: file.bytes, isSecret: file.isSecret))
        }
        let root = "../.."
        tree.add(
            "nodes/\(name)/node.yaml",
            """
            # A node for the committee of epoch \(epoch). Start it with: selvage node start --config FILE
            name: \(name)
            mspID: \(institution)
            msp: \(root)/\(home)/orderers/\(name)/msp
            data: data
            listen: 127.0.0.1:\(port)
            address: localhost:\(port)
            tls:
              certificate: \(root)/\(home)/orderers/\(name)/tls/server.crt
              key: \(root)/\(home)/orderers/\(name)/tls/server.key
            roles: [orderer]
            admin:
              listen: 127.0.0.1:\(adminPort)
              clientAuthorities: [\(root)/\(home)/orderers/\(name)/tls/ca.crt]
            channels: [\(root)/\(genesis)]

            """)
        try tree.write(to: self.folder)
        return ("\(self.folder)/nodes/\(name)", key, identity.certificate.pem)
    }

    /// An election that came to nothing has left nodes, which may still run.
    private func unusedName(_ stem: String, _ domain: String) -> String {
        var (name, attempt) = ("\(stem).\(domain)", 1)
        while access("\(self.folder)/nodes/\(name)", F_OK) == 0 {
            attempt += 1
            name = "\(stem)-\(attempt).\(domain)"
        }
        return name
    }

    private func bytes(_ path: String) throws(NodeConfigurationError) -> [UInt8] {
        let file = "\(self.folder)/\(path)"
        let bytes: [UInt8]?
        do {
            bytes = try HostFiles.read(file, limit: Self.keyBytes)
        } catch {
            throw .unreadable(file: file, key: nil, reason: error.reason)
        }
        guard let bytes else { throw .unreadable(file: file, key: nil, reason: "there is no such file; networks with a pool have it") }
        return bytes
    }

    private func text(_ path: String) throws(NodeConfigurationError) -> String { String(decoding: try self.bytes(path), as: UTF8.self) }

    private func key(_ path: String) throws(NodeConfigurationError) -> SigningKey {
        do throws(CryptoError) {
            return try SigningKey(pem: try self.readable(path))
        } catch {
            throw .unreadable(file: "\(self.folder)/\(path)", key: nil, reason: "\(error)")
        }
    }

    private func readable(_ path: String) throws(CryptoError) -> String {
        do {
            return try self.text(path)
        } catch {
            throw .operationFailed("\(error)")
        }
    }
}
