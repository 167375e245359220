import CryptoPrimitives
import Testing

@Suite struct RevocationListTests {
    private func list(_ tree: TestTree, _ revoked: [[UInt8]]) throws -> RevocationList {
        try CertificateIssuing.revocationList(
            revoked: revoked, authority: tree.root, authorityKey: tree.rootKey, number: 3, thisUpdate: TestTree.start, nextUpdate: TestTree.end)
    }

    @Test func `a list names its authority and its serial numbers`() throws {
        let tree = try TestTree()
        for revoked in [[], [[7]], [[7], [0x80, 1], [UInt8](repeating: 0xff, count: 20)]] as [[[UInt8]]] {
            let made = try list(tree, revoked)
            let text = PEM.encode(label: "X509 CRL", der: made.der)
            for read in [made, try RevocationList(pemOrDER: made.der), try RevocationList(pemOrDER: Array(text.utf8))] {
                #expect(read.revokedSerials == Set(revoked))
                #expect(read.issuerDER == tree.root.subjectDER)
                #expect(read.authorityKeyIdentifier == tree.root.subjectKeyIdentifier)
                #expect(read.isSigned(by: tree.root))
                #expect(!read.isSigned(by: tree.leaf))
            }
        }
        #expect(try list(tree, [tree.leaf.serialNumber]).revokedSerials.contains(tree.leaf.serialNumber))
    }

    @Test func `every flipped bit of a list is noticed`() throws {
        let tree = try TestTree()
        let der = try list(tree, [[7]]).der
        for bit in 0..<der.count * 8 {
            let isAccepted = (try? RevocationList(pemOrDER: flipped(der, bit: bit)))?.isSigned(by: tree.root) ?? false
            #expect(!isAccepted, "bit \(bit)")
        }
    }

    @Test func `bytes that are no list are refused`() throws {
        let tree = try TestTree()
        let der = try list(tree, [[7]]).der
        for count in 0..<der.count {
            #expect(throws: CryptoError.self) { try RevocationList(pemOrDER: Array(der.prefix(count))) }
        }
        #expect(throws: CryptoError.self) { try RevocationList(pemOrDER: der + [0]) }
        #expect(throws: CryptoError.self) { try RevocationList(pemOrDER: tree.leaf.der) }
        #expect(throws: CryptoError.self) { try RevocationList(pemOrDER: tree.leaf.pem) }
        #expect(throws: CryptoError.self) { try RevocationList(pemOrDER: [UInt8](repeating: 0x30, count: 4 << 20 + 1)) }
    }

    @Test func `a list is made only with the authority's own key and times that it can hold`() throws {
        let tree = try TestTree()
        #expect(throws: CryptoError.self) {
            try CertificateIssuing.revocationList(
                revoked: [], authority: tree.root, authorityKey: tree.leafKey, number: 1, thisUpdate: 0, nextUpdate: 1)
        }
        #expect(throws: CryptoError.self) {
            try CertificateIssuing.revocationList(
                revoked: [], authority: tree.root, authorityKey: tree.rootKey, number: 1, thisUpdate: 0, nextUpdate: .max)
        }
    }

    @Test(.enabled(if: OpenSSLCommand.path != nil, "needs the openssl program")) func `openssl checks our list and sees the revocation`() throws {
        let tree = try TestTree()
        let root = String(decoding: tree.root.pem, as: UTF8.self)
        let leaf = String(decoding: tree.leaf.pem, as: UTF8.self)
        func verify(_ revoked: [[UInt8]]) throws -> Int32 {
            let text = PEM.encode(label: "X509 CRL", der: try list(tree, revoked).der)
            return try OpenSSLCommand.run(
                ["verify", "-crl_check", "-attime", "\(TestTree.start + 60)", "-CAfile", "root.pem", "-CRLfile", "list.pem", "leaf.pem"],
                files: ["root.pem": root, "leaf.pem": leaf, "list.pem": text]
            ).status
        }
        #expect(try verify([[9]]) == 0)
        #expect(try verify([[7]]) != 0)
    }
}
