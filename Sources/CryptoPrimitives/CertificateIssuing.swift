internal import Crypto
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

/// Who a certificate is for; empty parts are left out.
package struct CertificateSubject: Hashable, Sendable {
    package var commonName: String
    package var organizationalUnits: [String]
    package var organization: String
    package var country: String

    package init(commonName: String, organizationalUnits: [String] = [], organization: String = "", country: String = "") {
        self.commonName = commonName
        self.organizationalUnits = organizationalUnits
        self.organization = organization
        self.country = country
    }
}

/// What an issued key is for. Identities sign and carry no extended usage; connections need one of the TLS usages.
package struct CertificateUsages: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let digitalSignature = CertificateUsages(rawValue: 1 << 0)
    package static let tlsServer = CertificateUsages(rawValue: 1 << 1)
    package static let tlsClient = CertificateUsages(rawValue: 1 << 2)
    package static let tls: CertificateUsages = [.tlsServer, .tlsClient]
}

/// A certificate authority in its smallest form; certificates have the shape that Fabric's own tools give them, and low-S signatures.
///
/// Key identifiers are SHA-256 of the uncompressed point. Serial numbers and times are the caller's, so issuing needs no clock.
package enum CertificateIssuing {
    /// Times a certificate can carry: 1970 to the end of 9999, Unix seconds.
    private static let times: ClosedRange<Int64> = 0...253_402_300_799

    /// A root: its own issuer, allowed to sign certificates and revocation lists.
    package static func selfSignedAuthority(
        commonName: String, organization: String, country: String = "", key: SigningKey, serial: [UInt8], notBefore: Int64, notAfter: Int64,
        pathLength: Int? = nil
    ) throws(CryptoError) -> Certificate {
        let subject = CertificateSubject(commonName: commonName, organization: organization, country: country)
        return try build(
            subject: subject, issuer: nil, publicKey: key.publicKey, signer: key, serial: serial, validity: (notBefore, notAfter),
            extensions: { () throws in try authorityExtensions(key.publicKey, pathLength: pathLength, issuer: nil) })
    }

    /// An intermediate authority below another.
    package static func intermediateAuthority(
        subject: CertificateSubject, publicKey: CryptoPrimitives.PublicKey, authority: Certificate, authorityKey: SigningKey, serial: [UInt8],
        notBefore: Int64, notAfter: Int64, pathLength: Int? = nil
    ) throws(CryptoError) -> Certificate {
        try build(
            subject: subject, issuer: authority, publicKey: publicKey, signer: authorityKey, serial: serial, validity: (notBefore, notAfter),
            extensions: { () throws in try authorityExtensions(publicKey, pathLength: pathLength, issuer: authority) })
    }

    /// A certificate for a member, node or connection. A DNS name that is four decimal bytes with dots is written as an IP address.
    package static func issue(
        subject: CertificateSubject, publicKey: CryptoPrimitives.PublicKey, dnsNames: [String] = [],
        usages: CertificateUsages = .digitalSignature, authority: Certificate, authorityKey: SigningKey, serial: [UInt8], notBefore: Int64,
        notAfter: Int64
    ) throws(CryptoError) -> Certificate {
        try build(
            subject: subject, issuer: authority, publicKey: publicKey, signer: authorityKey, serial: serial, validity: (notBefore, notAfter),
            extensions: { () throws in try memberExtensions(publicKey, dnsNames: dnsNames, usages: usages, issuer: authority) })
    }

    private static func build(
        subject: CertificateSubject, issuer: Certificate?, publicKey: CryptoPrimitives.PublicKey, signer: SigningKey, serial: [UInt8],
        validity: (notBefore: Int64, notAfter: Int64), extensions: () throws -> X509.Certificate.Extensions
    ) throws(CryptoError) -> Certificate {
        try check(serial: serial, validity: validity)
        if let issuer, issuer.publicKey != signer.publicKey {
            throw .malformed(item: "authority", reason: "its certificate and its private key do not belong together")
        }
        let der: [UInt8]
        do {
            let name = try distinguishedName(subject)
            let certificate = try X509.Certificate(
                version: .v3, serialNumber: .init(bytes: serial), publicKey: .init(derEncoded: publicKey.spkiDER),
                notValidBefore: Date(timeIntervalSince1970: Double(validity.notBefore)),
                notValidAfter: Date(timeIntervalSince1970: Double(validity.notAfter)), issuer: issuer?.parsed.subject ?? name, subject: name,
                signatureAlgorithm: .ecdsaWithSHA256, extensions: try extensions(), issuerPrivateKey: .init(signer.libraryKey))
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            der = serializer.serializedBytes
        } catch {
            throw .malformed(item: "certificate request", reason: "its names, key or usages cannot be written in a certificate")
        }
        let certificate = try Certificate(der: der)
        if let issuer, certificate.issuerDER != issuer.subjectDER {
            throw .unsupported(item: "authority", reason: "its name is not in the encoding that DER prescribes")
        }
        return try certificate.lowSForm(issuer: issuer ?? certificate)
    }

    private static func check(serial: [UInt8], validity: (notBefore: Int64, notAfter: Int64)) throws(CryptoError) {
        guard (1...20).contains(serial.count), serial.contains(where: { $0 != 0 }) else {
            throw .malformed(item: "serial number", reason: "it must have 1 to 20 bytes and not be zero")
        }
        guard times.contains(validity.notBefore), times.contains(validity.notAfter), validity.notBefore <= validity.notAfter else {
            throw .malformed(item: "validity", reason: "it must be two times in order, from 1970 to 9999")
        }
    }

    private static func distinguishedName(_ subject: CertificateSubject) throws -> DistinguishedName {
        var attributes: [RelativeDistinguishedName.Attribute] = []
        if !subject.country.isEmpty { attributes.append(try .init(type: .RDNAttributeType.countryName, printableString: subject.country)) }
        if !subject.organization.isEmpty {
            attributes.append(.init(type: .RDNAttributeType.organizationName, utf8String: subject.organization))
        }
        for unit in subject.organizationalUnits {
            attributes.append(.init(type: .RDNAttributeType.organizationalUnitName, utf8String: unit))
        }
        attributes.append(.init(type: .RDNAttributeType.commonName, utf8String: subject.commonName))
        return try DistinguishedName(attributes)
    }
}
