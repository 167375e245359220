internal import Crypto
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

/// An X.509 certificate, parsed once; equal to another when the DER is the same, byte for byte.
///
/// The DER given is kept and never re-encoded. Everything is read at `init`, and a copy is one reference.
package struct Certificate: Sendable, Hashable, CustomStringConvertible {
    /// All that was read; immutable.
    private final class Storage: Sendable {
        let der: [UInt8]
        let sha256: [UInt8]
        let fields: CertificateFields
        let signed: SignedStructure
        let parsed: X509.Certificate
        let publicKey: CryptoPrimitives.PublicKey
        let subject: SubjectNames
        let notBefore: Int64
        let notAfter: Int64
        let extensions: CertificateExtensions

        init(der: [UInt8]) throws {
            let root = try DER.parse(der)
            self.der = der
            sha256 = SHA256.hash(der)
            (signed, fields) = try SignedStructure.read(root) { try CertificateFields($0, algorithmDER: $1) }
            publicKey = try CryptoPrimitives.PublicKey(spkiDER: fields.publicKeyDER)
            parsed = try X509.Certificate(derEncoded: root)
            subject = SubjectNames(parsed.subject)
            notBefore = Int64(parsed.notValidBefore.timeIntervalSince1970)
            notAfter = Int64(parsed.notValidAfter.timeIntervalSince1970)
            extensions = try CertificateExtensions(parsed.extensions)
        }
    }

    private let storage: Storage

    /// Reads the first PEM block as Go's `pem.Decode` would find it; it must be a CERTIFICATE. Text before and after it is skipped.
    package init(pem: [UInt8]) throws(CryptoError) {
        guard let block = try PEM.first(pem) else { throw .malformed(item: "certificate", reason: "the text has no PEM block") }
        guard block.label == "CERTIFICATE" else {
            throw .malformed(item: "certificate", reason: "the first PEM block is of another type")
        }
        try self.init(der: block.der)
    }

    /// Reads strict DER. Throws `unsupported` for a public key that is not P-256, P-384 or Ed25519, `malformed` for the rest.
    package init(der: [UInt8]) throws(CryptoError) {
        guard der.count <= Limits.certificateBytes else {
            throw .tooLarge(item: "certificate", limit: Limits.certificateBytes, found: der.count, unit: "bytes")
        }
        guard DERElements.arePlain(in: der) else {
            throw .malformed(item: "certificate", reason: "it has more elements than its size explains, or an object identifier of over 64 bytes")
        }
        do {
            storage = try Storage(der: der)
        } catch let error as CryptoError {
            throw error
        } catch StructureError.algorithmsDiffer {
            throw .malformed(item: "certificate", reason: "the signature algorithm under the signature is not the one beside it")
        } catch StructureError.negativeSerialNumber {
            throw .malformed(item: "certificate", reason: "its serial number is negative")
        } catch {
            throw .malformed(item: "certificate", reason: "it is not the DER of an X.509 certificate")
        }
    }

    package var der: [UInt8] { storage.der }
    /// One CERTIFICATE block in the form Fabric writes it.
    package var pem: [UInt8] { Array(PEM.encode(label: "CERTIFICATE", der: der).utf8) }
    /// SHA-256 of the DER.
    package var sha256: [UInt8] { storage.sha256 }
    package var publicKey: CryptoPrimitives.PublicKey { storage.publicKey }
    /// Big-endian, without leading zeros; empty for the number zero.
    package var serialNumber: [UInt8] { storage.fields.serialNumber }
    /// The subject's name as written in the certificate.
    package var subjectDER: [UInt8] { storage.fields.subjectDER }
    /// The issuer's name as written in the certificate.
    package var issuerDER: [UInt8] { storage.fields.issuerDER }
    /// The last common name of the subject, as Go has it; nil when there is none.
    package var subjectCommonName: String? { storage.subject.commonName }
    /// In the order of the certificate.
    package var subjectOrganizationalUnits: [String] { storage.subject.organizationalUnits }
    package var subjectOrganizations: [String] { storage.subject.organizations }
    /// First second of validity, Unix time.
    package var notBefore: Int64 { storage.notBefore }
    /// Last second of validity, Unix time.
    package var notAfter: Int64 { storage.notAfter }

    package var isCertificateAuthority: Bool { storage.extensions.isCertificateAuthority }
    /// Most intermediates below this authority; nil when it sets no bound or is no authority.
    package var pathLength: Int? { storage.extensions.pathLength }
    /// What the key may do; nil when the certificate does not restrict it.
    package var keyUsage: KeyUsages? { storage.extensions.keyUsage }
    /// Dotted object identifiers; empty when the certificate does not restrict its uses.
    package var extendedKeyUsages: [String] { storage.extensions.extendedKeyUsages }
    package var subjectKeyIdentifier: [UInt8]? { storage.extensions.subjectKeyIdentifier }
    package var authorityKeyIdentifier: [UInt8]? { storage.extensions.authorityKeyIdentifier }
    /// DNS names among the subject's alternative names.
    package var dnsNames: [String] { storage.extensions.dnsNames }
    /// Dotted identifiers of critical extensions that nothing here understands; such a certificate must not be trusted (RFC 5280 section 4.2).
    package var unhandledCriticalExtensions: [String] { storage.extensions.unhandledCritical }

    /// The content of an extension, without its OCTET STRING header, by dotted object identifier; nil when absent.
    package func extensionValue(oid: String) -> [UInt8]? { storage.extensions.values[oid] }

    /// Whether the issuer's key made this certificate's signature, with low or high s; names, validity and authority are the caller's to check.
    package func isSigned(by issuer: Certificate) -> Bool {
        issuer.storage.parsed.publicKey.isValidSignature(storage.parsed.signature, for: storage.parsed)
    }

    /// The certificate with its ECDSA signature in low-S form, as Fabric rewrites it before comparing; itself when that is the form it has.
    package func lowSForm(issuer: Certificate) throws(CryptoError) -> Certificate {
        let signature = issuer.publicKey.lowSForm(of: storage.signed.signature)
        guard signature != storage.signed.signature else { return self }
        let der: [UInt8]
        do {
            der = try SignedStructure.encode(
                signedBytes: storage.signed.signedBytes, algorithmDER: storage.signed.algorithmDER, signature: signature)
        } catch {
            throw .operationFailed("rewriting a certificate")
        }
        return try Certificate(der: der)
    }

    /// Whether the key of this certificate signed other bytes with the given algorithm, with low or high s.
    func isSignature(_ signature: [UInt8], over bytes: ArraySlice<UInt8>, algorithm: X509.Certificate.SignatureAlgorithm) -> Bool {
        storage.parsed.publicKey.isValidSignature(signature, for: bytes, signatureAlgorithm: algorithm)
    }

    /// The library's form, for issuing.
    var parsed: X509.Certificate { storage.parsed }

    package static func == (left: Certificate, right: Certificate) -> Bool {
        left.storage === right.storage || left.der == right.der
    }

    package func hash(into hasher: inout Swift.Hasher) { hasher.combine(sha256) }

    package var description: String { "certificate \(Base16.encode(Array(sha256.prefix(8))))" }
}

/// The uses of a key (RFC 5280 section 4.2.1.3) that this system looks at.
package struct KeyUsages: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let digitalSignature = KeyUsages(rawValue: 1 << 0)
    package static let keyEncipherment = KeyUsages(rawValue: 1 << 1)
    package static let keyAgreement = KeyUsages(rawValue: 1 << 2)
    package static let certificateSigning = KeyUsages(rawValue: 1 << 3)
    package static let revocationListSigning = KeyUsages(rawValue: 1 << 4)
}
