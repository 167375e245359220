import ChannelConfiguration
import CryptoPrimitives
import Foundation
import Identity
import LedgerModel
import Node

/// Someone who signs, from a folder as Fabric's tools lay it out: `signcerts` with the certificate, `keystore` with the private key.
struct MSPFolder {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// As given: `DIR`, or `MSPID=DIR` where nothing tells the organisation.
    let argument: String

    /// The signer; its organisation is the one of the channel that vouches for the certificate, unless the argument names it.
    func signer(in bundle: ChannelBundle?) throws -> SigningIdentity {
        let (name, path) = self.parts
        let folder = FileManager.default.fileExists(atPath: path + "/msp/signcerts") ? path + "/msp" : path
        guard let pem = try self.files(folder + "/signcerts").first else { throw Problem(description: "\(folder)/signcerts: there is no file") }
        let certificate = try Certificate(pem: pem)
        // A key store may hold the keys of former certificates too.
        let keys = try self.files(folder + "/keystore").compactMap { try? SigningKey(pem: String(decoding: $0, as: UTF8.self)) }
        guard let key = keys.first(where: { $0.publicKey == certificate.publicKey }) else {
            throw Problem(description: "\(folder)/keystore: there is no private key that belongs to the certificate in signcerts")
        }
        let mspID: MSPID
        if let name {
            mspID = MSPID(name)
        } else if let bundle {
            let vouching = bundle.membership.mspIDs.first {
                (try? bundle.membership.identity(SerializedIdentity.bytes(mspID: $0, certificate: certificate))) != nil
            }
            guard let vouching else { throw Problem(description: "\(path): no organisation of the channel vouches for its certificate") }
            mspID = vouching
        } else {
            throw Problem(description: "\(path): give the organisation too, as --sign MSPID=\(path), or the configuration with --on")
        }
        return try SigningIdentity(mspID: mspID, certificate: certificate, key: key)
    }

    private var parts: (name: String?, path: String) {
        guard let equals = self.argument.firstIndex(of: "="), !self.argument[..<equals].contains("/") else { return (nil, self.argument) }
        return (String(self.argument[..<equals]), String(self.argument[self.argument.index(after: equals)...]))
    }

    /// The files of a folder, by name.
    private func files(_ folder: String) throws -> [[UInt8]] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw Problem(description: "\(folder): there is no such folder")
        }
        return names.filter { !$0.hasPrefix(".") }.sorted().compactMap { FileManager.default.contents(atPath: "\(folder)/\($0)").map { [UInt8]($0) } }
    }
}
