import CryptoPrimitives
import Foundation
import Identity
import LedgerModel

/// What one member's process finds in the folder of a test network: `genesis.block`, and below its number its keys, its place and its data.
package struct MemberFolder: Sendable {
    /// How many blocks a transaction is not ordered again in; short, so that even short stories reach beyond it.
    package static let replayBlocks = 10

    package let genesis: [UInt8]
    package let identity: SigningIdentity
    package let tlsCertificate: [UInt8]
    package let tlsKey: [UInt8]
    /// Where it listens.
    package let listen: String
    package let port: Int
    /// Its own folder.
    package let data: String

    package init(of number: UInt32, in folder: String) throws {
        let own = folder + "/\(number)"
        func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: own + "/" + name))) }
        func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
        self.genesis = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/genesis.block")))
        self.identity = try SigningIdentity(
            mspID: MSPID(try text("msp-id")), certificate: Certificate(pem: try bytes("identity.pem")), key: SigningKey(pem: try text("identity.key"))
        )
        self.tlsCertificate = try bytes("tls.pem")
        self.tlsKey = try bytes("tls.key")
        let place = try text("listen").split(separator: " ")
        self.listen = String(place.first ?? "")
        self.port = Int(place.last ?? "") ?? 0
        self.data = own + "/data"
    }

    /// Writes the folder of a whole network.
    ///
    /// - Parameter listen: The address at which a member listens.
    package static func write(_ network: PortedCommittee, to folder: String, listen: (UInt32) -> String = { _ in "127.0.0.1" }) throws {
        func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + path)) }
        try write(network.genesis.serialized(), "genesis.block")
        for member in network.members {
            try FileManager.default.createDirectory(atPath: folder + "/\(member.id)/data", withIntermediateDirectories: true)
            try write(Array(member.identity.mspID.text.utf8), "\(member.id)/msp-id")
            try write(member.identity.certificate.pem, "\(member.id)/identity.pem")
            try write(Array(member.key.pem.utf8), "\(member.id)/identity.key")
            try write(member.tls.certificate.pem, "\(member.id)/tls.pem")
            try write(Array(member.tls.keyPEM.utf8), "\(member.id)/tls.key")
            try write(Array("\(listen(member.id)) \(member.port)".utf8), "\(member.id)/listen")
        }
    }
}
