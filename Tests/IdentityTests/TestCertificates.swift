import CryptoPrimitives
import LedgerModel

@testable import Identity

/// An authority of tests: it issues anything it is asked for, also what no organisation should accept.
struct TestAuthority {
    static let start: Int64 = 1_700_000_000
    static let end: Int64 = 2_000_000_000

    let certificate: Certificate
    let key: SigningKey

    static func root(
        _ name: String, random: inout TestRandom, notBefore: Int64 = start, notAfter: Int64 = end, pathLength: Int? = nil
    ) throws -> TestAuthority {
        let key = try SigningKey(rawScalar: random.bytes(count: 32))
        let certificate = try CertificateIssuing.selfSignedAuthority(
            commonName: name, organization: "tests", key: key, serial: [1] + random.bytes(count: 8), notBefore: notBefore, notAfter: notAfter,
            pathLength: pathLength)
        return TestAuthority(certificate: certificate, key: key)
    }

    /// The same name and key under another authority, or a new key when none is given.
    func intermediate(_ name: String, key: SigningKey? = nil, random: inout TestRandom) throws -> TestAuthority {
        let key = try key ?? SigningKey(rawScalar: random.bytes(count: 32))
        let certificate = try CertificateIssuing.intermediateAuthority(
            subject: CertificateSubject(commonName: name, organization: "tests"), publicKey: key.publicKey, authority: self.certificate,
            authorityKey: self.key, serial: [1] + random.bytes(count: 8), notBefore: Self.start, notAfter: Self.end)
        return TestAuthority(certificate: certificate, key: key)
    }

    func issue(
        _ units: [String], usages: CertificateUsages = .digitalSignature, publicKey: PublicKey? = nil, notBefore: Int64 = start + 1_000,
        notAfter: Int64 = end, random: inout TestRandom
    ) throws -> Certificate {
        let publicKey = try publicKey ?? SigningKey(rawScalar: random.bytes(count: 32)).publicKey
        return try CertificateIssuing.issue(
            subject: CertificateSubject(commonName: "someone", organizationalUnits: units), publicKey: publicKey, usages: usages,
            authority: self.certificate, authorityKey: self.key, serial: [2] + random.bytes(count: 8), notBefore: notBefore, notAfter: notAfter)
    }

    func revocationList(_ certificates: [Certificate]) throws -> RevocationList {
        try CertificateIssuing.revocationList(
            revoked: certificates.map(\.serialNumber), authority: self.certificate, authorityKey: self.key, number: 1, thisUpdate: Self.start,
            nextUpdate: Self.end)
    }
}

extension Certificate {
    func serialized(_ mspID: MSPID) -> [UInt8] { SerializedIdentity.bytes(mspID: mspID, certificate: self) }

    /// The same certificate with s replaced by n - s: other bytes, equally signed.
    func withReflectedSignature() throws -> Certificate {
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
            0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        func element(_ bytes: ArraySlice<UInt8>) -> (header: Int, length: Int) {
            let first = Int(bytes[bytes.startIndex + 1])
            if first < 0x80 { return (2, first) }
            let count = first - 0x80
            return (2 + count, bytes[(bytes.startIndex + 2)..<(bytes.startIndex + 2 + count)].reduce(0) { $0 << 8 | Int($1) })
        }
        func encode(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            let count = content.count
            if count < 0x80 { return [tag, UInt8(count)] + content }
            if count < 0x100 { return [tag, 0x81, UInt8(count)] + content }
            return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xFF)] + content
        }
        let outer = element(self.der[...])
        var position = outer.header
        for _ in 0..<2 {  // the signed part and the algorithm
            let part = element(self.der[position...])
            position += part.header + part.length
        }
        let bits = element(self.der[position...])
        let pair = position + bits.header + 1
        let r = pair + element(self.der[pair...]).header
        let rPart = element(self.der[r...])
        let s = r + rPart.header + rPart.length
        let sPart = element(self.der[s...])
        let magnitude = Array(self.der[(s + sPart.header)...].drop { $0 == 0 })
        var value = [UInt8](repeating: 0, count: 32 - magnitude.count) + magnitude
        var borrow = 0
        for index in value.indices.reversed() {
            let difference = Int(order[index]) - Int(value[index]) - borrow
            borrow = difference < 0 ? 1 : 0
            value[index] = UInt8(truncatingIfNeeded: difference)
        }
        let trimmed = Array(value.drop { $0 == 0 })
        let integer = encode(0x02, (trimmed.first ?? 0) & 0x80 == 0 ? trimmed : [0] + trimmed)
        let signature = encode(0x30, Array(self.der[r..<s]) + integer)
        return try Certificate(der: encode(0x30, Array(self.der[outer.header..<position]) + encode(0x03, [0] + signature)))
    }
}
