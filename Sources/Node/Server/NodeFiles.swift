import CryptoPrimitives
import LedgerModel
import SelvageClient

/// The files that a node's configuration names, read with errors that say which.
struct NodeFiles {
    let configuration: NodeConfiguration

    func tls(now: Timestamp) throws(NodeConfigurationError) -> ServerTLS? {
        guard let tls = self.configuration.tls else { return nil }
        let certificates = try self.read(tls.certificate, "tls.certificate")
        if let certificate = try? Certificate(pem: certificates), now > Timestamp(seconds: certificate.notAfter) {
            throw .certificateOutOfTime(
                file: tls.certificate, key: "tls.certificate",
                reason: "the certificate has been over since \(certificate.notAfter) (seconds since 1970): issue a new one")
        }
        let authorities = try self.authorities(tls.clientAuthorities, "tls.clientAuthorities")
        return ServerTLS(
            certificates: certificates, key: try self.read(tls.key, "tls.key"),
            clients: authorities.isEmpty ? .requested : .demanded(authorities: authorities))
    }

    /// The same pair for the admin port, which demands a certificate of its own authorities.
    func adminTLS(_ admin: NodeConfiguration.Admin, _ tls: ServerTLS?) throws(NodeConfigurationError) -> ServerTLS? {
        guard var tls else { return nil }
        tls.clients = .demanded(authorities: try self.authorities(admin.clientAuthorities, "admin.clientAuthorities"))
        return tls
    }

    /// The etcd cluster that an ordering node is to use.
    func etcd() throws -> EtcdSettings? {
        guard let etcd = self.configuration.etcd else { return nil }
        var own: ClientTLS.Certificate?
        if let certificate = etcd.certificate, let key = etcd.key {
            own = ClientTLS.Certificate(chain: try self.read(certificate, "etcd.certificate"), key: try self.read(key, "etcd.key"))
        }
        let roots = try self.authorities(etcd.authorities, "etcd.authorities")
        return EtcdSettings(
            endpoints: etcd.endpoints.map { NodeAddress(host: $0.host, port: $0.port) },
            tls: roots.isEmpty ? nil : ClientTLS(roots: roots, certificate: own),
            root: etcd.root, address: NodeAddress(host: etcd.address.host, port: etcd.address.port).description,
            compacts: etcd.compaction == .selvage)
    }

    private func authorities(_ files: [String], _ key: String) throws(NodeConfigurationError) -> [[UInt8]] {
        var authorities: [[UInt8]] = []
        for file in files { authorities.append(try self.read(file, key)) }
        return authorities
    }

    /// The peers of the file, with the authorities that it names for them.
    func peers() throws(NodeConfigurationError) -> [NamedNode] {
        var peers: [NamedNode] = []
        for peer in self.configuration.peers {
            peers.append(NamedNode(address: peer.address, mspID: peer.mspID, roots: try self.authorities(peer.tlsRoots, "peers.tlsRoots")))
        }
        return peers
    }

    func genesisBlocks() throws(NodeConfigurationError) -> [OrderedBlock] {
        var blocks: [OrderedBlock] = []
        for file in self.configuration.genesisFiles {
            let bytes = try self.read(file, "channels", limit: NodeLimits.genesisBytes)
            do {
                let block = try OrderedBlock(serialized: bytes)
                _ = try ChannelFolder.channel(of: block)
                blocks.append(block)
            } catch {
                throw .unreadable(file: file, key: "channels", reason: "\(error)")
            }
        }
        return blocks
    }

    private func read(_ file: String, _ key: String, limit: Int = NodeLimits.nodeFileBytes) throws(NodeConfigurationError) -> [UInt8] {
        do {
            if let bytes = try HostFiles.read(file, limit: limit) { return bytes }
        } catch {
            throw .unreadable(file: file, key: key, reason: error.reason)
        }
        throw .unreadable(file: file, key: key, reason: "there is no such file; name one that is")
    }
}

extension NodeConfiguration {
    /// What the file says about chaincode processes.
    var processSettings: ChaincodeProcesses.Settings {
        var settings = ChaincodeProcesses.Settings()
        settings.takesUnsolicited = self.chaincode.takesUnsolicited != nil
        // A package may be installed on many peers, and its chaincode wait for each at another address.
        settings.templateValues = ["peername": self.name].merging(self.chaincode.values) { $1 }
        return settings
    }
}
