internal import FoundationEssentials
internal import SwiftASN1
internal import X509

extension CertificateIssuing {
    /// A revocation list (RFC 5280 section 5) of the authority; `revoked` are serial numbers in the form of `Certificate.serialNumber`.
    package static func revocationList(
        revoked: [[UInt8]], authority: Certificate, authorityKey: SigningKey, number: UInt64, thisUpdate: Int64, nextUpdate: Int64
    ) throws(CryptoError) -> RevocationList {
        guard authority.publicKey == authorityKey.publicKey else {
            throw .malformed(item: "authority", reason: "its certificate and its private key do not belong together")
        }
        let der: [UInt8]
        do {
            let algorithm = try ecdsaWithSHA256()
            let list = try listToSign(
                revoked: revoked, authority: authority, algorithm: algorithm, number: number, times: (time(thisUpdate), time(nextUpdate)))
            der = try SignedStructure.encode(signedBytes: list[...], algorithmDER: algorithm[...], signature: try authorityKey.sign(list))
        } catch {
            throw .malformed(item: "revocation list request", reason: "its serial numbers or times cannot be written in a list")
        }
        return try RevocationList(pemOrDER: der)
    }

    private static func ecdsaWithSHA256() throws -> [UInt8] {
        var serializer = DER.Serializer()
        let oid: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 2]
        try serializer.appendConstructedNode(identifier: .sequence) { try $0.serialize(oid) }
        return serializer.serializedBytes
    }

    private static func listToSign(
        revoked: [[UInt8]], authority: Certificate, algorithm: [UInt8], number: UInt64, times: (thisUpdate: UTCTime, nextUpdate: UTCTime)
    ) throws -> [UInt8] {
        let identifier = authority.subjectKeyIdentifier.map { $0[...] } ?? keyIdentifier(authority.publicKey)
        var numberBytes = DER.Serializer()
        try numberBytes.serialize(number)
        let extensions: [X509.Certificate.Extension] = [
            try .init(AuthorityKeyIdentifier(keyIdentifier: identifier), critical: false),
            .init(oid: [2, 5, 29, 20], critical: false, value: numberBytes.serializedBytes[...]),
        ]
        var serializer = DER.Serializer()
        try serializer.appendConstructedNode(identifier: .sequence) { list in
            try list.serialize(1)  // version 2
            list.serializeRawBytes(algorithm)
            list.serializeRawBytes(authority.subjectDER)
            try list.serialize(times.thisUpdate)
            try list.serialize(times.nextUpdate)
            if !revoked.isEmpty {
                try list.appendConstructedNode(identifier: .sequence) { entries in
                    for serial in revoked {
                        try entries.appendConstructedNode(identifier: .sequence) { entry in
                            entry.appendPrimitiveNode(identifier: .integer) { $0 += integerContent(serial) }
                            try entry.serialize(times.thisUpdate)
                        }
                    }
                }
            }
            try list.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { try $0.serializeSequenceOf(extensions) }
        }
        return serializer.serializedBytes
    }

    /// The content of a positive INTEGER.
    private static func integerContent(_ magnitude: [UInt8]) -> [UInt8] {
        let bytes = Array(magnitude.drop { $0 == 0 })
        return bytes.first.map { $0 < 0x80 } ?? false ? bytes : [0] + bytes
    }

    /// A UTCTime, which covers 1970 to 2049 here; throws outside.
    private static func time(_ seconds: Int64) throws -> UTCTime {
        guard (0..<2_524_608_000).contains(seconds) else { throw StructureError.incomplete }
        let days = seconds / 86_400
        let second = Int(seconds % 86_400)
        // Civil date from a day count, with years that start in March so that the leap day comes last.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return try UTCTime(
            year: Int(yearOfEra + era * 400 + (month <= 2 ? 1 : 0)), month: Int(month), day: Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1),
            hours: second / 3_600, minutes: second % 3_600 / 60, seconds: second % 60)
    }
}
