import CryptoPrimitives
import Foundation
import Identity
import LedgerModel

/// Who calls: an organisation's certificate, with its private key unless somebody else signs.
public struct ClientIdentity: Sendable, CustomStringConvertible {
    /// The organisation's name on the network.
    public let mspID: String
    /// The bytes that name this identity in messages.
    package let serialized: [UInt8]
    /// Nil when signatures are made elsewhere.
    package let signer: SigningIdentity?
    private let name: String

    /// An identity whose private key is here.
    ///
    /// - Parameters:
    ///   - certificate: PEM.
    ///   - privateKey: PEM, PKCS#8 or SEC1, not encrypted.
    /// - Throws: `ClientIdentityError` when one of them cannot be read or they are no pair.
    public init(mspID: String, certificate: String, privateKey: String) throws(ClientIdentityError) {
        let read = try Self.certificate(Array(certificate.utf8), from: "the certificate")
        let key: SigningKey
        do {
            key = try SigningKey(pem: privateKey)
        } catch {
            throw .unreadable(item: "the private key", reason: error.description)
        }
        try self.init(mspID: mspID, read, key)
    }

    /// An identity that signs somewhere else; it can propose, and send what was signed.
    ///
    /// - Parameter certificate: PEM.
    public init(mspID: String, certificate: String) throws(ClientIdentityError) {
        let read = try Self.certificate(Array(certificate.utf8), from: "the certificate")
        self.mspID = mspID
        self.serialized = SerializedIdentity.bytes(mspID: MSPID(mspID), certificate: read)
        self.signer = nil
        self.name = read.subjectCommonName ?? "no name"
    }

    /// Reads a folder as Fabric's tools lay it out: `signcerts` with the certificate, `keystore` with the private key.
    ///
    /// A folder that has such a folder `msp` in it does as well.
    public init(mspID: String, mspFolder: String) throws(ClientIdentityError) {
        let folder = FileManager.default.fileExists(atPath: mspFolder + "/msp/signcerts") ? mspFolder + "/msp" : mspFolder
        guard let first = try ClientFile.all(in: folder + "/signcerts").first else { throw .noCertificate(folder: folder + "/signcerts") }
        let certificate = try Self.certificate(first.bytes, from: first.path)
        // A key store may hold the keys of former certificates too.
        for file in try ClientFile.all(in: folder + "/keystore") {
            guard let key = try? SigningKey(pem: String(decoding: file.bytes, as: UTF8.self)), key.publicKey == certificate.publicKey else {
                continue
            }
            try self.init(mspID: mspID, certificate, key)
            return
        }
        throw .noKey(folder: folder + "/keystore")
    }

    private init(mspID: String, _ certificate: Certificate, _ key: SigningKey) throws(ClientIdentityError) {
        do {
            self.init(try SigningIdentity(mspID: MSPID(mspID), certificate: certificate, key: key))
        } catch {
            throw .noPair
        }
    }

    package init(_ signer: SigningIdentity) {
        self.mspID = signer.mspID.text
        self.serialized = signer.serialized
        self.signer = signer
        self.name = signer.certificate.subjectCommonName ?? "no name"
    }

    private static func certificate(_ pem: [UInt8], from item: String) throws(ClientIdentityError) -> Certificate {
        do {
            return try Certificate(pem: pem)
        } catch {
            throw .unreadable(item: item, reason: error.description)
        }
    }

    /// Signs bytes: ECDSA over their SHA-256, DER, low S.
    ///
    /// - Throws: `ClientIdentityError.cannotSign` when the private key is not here.
    public func sign(_ bytes: [UInt8]) throws(ClientIdentityError) -> [UInt8] {
        guard let signer else { throw .cannotSign(self.description) }
        do {
            return try signer.sign(bytes)
        } catch {
            throw .unreadable(item: "the private key", reason: error.description)
        }
    }

    /// Organisation and name; nothing of the key.
    public var description: String { "\(self.mspID)/\(self.name)" }
}

/// Why an identity cannot be used.
public enum ClientIdentityError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A certificate or key is not one.
    case unreadable(item: String, reason: String)
    /// There is no such folder, or it cannot be read.
    case noFolder(String)
    /// A folder holds no certificate.
    case noCertificate(folder: String)
    /// A folder holds no key that belongs to the certificate.
    case noKey(folder: String)
    /// Certificate and key do not belong together.
    case noPair
    /// The private key is not in this process.
    case cannotSign(String)

    /// What is wrong, with what, and what to do.
    public var description: String {
        switch self {
        case .unreadable(let item, let reason): "\(item) cannot be used: \(reason)"
        case .noFolder(let folder): "\(folder): there is no such folder; name the MSP folder of a user, with signcerts and keystore in it"
        case .noCertificate(let folder): "\(folder): there is no certificate; name the MSP folder of a user"
        case .noKey(let folder): "\(folder): there is no private key that belongs to the certificate in signcerts"
        case .noPair: "the private key does not belong to the certificate: give the pair that was issued together"
        case .cannotSign(let name): "\(name) has no private key here: sign the digests elsewhere, or give the key"
        }
    }
}

/// Small files that a client reads.
enum ClientFile {
    /// No certificate, key or profile is longer.
    private static let limit = 1 << 20

    /// The files of a folder with their paths, by name.
    static func all(in folder: String) throws(ClientIdentityError) -> [(path: String, bytes: [UInt8])] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { throw .noFolder(folder) }
        var files: [(path: String, bytes: [UInt8])] = []
        for name in names.sorted() where !name.hasPrefix(".") {
            if let bytes = self.read("\(folder)/\(name)") { files.append(("\(folder)/\(name)", bytes)) }
        }
        return files
    }

    /// Nil for a file that is not there, is no file, or is too long.
    static func read(_ path: String) -> [UInt8]? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: Self.limit + 1), data.count <= Self.limit else { return nil }
        return [UInt8](data)
    }
}
