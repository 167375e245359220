import CryptoPrimitives

extension DevelopmentAuthority {
    /// The organisation's folder in the layout that Fabric's tools write and read, private keys included.
    ///
    ///     peerOrganizations/<domain>/ or ordererOrganizations/<domain>/
    ///       ca/, tlsca/                 authority certificate and priv_sk
    ///       msp/                        cacerts, tlscacerts, config.yaml: what the channel configuration holds
    ///       peers/, orderers/<name>/     msp/ (with keystore and signcerts) and tls/ (ca.crt, server.crt, server.key)
    ///       users/<name>@<domain>/      msp/ and tls/ (ca.crt, client.crt, client.key)
    package func cryptogenFolder() -> FileTree {
        let base = "\(self.organization.kind == .peer ? "peer" : "orderer")Organizations/\(self.organization.domain)"
        var tree = FileTree()
        tree.add("\(base)/ca/\(self.caFile)", self.root.pem)
        tree.add("\(base)/ca/priv_sk", self.keyPEMs.identities, isSecret: true)
        tree.add("\(base)/tlsca/\(self.tlsFile)", self.tlsRoot.pem)
        tree.add("\(base)/tlsca/priv_sk", self.keyPEMs.tls, isSecret: true)
        tree.add(self.verificationFolder(at: "\(base)/msp"))
        for issued in self.issued {
            let isNode = issued.role == .peer || issued.role == .orderer
            let kind = isNode ? (issued.role == .peer ? "peers" : "orderers") : "users"
            let folder = "\(base)/\(kind)/\(issued.name)"
            let tlsName = isNode ? "server" : "client"
            tree.add(self.verificationFolder(at: "\(folder)/msp"))
            tree.add("\(folder)/msp/signcerts/\(issued.name)-cert.pem", issued.identity.certificate.pem)
            tree.add("\(folder)/msp/keystore/priv_sk", issued.identity.keyPEM, isSecret: true)
            tree.add("\(folder)/tls/ca.crt", self.tlsRoot.pem)
            tree.add("\(folder)/tls/\(tlsName).crt", issued.tls.certificate.pem)
            tree.add("\(folder)/tls/\(tlsName).key", issued.tls.keyPEM, isSecret: true)
        }
        return tree
    }

    private var caFile: String { "ca.\(self.organization.domain)-cert.pem" }
    private var tlsFile: String { "tlsca.\(self.organization.domain)-cert.pem" }

    /// What is needed to judge the organisation's members: no secret in it.
    private func verificationFolder(at folder: String) -> FileTree {
        var tree = FileTree()
        tree.add("\(folder)/cacerts/\(self.caFile)", self.root.pem)
        tree.add("\(folder)/tlscacerts/\(self.tlsFile)", self.tlsRoot.pem)
        tree.add("\(folder)/config.yaml", self.roleConfiguration)
        return tree
    }

    /// The YAML that tells roles by organisational unit.
    private var roleConfiguration: String {
        var text = "NodeOUs:\n    Enable: true\n"
        for (title, role) in [("Client", NodeRole.client), ("Peer", .peer), ("Admin", .admin), ("Orderer", .orderer)] {
            text += "    \(title)OUIdentifier:\n        Certificate: cacerts/\(self.caFile)\n"
            text += "        OrganizationalUnitIdentifier: \(role.organizationalUnit)\n"
        }
        return text
    }
}
