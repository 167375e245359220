import FabricMessages
import LedgerModel

extension Msp_FabricMSPConfig: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.text("name", &self.name)
        try fields.bytes("root_certs", &self.rootCerts)
        try fields.bytes("intermediate_certs", &self.intermediateCerts)
        // Units name the authority that certifies them, which is nearly always one of these.
        fields.references =
            self.rootCerts.enumerated().map { ("root_certs[\($0)]", $1.byteArray) }
            + self.intermediateCerts.enumerated().map { ("intermediate_certs[\($0)]", $1.byteArray) }
        try fields.bytes("admins", &self.admins)
        try fields.bytes("revocation_list", &self.revocationList)
        try fields.messages("organizational_unit_identifiers", &self.organizationalUnitIdentifiers)
        var crypto = self.hasCryptoConfig ? self.cryptoConfig : nil
        try fields.message("crypto_config", &crypto)
        if let crypto { self.cryptoConfig = crypto }
        try fields.bytes("tls_root_certs", &self.tlsRootCerts)
        try fields.bytes("tls_intermediate_certs", &self.tlsIntermediateCerts)
        var units = self.hasFabricNodeOus ? self.fabricNodeOus : nil
        try fields.message("fabric_node_ous", &units)
        if let units { self.fabricNodeOus = units }
    }
}

extension Msp_FabricCryptoConfig: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.text("signature_hash_family", &self.signatureHashFamily)
        try fields.text("identity_identifier_hash_function", &self.identityIdentifierHashFunction)
    }
}

extension Msp_FabricOUIdentifier: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.text("organizational_unit_identifier", &self.organizationalUnitIdentifier)
        try fields.reference("certificate", &self.certificate)
    }
}

extension Msp_FabricNodeOUs: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.flag("enable", &self.enable)
        var client = self.hasClientOuIdentifier ? self.clientOuIdentifier : nil
        try fields.message("client_ou_identifier", &client)
        if let client { self.clientOuIdentifier = client }
        var peer = self.hasPeerOuIdentifier ? self.peerOuIdentifier : nil
        try fields.message("peer_ou_identifier", &peer)
        if let peer { self.peerOuIdentifier = peer }
        var admin = self.hasAdminOuIdentifier ? self.adminOuIdentifier : nil
        try fields.message("admin_ou_identifier", &admin)
        if let admin { self.adminOuIdentifier = admin }
        var orderer = self.hasOrdererOuIdentifier ? self.ordererOuIdentifier : nil
        try fields.message("orderer_ou_identifier", &orderer)
        if let orderer { self.ordererOuIdentifier = orderer }
    }
}

/// The addresses of an organisation's peers, as `host:port`.
extension Protos_AnchorPeers: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        guard fields.isReading else {
            var peers = self.anchorPeers.map { "\($0.host):\($0.port)" }
            return try fields.texts("anchor_peers", &peers)
        }
        self.anchorPeers = []
        for item in try fields.items("anchor_peers") {
            guard let text = item.scalar, let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
                let port = Int32(text[text.utf8.index(after: colon)...])
            else { throw fields.wrong("anchor_peers", item, "expected an address such as peer0.org1.example:7051") }
            var peer = Protos_AnchorPeer()
            peer.host = String(text[..<colon])
            peer.port = port
            self.anchorPeers.append(peer)
        }
    }
}
