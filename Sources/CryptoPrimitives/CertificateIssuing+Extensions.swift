internal import SwiftASN1
internal import X509

extension CertificateIssuing {
    static func keyIdentifier(_ key: CryptoPrimitives.PublicKey) -> ArraySlice<UInt8> { SHA256.hash(key.x963)[...] }

    static func authorityExtensions(_ key: CryptoPrimitives.PublicKey, pathLength: Int?, issuer: Certificate?) throws -> X509.Certificate.Extensions {
        var extensions: [X509.Certificate.Extension] = [
            try .init(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true), critical: true),
            try .init(BasicConstraints.isCertificateAuthority(maxPathLength: pathLength), critical: true),
            try .init(SubjectKeyIdentifier(keyIdentifier: keyIdentifier(key)), critical: false),
        ]
        if let issuer { extensions.append(try authorityIdentifier(issuer)) }
        return try X509.Certificate.Extensions(extensions)
    }

    static func memberExtensions(
        _ key: CryptoPrimitives.PublicKey, dnsNames: [String], usages: CertificateUsages, issuer: Certificate
    ) throws -> X509.Certificate.Extensions {
        let isTLS = !usages.isDisjoint(with: .tls)
        var extensions: [X509.Certificate.Extension] = [
            try .init(KeyUsage(digitalSignature: true, keyEncipherment: isTLS), critical: true)
        ]
        var purposes: [ExtendedKeyUsage.Usage] = []
        if usages.contains(.tlsServer) { purposes.append(.serverAuth) }
        if usages.contains(.tlsClient) { purposes.append(.clientAuth) }
        if !purposes.isEmpty { extensions.append(try .init(ExtendedKeyUsage(purposes), critical: false)) }
        extensions.append(try .init(BasicConstraints.notCertificateAuthority, critical: true))
        extensions.append(try .init(SubjectKeyIdentifier(keyIdentifier: keyIdentifier(key)), critical: false))
        extensions.append(try authorityIdentifier(issuer))
        if !dnsNames.isEmpty {
            let names = dnsNames.map { name in
                ipv4Address(name).map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(name)
            }
            extensions.append(try .init(SubjectAlternativeNames(names), critical: false))
        }
        return try X509.Certificate.Extensions(extensions)
    }

    private static func authorityIdentifier(_ issuer: Certificate) throws -> X509.Certificate.Extension {
        let identifier = issuer.subjectKeyIdentifier.map { $0[...] } ?? keyIdentifier(issuer.publicKey)
        return try .init(AuthorityKeyIdentifier(keyIdentifier: identifier), critical: false)
    }

    private static func ipv4Address(_ text: String) -> [UInt8]? {
        let bytes = text.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        return bytes.count == 4 && text.split(separator: ".").count == 4 ? bytes : nil
    }
}
