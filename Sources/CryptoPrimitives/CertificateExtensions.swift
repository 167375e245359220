internal import SwiftASN1
internal import X509

/// The names of a certificate's subject that decide what it may do.
struct SubjectNames: Sendable {
    var commonName: String?
    var organizations: [String] = []
    var organizationalUnits: [String] = []

    /// Values in encodings other than printable, UTF-8 and IA5 text are not seen: Fabric's tools write none.
    init(_ name: DistinguishedName) {
        for part in name {
            for attribute in part {
                guard let value = String(attribute.value) else { continue }
                switch attribute.type {
                case .RDNAttributeType.commonName: commonName = value
                case .RDNAttributeType.organizationName: organizations.append(value)
                case .RDNAttributeType.organizationalUnitName: organizationalUnits.append(value)
                default: break
                }
            }
        }
    }
}

/// A certificate's extensions, decoded.
struct CertificateExtensions: Sendable {
    private(set) var values: [String: [UInt8]] = [:]
    private(set) var unhandledCritical: [String] = []
    private(set) var isCertificateAuthority = false
    private(set) var pathLength: Int?
    private(set) var keyUsage: KeyUsages?
    private(set) var extendedKeyUsages: [String] = []
    private(set) var subjectKeyIdentifier: [UInt8]?
    private(set) var authorityKeyIdentifier: [UInt8]?
    private(set) var dnsNames: [String] = []

    private static let understood: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
        .X509ExtensionID.subjectKeyIdentifier, .X509ExtensionID.authorityKeyIdentifier, .X509ExtensionID.subjectAlternativeName,
    ]

    /// Throws when an extension that it understands cannot be decoded.
    init(_ extensions: X509.Certificate.Extensions) throws {
        for item in extensions {
            let oid = item.oid.description
            values[oid] = Array(item.value)
            if item.critical, !Self.understood.contains(item.oid) { unhandledCritical.append(oid) }
        }
        if case .isCertificateAuthority(let length) = try extensions.basicConstraints {
            isCertificateAuthority = true
            pathLength = length
        }
        keyUsage = try extensions.keyUsage.map { usage in
            var result: KeyUsages = []
            if usage.digitalSignature { result.insert(.digitalSignature) }
            if usage.keyEncipherment { result.insert(.keyEncipherment) }
            if usage.keyAgreement { result.insert(.keyAgreement) }
            if usage.keyCertSign { result.insert(.certificateSigning) }
            if usage.cRLSign { result.insert(.revocationListSigning) }
            return result
        }
        extendedKeyUsages = try extensions.extendedKeyUsage?.map { ASN1ObjectIdentifier($0).description } ?? []
        subjectKeyIdentifier = try extensions.subjectKeyIdentifier.map { Array($0.keyIdentifier) }
        authorityKeyIdentifier = try extensions.authorityKeyIdentifier?.keyIdentifier.map { Array($0) }
        dnsNames =
            try extensions.subjectAlternativeNames?.compactMap { name in
                if case .dnsName(let text) = name { text } else { nil }
            } ?? []
    }
}
