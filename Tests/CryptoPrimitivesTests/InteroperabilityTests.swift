import CryptoPrimitives
import Testing

@Suite struct InteroperabilityTests {
    @Test(.enabled(if: OpenSSLCommand.path != nil, "needs the openssl program")) func `openssl verifies the chain we issue`() throws {
        let tree = try TestTree()
        let files = ["root.pem": String(decoding: tree.root.pem, as: UTF8.self), "leaf.pem": String(decoding: tree.leaf.pem, as: UTF8.self)]
        let arguments = ["verify", "-x509_strict", "-attime", "\(TestTree.start + 60)", "-CAfile", "root.pem", "leaf.pem"]
        #expect(try OpenSSLCommand.run(arguments, files: files).status == 0)
        let stranger = String(decoding: try TestTree().leaf.pem, as: UTF8.self)
        #expect(try OpenSSLCommand.run(arguments, files: files.merging(["leaf.pem": stranger]) { $1 }).status != 0)
    }

    @Test(.enabled(if: OpenSSLCommand.path != nil, "needs the openssl program")) func `openssl reads our keys and we read its keys`() throws {
        let key = SigningKey.generate()
        let spki = try OpenSSLCommand.run(
            ["pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "out"], files: ["key.pem": key.pem], reading: "out")
        #expect(spki.status == 0)
        #expect(spki.file == key.publicKey.spkiDER)
        for command in [
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "out"],
            ["ecparam", "-name", "prime256v1", "-genkey", "-out", "out"],
        ] {
            let made = try OpenSSLCommand.run(command, reading: "out")
            let read = try SigningKey(pem: String(decoding: made.file, as: UTF8.self))
            #expect(read.publicKey.isValid(signature: try read.sign([1]), for: [1]))
        }
    }

    /// Self-signed certificates of openssl's making, by key type.
    @Test(
        .enabled(if: OpenSSLCommand.path != nil, "needs the openssl program"),
        arguments: [("ec:P-256", true), ("ec:P-384", true), ("ed25519", true), ("ec:P-521", false), ("rsa:2048", false)])
    func `certificates of openssl are read when their key is one of ours`(type: String, isOurs: Bool) throws {
        let parts = type.split(separator: ":").map(String.init)
        var arguments = ["req", "-x509", "-nodes", "-newkey", parts[0], "-keyout", "key", "-out", "out", "-days", "1", "-subj", "/O=W/OU=peer/CN=a"]
        if parts[0] == "ec" { arguments += ["-pkeyopt", "ec_paramgen_curve:\(parts[1])"] }
        if parts[0] == "rsa" { arguments[4] = type }
        let made = try OpenSSLCommand.run(arguments, reading: "out")
        if isOurs {
            let certificate = try Certificate(pem: made.file)
            #expect(certificate.isSigned(by: certificate))
            #expect(certificate.subjectOrganizationalUnits == ["peer"])
            #expect(certificate.notAfter - certificate.notBefore == 86_400)
            #expect(certificate.pem == made.file)
        } else {
            #expect(
                throws: CryptoError.unsupported(
                    item: "public key", reason: "only ECDSA P-256 and P-384 (uncompressed points) and Ed25519 are known")
            ) { try Certificate(pem: made.file) }
        }
    }

    @Test(.enabled(if: FabricMaterial.isPresent, "needs the key material of a Fabric network")) func `every certificate of a Fabric network is read`()
        throws
    {
        let paths = FabricMaterial.certificatePaths
        #expect(paths.count > 10)
        for path in paths {
            let bytes = try FabricMaterial.read(path)
            let certificate = try Certificate(pem: bytes)
            #expect(certificate.pem == bytes, "\(path)")
            #expect(certificate.publicKey.algorithm == .p256)
            #expect(certificate.unhandledCriticalExtensions == [])
            #expect(certificate.isCertificateAuthority == (certificate.subjectDER == certificate.issuerDER), "\(path)")
        }
    }

    @Test(.enabled(if: FabricMaterial.isPresent, "needs the key material of a Fabric network"))
    func `a Fabric user's certificate, key and authority belong together`() throws {
        let authority = try Certificate(pem: FabricMaterial.read("peerOrganizations/org1.lab/ca/ca.org1.lab-cert.pem"))
        let other = try Certificate(pem: FabricMaterial.read("ordererOrganizations/orderer.lab/ca/ca.orderer.lab-cert.pem"))
        let user = "peerOrganizations/org1.lab/users/User1@org1.lab/msp"
        let certificate = try Certificate(pem: FabricMaterial.read("\(user)/signcerts/User1@org1.lab-cert.pem"))
        let key = try SigningKey(pem: String(decoding: FabricMaterial.read("\(user)/keystore/priv_sk"), as: UTF8.self))
        #expect(certificate.publicKey == key.publicKey)
        #expect(certificate.isSigned(by: authority))
        #expect(!certificate.isSigned(by: other))
        #expect(certificate.subjectCommonName == "User1@org1.lab")
        #expect(certificate.subjectOrganizationalUnits == ["client"])
        #expect(certificate.authorityKeyIdentifier == authority.subjectKeyIdentifier)
    }
}
