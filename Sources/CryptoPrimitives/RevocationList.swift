internal import SwiftASN1
internal import X509

/// A certificate revocation list (RFC 5280 section 5): which serial numbers of one authority no longer count.
package struct RevocationList: Sendable, CustomStringConvertible {
    package let der: [UInt8]
    /// The issuer's name as written in the list.
    package let issuerDER: [UInt8]
    /// Names the authority's key; nil when the list has no such extension.
    package let authorityKeyIdentifier: [UInt8]?
    /// In the form of `Certificate.serialNumber`: big-endian, no leading zeros.
    package let revokedSerials: Set<[UInt8]>
    private let signedBytes: ArraySlice<UInt8>
    private let signature: [UInt8]
    private let algorithm: ASN1ObjectIdentifier

    /// Reads DER, or the first block of a PEM text, which must be an `X509 CRL`.
    package init(pemOrDER bytes: [UInt8]) throws(CryptoError) {
        if bytes.first == 0x30 {
            try self.init(der: bytes)
            return
        }
        guard let block = try PEM.first(bytes, limit: Limits.revocationListPEMBytes), block.label == "X509 CRL" else {
            throw .malformed(item: "revocation list", reason: "it is neither DER nor a PEM block of type X509 CRL")
        }
        try self.init(der: block.der)
    }

    private init(der: [UInt8]) throws(CryptoError) {
        guard der.count <= Limits.revocationListBytes else {
            throw .tooLarge(item: "revocation list", limit: Limits.revocationListBytes, found: der.count, unit: "bytes")
        }
        guard DERElements.arePlain(in: der) else {
            throw .malformed(item: "revocation list", reason: "it has more elements than its size explains, or an object identifier of over 64 bytes")
        }
        self.der = der
        do {
            let (signed, fields) = try SignedStructure.read(try DER.parse(der)) { try RevocationFields($0, algorithmDER: $1) }
            signedBytes = signed.signedBytes
            signature = signed.signature
            algorithm = signed.algorithmOID
            issuerDER = fields.issuerDER
            revokedSerials = fields.serials
            authorityKeyIdentifier = fields.authorityKeyIdentifier
        } catch {
            throw .malformed(item: "revocation list", reason: "it is not the DER of an X.509 revocation list")
        }
    }

    /// Whether the issuer's key made this list's signature, with low or high s; false for algorithms other than ECDSA and Ed25519.
    package func isSigned(by issuer: Certificate) -> Bool {
        let algorithms: [(ASN1ObjectIdentifier, X509.Certificate.SignatureAlgorithm)] = [
            ([1, 2, 840, 10045, 4, 3, 2], .ecdsaWithSHA256), ([1, 2, 840, 10045, 4, 3, 3], .ecdsaWithSHA384),
            ([1, 2, 840, 10045, 4, 3, 4], .ecdsaWithSHA512), ([1, 3, 101, 112], .ed25519),
        ]
        for (oid, known) in algorithms where oid == algorithm {
            return issuer.isSignature(signature, over: signedBytes, algorithm: known)
        }
        return false
    }

    package var description: String { "revocation list of \(revokedSerials.count) certificates" }
}

/// The fields of a TBSCertList that are used here.
private struct RevocationFields {
    var issuerDER: [UInt8] = []
    var serials: Set<[UInt8]> = []
    var authorityKeyIdentifier: [UInt8]?

    /// Reads [version], algorithm, issuer, this update, [next update], [revoked], [0 extensions].
    init(_ signedNode: ASN1Node, algorithmDER: ArraySlice<UInt8>) throws {
        guard case .constructed(let children) = signedNode.content else { throw StructureError.incomplete }
        var nodes = children.makeIterator()
        var next = nodes.next()
        if next?.identifier == .integer { next = nodes.next() }
        guard let algorithm = next, let issuer = nodes.next(), let thisUpdate = nodes.next() else { throw StructureError.incomplete }
        guard algorithm.encodedBytes == algorithmDER else { throw StructureError.algorithmsDiffer }
        guard issuer.identifier == .sequence, Self.isTime(thisUpdate) else { throw StructureError.incomplete }
        issuerDER = Array(issuer.encodedBytes)
        next = nodes.next()
        if let node = next, Self.isTime(node) { next = nodes.next() }
        if let node = next, node.identifier == .sequence {
            try readEntries(node)
            next = nodes.next()
        }
        if let node = next {
            guard node.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific), case .constructed(let inner) = node.content,
                let list = inner.onlyElement()
            else { throw StructureError.incomplete }
            try readExtensions(list)
            next = nodes.next()
        }
        guard next == nil else { throw StructureError.incomplete }
    }

    private static func isTime(_ node: ASN1Node) -> Bool {
        node.identifier == .utcTime || node.identifier == .generalizedTime
    }

    private mutating func readEntries(_ node: ASN1Node) throws {
        guard case .constructed(let entries) = node.content else { throw StructureError.incomplete }
        for entry in entries {
            guard entry.identifier == .sequence, case .constructed(let parts) = entry.content else { throw StructureError.incomplete }
            var iterator = parts.makeIterator()
            guard let serial = iterator.next(), let time = iterator.next(), Self.isTime(time) else { throw StructureError.incomplete }
            serials.insert(try CertificateFields.serialNumber(serial))
        }
    }

    private mutating func readExtensions(_ node: ASN1Node) throws {
        for item in try DER.sequence(of: X509.Certificate.Extension.self, identifier: .sequence, rootNode: node)
        where item.oid == .X509ExtensionID.authorityKeyIdentifier {
            authorityKeyIdentifier = try AuthorityKeyIdentifier(item).keyIdentifier.map { Array($0) }
        }
    }
}

extension ASN1NodeCollection {
    /// The element of a collection of one; nil for any other number.
    fileprivate func onlyElement() -> ASN1Node? {
        var iterator = makeIterator()
        guard let only = iterator.next(), iterator.next() == nil else { return nil }
        return only
    }
}
