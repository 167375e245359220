import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// A member of the ordering committee as the channel configuration names it (`common.Consenter`).
package struct Consenter: Hashable, Sendable {
    /// The number under which it signs blocks.
    package var id: UInt32
    package var host: String
    package var port: UInt32
    package var mspID: MSPID
    /// Its signing certificate as PEM, exactly as configured.
    package var identity: [UInt8]
    package var clientTLSCertificate: [UInt8]
    package var serverTLSCertificate: [UInt8]

    package init(
        id: UInt32, host: String, port: UInt32, mspID: MSPID, identity: [UInt8], clientTLSCertificate: [UInt8] = [],
        serverTLSCertificate: [UInt8] = []
    ) {
        self.id = id
        self.host = host
        self.port = port
        self.mspID = mspID
        self.identity = identity
        self.clientTLSCertificate = clientTLSCertificate
        self.serverTLSCertificate = serverTLSCertificate
    }

    /// The identity bytes that its block signatures are checked under.
    package var serializedIdentity: [UInt8] { SerializedIdentity.bytes(mspID: self.mspID, pem: self.identity) }

    init(message: Common_Consenter) {
        self.init(
            id: message.id, host: message.host, port: message.port, mspID: MSPID(message.mspID), identity: message.identity.byteArray,
            clientTLSCertificate: message.clientTlsCert.byteArray, serverTLSCertificate: message.serverTlsCert.byteArray)
    }

    /// The bytes of the value Orderers (`common.Orderers`).
    static func mapping(_ consenters: [Consenter]) -> [UInt8] {
        var message = Common_Orderers()
        message.consenterMapping = consenters.map { $0.message() }
        return message.encoded()
    }

    func message() -> Common_Consenter {
        var message = Common_Consenter()
        message.id = self.id
        message.host = self.host
        message.port = self.port
        message.mspID = self.mspID.text
        message.identity = self.identity.data
        message.clientTlsCert = self.clientTLSCertificate.data
        message.serverTlsCert = self.serverTLSCertificate.data
        return message
    }
}

/// How many of n committee members may be faulty, and how many must agree. One quorum everywhere: voting, validation, light clients.
package enum CommitteeQuorum {
    /// f = floor((n - 1) / 3).
    package static func faults(of count: Int) -> Int { max(0, (count - 1) / 3) }

    /// n - f.
    package static func size(of count: Int) -> Int { count - faults(of: count) }

    /// The policy BlockValidation: signatures of a quorum of exactly these certificates.
    package static func policy(of consenters: [Consenter]) throws(PolicyError) -> SignaturePolicy {
        try SignaturePolicy(
            count: Int32(clamping: size(of: consenters.count)),
            of: consenters.map { .identity(IdentityPrincipal(serialized: $0.serializedIdentity)) })
    }
}
