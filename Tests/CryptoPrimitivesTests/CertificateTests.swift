import Testing

@testable import CryptoPrimitives

/// A small tree of certificates for tests.
struct TestTree {
    let rootKey = SigningKey.generate()
    let leafKey = SigningKey.generate()
    let root: Certificate
    let leaf: Certificate
    static let start: Int64 = 1_700_000_000
    static let end: Int64 = 2_015_360_000

    init() throws {
        root = try CertificateIssuing.selfSignedAuthority(
            commonName: "ca.ward", organization: "Ward", country: "FR", key: rootKey, serial: [0x80, 1], notBefore: Self.start, notAfter: Self.end)
        leaf = try CertificateIssuing.issue(
            subject: CertificateSubject(commonName: "Amélie", organizationalUnits: ["client", "nurses"], organization: "Ward"),
            publicKey: leafKey.publicKey, authority: root, authorityKey: rootKey, serial: [7], notBefore: Self.start, notAfter: Self.end)
    }
}

@Suite struct CertificateTests {
    @Test func `an issued certificate reads back as it was asked for`() throws {
        let tree = try TestTree()
        for certificate in [tree.leaf, try Certificate(der: tree.leaf.der), try Certificate(pem: tree.leaf.pem)] {
            #expect(certificate == tree.leaf)
            #expect(certificate.subjectCommonName == "Amélie")
            #expect(certificate.subjectOrganizationalUnits == ["client", "nurses"])
            #expect(certificate.subjectOrganizations == ["Ward"])
            #expect(certificate.serialNumber == [7])
            #expect(certificate.notBefore == TestTree.start)
            #expect(certificate.notAfter == TestTree.end)
            #expect(certificate.publicKey == tree.leafKey.publicKey)
            #expect(certificate.issuerDER == tree.root.subjectDER)
            #expect(certificate.authorityKeyIdentifier == tree.root.subjectKeyIdentifier)
            #expect(certificate.subjectKeyIdentifier == SHA256.hash(tree.leafKey.publicKey.x963))
            #expect(!certificate.isCertificateAuthority)
            #expect(certificate.pathLength == nil)
            #expect(certificate.keyUsage == .digitalSignature)
            #expect(certificate.extendedKeyUsages == [])
            #expect(certificate.unhandledCriticalExtensions == [])
            #expect(certificate.sha256 == SHA256.hash(certificate.der))
            #expect(certificate.extensionValue(oid: "2.5.29.14") == [4, 32] + SHA256.hash(tree.leafKey.publicKey.x963))
            #expect(certificate.extensionValue(oid: "1.2.3") == nil)
        }
        #expect(tree.root.isCertificateAuthority)
        #expect(tree.root.serialNumber == [0x80, 1])
        #expect(tree.root.issuerDER == tree.root.subjectDER)
        #expect(tree.root.keyUsage == [.digitalSignature, .certificateSigning, .revocationListSigning])
    }

    @Test func `signatures are checked against the issuer's key`() throws {
        let tree = try TestTree()
        let other = try TestTree()
        #expect(tree.leaf.isSigned(by: tree.root))
        #expect(tree.root.isSigned(by: tree.root))
        #expect(!tree.leaf.isSigned(by: other.root))
        #expect(!tree.leaf.isSigned(by: tree.leaf))
        #expect(!tree.root.isSigned(by: tree.leaf))
    }

    /// Bits of a certificate whose change is neither an error nor a failed signature.
    private func unnoticedFlips(isAccepted: (Certificate, Certificate) -> Bool) throws -> Int {
        let tree = try TestTree()
        return (0..<tree.leaf.der.count * 8).count { bit in
            (try? Certificate(der: flipped(tree.leaf.der, bit: bit))).map { isAccepted($0, tree.root) } ?? false
        }
    }

    @Test func `every flipped bit of a certificate is noticed`() throws {
        #expect(try unnoticedFlips { $0.isSigned(by: $1) } == 0)
    }

    @Test func `a reader that forgets the signature is caught by the same check`() throws {
        #expect(try unnoticedFlips { certificate, root in certificate.issuerDER == root.subjectDER } > 0)
    }

    @Test func `a certificate with a high s is accepted and has one low form`() throws {
        let tree = try TestTree()
        #expect(try tree.leaf.lowSForm(issuer: tree.root) == tree.leaf)
        let high = try Self.highSForm(of: tree.leaf)
        #expect(high != tree.leaf)
        #expect(high.isSigned(by: tree.root))
        #expect(try high.lowSForm(issuer: tree.root) == tree.leaf)
    }

    /// Rewrites the signature at the end of a P-256 certificate to its other s.
    static func highSForm(of certificate: Certificate) throws -> Certificate {
        let der = certificate.der
        // The last part is BIT STRING, length, no unused bits, SEQUENCE of r and s.
        func isSignature(_ index: Int) -> Bool {
            let length = Int(der[index + 1])
            return der[index] == 3 && der[index + 2] == 0 && der[index + 3] == 0x30 && length == der.count - index - 2
        }
        let start = try #require((der.count - 80..<der.count - 8).first(where: isSignature))
        let (r, s) = SignatureTests.numbers(Array(der[(start + 3)...]))
        let signature = SignatureTests.der(r, SignatureTests.order - s)
        let body = Array(der[4..<start]) + [3, UInt8(signature.count + 1), 0] + signature
        return try Certificate(der: [0x30, 0x82, UInt8(body.count >> 8), UInt8(body.count & 255)] + body)
    }

    @Test func `TLS certificates carry names, addresses and purposes`() throws {
        let tree = try TestTree()
        let server = try CertificateIssuing.issue(
            subject: CertificateSubject(commonName: "peer0"), publicKey: tree.leafKey.publicKey, dnsNames: ["peer0.ward", "localhost", "127.0.0.1"],
            usages: .tls, authority: tree.root, authorityKey: tree.rootKey, serial: [8], notBefore: TestTree.start, notAfter: TestTree.end)
        #expect(server.extendedKeyUsages == ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"])
        #expect(server.keyUsage == [.digitalSignature, .keyEncipherment])
        #expect(server.dnsNames == ["peer0.ward", "localhost"])
        #expect(server.extensionValue(oid: "2.5.29.17")?.suffix(6) == [0x87, 4, 127, 0, 0, 1])
    }

    @Test func `an intermediate authority signs below the root`() throws {
        let tree = try TestTree()
        let key = SigningKey.generate()
        let middle = try CertificateIssuing.intermediateAuthority(
            subject: CertificateSubject(commonName: "ica"), publicKey: key.publicKey, authority: tree.root, authorityKey: tree.rootKey, serial: [9],
            notBefore: TestTree.start, notAfter: TestTree.end, pathLength: 0)
        #expect(middle.isCertificateAuthority)
        #expect(middle.pathLength == 0)
        #expect(middle.isSigned(by: tree.root))
        let leaf = try CertificateIssuing.issue(
            subject: CertificateSubject(commonName: "x"), publicKey: tree.leafKey.publicKey, authority: middle, authorityKey: key, serial: [1],
            notBefore: TestTree.start, notAfter: TestTree.end)
        #expect(leaf.isSigned(by: middle))
        #expect(!leaf.isSigned(by: tree.root))
    }

    @Test func `requests that make no sense are refused`() throws {
        let tree = try TestTree()
        func issue(serial: [UInt8] = [1], key: SigningKey? = nil, from: Int64 = 5, to: Int64 = 6) throws -> Certificate {
            try CertificateIssuing.issue(
                subject: CertificateSubject(commonName: "x"), publicKey: tree.leafKey.publicKey, authority: tree.root,
                authorityKey: key ?? tree.rootKey, serial: serial, notBefore: from, notAfter: to)
        }
        #expect(try issue().notAfter == 6)
        #expect(try issue(from: 0, to: 253_402_300_799).notAfter == 253_402_300_799)
        #expect(throws: CryptoError.self) { try issue(serial: []) }
        #expect(throws: CryptoError.self) { try issue(serial: [0, 0]) }
        #expect(throws: CryptoError.self) { try issue(serial: [UInt8](repeating: 1, count: 21)) }
        #expect(throws: CryptoError.self) { try issue(key: tree.leafKey) }
        #expect(throws: CryptoError.self) { try issue(from: 7, to: 6) }
        #expect(throws: CryptoError.self) { try issue(from: -1) }
        #expect(throws: CryptoError.self) { try issue(to: .max) }
        #expect(throws: CryptoError.self) {
            try CertificateIssuing.selfSignedAuthority(
                commonName: "x", organization: "y", country: "É", key: tree.rootKey, serial: [1], notBefore: 0, notAfter: 1)
        }
    }

    @Test func `PEM is read as Go reads it: the first block, whatever surrounds it`() throws {
        let leaf = try TestTree().leaf
        let text = String(decoding: leaf.pem, as: UTF8.self)
        #expect(try Certificate(pem: Array(("\n  note\n" + text + "trailing" + text).utf8)) == leaf)
        #expect(try Certificate(pem: Array(text.replacing("\n", with: "\r\n").utf8)) == leaf)
        for bad in ["", "text", PEM.encode(label: "PRIVATE KEY", der: leaf.der), PEM.encode(label: "X509 CRL", der: [1]) + text] {
            #expect(throws: CryptoError.self) { try Certificate(pem: Array(bad.utf8)) }
        }
    }

    @Test func `bytes that are no certificate are refused, whatever their size`() throws {
        let der = try TestTree().leaf.der
        for count in 0..<der.count {
            #expect(throws: CryptoError.self) { try Certificate(der: Array(der.prefix(count))) }
        }
        #expect(throws: CryptoError.self) { try Certificate(der: der + [0]) }
        #expect(throws: CryptoError.tooLarge(item: "certificate", limit: 65_536, found: 65_537, unit: "bytes")) {
            try Certificate(der: [UInt8](repeating: 0x30, count: 65_537))
        }
        #expect(throws: CryptoError.self) { try Certificate(der: [UInt8](repeating: 0x30, count: 65_536)) }
        var random = TestRandom(seed: 71)
        for _ in 0..<2_000 {
            var mutated = der
            for _ in 0...random.below(3) { mutated[random.below(der.count)] = UInt8(random.below(256)) }
            _ = try? Certificate(der: mutated)
        }
    }

    @Test func `a text of elements within elements is refused before it is taken apart`() throws {
        let tree = try TestTree()
        let list = try CertificateIssuing.revocationList(
            revoked: (0..<2_000).map { [1, UInt8($0 >> 8), UInt8($0 & 0xFF)] }, authority: tree.root, authorityKey: tree.rootKey, number: 3,
            thisUpdate: TestTree.start, nextUpdate: TestTree.end)
        for good in [tree.root.der, tree.leaf.der, list.der] { #expect(DERElements.arePlain(in: good)) }
        #expect(try RevocationList(pemOrDER: list.der).revokedSerials.count == 2_000)
        // Sets that each hold the next; and a sequence of empty ones.
        let chain = (0..<60).reduce(into: [UInt8]()) { der, _ in der = [0x31, UInt8(der.count)] + der }
        let nested = [0x30, 0x82, 0x07, 0x80] + [[UInt8]](repeating: chain, count: 16).joined()
        let flat = [0x30, 0x82, 0x10, 0x00] + [[UInt8]](repeating: [0x31, 0], count: 2_048).joined()
        let long = [0x30, 0x81, 0x83, 0x06, 0x81, 0x80] + [UInt8](repeating: 0x2A, count: 128)
        for bad in [nested, flat, long] {
            #expect(!DERElements.arePlain(in: bad))
            #expect {
                _ = try Certificate(der: bad)
            } throws: {
                "\($0)".contains("more elements")
            }
            #expect {
                _ = try RevocationList(pemOrDER: [0x30, 0x82, UInt8(bad.count >> 8), UInt8(bad.count & 0xFF)] + bad)
            } throws: {
                "\($0)".contains("more elements")
            }
        }
        // What ends too early, or says lengths that nobody can write, is the parser's to refuse.
        for cut in [[], [0x30], [0x30, 0x80], [0x30, 0x85, 1, 1, 1, 1, 1], [0x1F, 0xFF], [0x04, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]] {
            #expect(DERElements.arePlain(in: cut))
            #expect(throws: CryptoError.self) { try Certificate(der: cut) }
        }
    }

    @Test func `equal certificates are one element of a set`() throws {
        let tree = try TestTree()
        #expect(Set([tree.leaf, try Certificate(der: tree.leaf.der), tree.root]).count == 2)
        #expect("\(tree.leaf)" == "certificate \(Base16.encode(Array(tree.leaf.sha256.prefix(8))))")
    }
}
