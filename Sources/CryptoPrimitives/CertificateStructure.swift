internal import SwiftASN1

/// The parts of a signed X.509 object (a certificate or revocation list) as exact bytes, found without re-encoding anything.
///
/// RFC 5280 sections 4.1 and 5.1: SEQUENCE { to be signed, signature algorithm, signature }.
///
/// An element of the parser holds on to the list of all of them, many times the text itself: none is kept here.
struct SignedStructure {
    /// The bytes under the signature.
    let signedBytes: ArraySlice<UInt8>
    let algorithmDER: ArraySlice<UInt8>
    let algorithmOID: ASN1ObjectIdentifier
    let signature: [UInt8]

    /// Reads the outer structure.
    ///
    /// - Parameter fields: Reads what is under the signature.
    static func read<Fields>(
        _ root: ASN1Node, fields: (_ signedNode: ASN1Node, _ algorithmDER: ArraySlice<UInt8>) throws -> Fields
    ) throws -> (structure: SignedStructure, fields: Fields) {
        try DER.sequence(root, identifier: .sequence) { nodes in
            guard let signedNode = nodes.next(), let algorithm = nodes.next() else { throw StructureError.incomplete }
            let signature = try ASN1BitString(derEncoded: &nodes)
            guard signature.paddingBits == 0 else { throw StructureError.incomplete }
            let structure = SignedStructure(
                signedBytes: signedNode.encodedBytes, algorithmDER: algorithm.encodedBytes, algorithmOID: try Self.algorithmOID(algorithm),
                signature: Array(signature.bytes))
            return (structure, try fields(signedNode, algorithm.encodedBytes))
        }
    }

    private init(signedBytes: ArraySlice<UInt8>, algorithmDER: ArraySlice<UInt8>, algorithmOID: ASN1ObjectIdentifier, signature: [UInt8]) {
        self.signedBytes = signedBytes
        self.algorithmDER = algorithmDER
        self.algorithmOID = algorithmOID
        self.signature = signature
    }

    /// The object in a signed wrapper.
    static func encode(signedBytes: ArraySlice<UInt8>, algorithmDER: ArraySlice<UInt8>, signature: [UInt8]) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.appendConstructedNode(identifier: .sequence) { coder in
            coder.serializeRawBytes(signedBytes)
            coder.serializeRawBytes(algorithmDER)
            try coder.serialize(ASN1BitString(bytes: signature[...]))
        }
        return serializer.serializedBytes
    }

    private static func algorithmOID(_ node: ASN1Node) throws -> ASN1ObjectIdentifier {
        guard case .constructed(let children) = node.content else { throw StructureError.incomplete }
        var iterator = children.makeIterator()
        return try ASN1ObjectIdentifier(derEncoded: &iterator)
    }
}

/// Why a structure could not be read; replaced by a `CryptoError` before it leaves the module.
enum StructureError: Error {
    case incomplete
    case algorithmsDiffer
    case negativeSerialNumber
}

/// The fields of a TBSCertificate that must be kept as the issuer wrote them.
struct CertificateFields {
    let serialNumber: [UInt8]
    let issuerDER: [UInt8]
    let subjectDER: [UInt8]
    let publicKeyDER: [UInt8]

    /// Reads [0] version, serial number, algorithm, issuer, validity, subject, public key; the rest is left to the certificate library.
    init(_ signedNode: ASN1Node, algorithmDER: ArraySlice<UInt8>) throws {
        guard case .constructed(let children) = signedNode.content else { throw StructureError.incomplete }
        var nodes = children.makeIterator()
        var next = nodes.next()
        if next?.identifier.tagClass == .contextSpecific { next = nodes.next() }
        guard let serial = next, let algorithm = nodes.next(), let issuer = nodes.next(), nodes.next() != nil, let subject = nodes.next(),
            let publicKey = nodes.next()
        else { throw StructureError.incomplete }
        guard algorithm.encodedBytes == algorithmDER else { throw StructureError.algorithmsDiffer }
        serialNumber = try Self.serialNumber(serial)
        issuerDER = Array(issuer.encodedBytes)
        subjectDER = Array(subject.encodedBytes)
        publicKeyDER = Array(publicKey.encodedBytes)
    }

    /// The big-endian magnitude of an INTEGER without leading zeros; empty for zero.
    static func serialNumber(_ node: ASN1Node) throws -> [UInt8] {
        guard node.identifier == .integer, case .primitive(let content) = node.content, let first = content.first,
            content.count <= Limits.serialNumberBytes
        else { throw StructureError.incomplete }
        guard first < 0x80 else { throw StructureError.negativeSerialNumber }
        if first == 0, let second = content.dropFirst().first, second < 0x80 { throw StructureError.incomplete }
        return Array(content.drop { $0 == 0 })
    }
}
