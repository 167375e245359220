import TestSupport
import Testing

@testable import CryptoPrimitives

/// A key with a table gives the answers of a key without one.
@Suite struct PreparedPublicKeyTests {
    /// A way to check a signature by a key.
    typealias Check = (_ signature: [UInt8], _ message: [UInt8], _ key: PublicKey) -> Bool

    /// The tables of all keys in the cases: 113, at some milliseconds each.
    private static let tables: [PublicKey: PreparedPublicKey] = {
        var tables: [PublicKey: PreparedPublicKey] = [:]
        for point in Set(WycheproofCase.p256.map(\.key)) {
            if let key = try? PublicKey(x963: point) { tables[key] = PreparedPublicKey(key) }
        }
        return tables
    }()

    /// The numbers of the cases that are answered wrongly. Only a low s is right here, so where s is high both forms are asked for.
    private static func wrongAnswers(_ check: Check) throws -> [Int] {
        var wrong: [Int] = []
        for item in WycheproofCase.p256 {
            let key = try PublicKey(x963: item.key)
            let low = key.lowSForm(of: item.signature)
            var isWrong = check(low, item.message, key) != item.isRight
            if low != item.signature, check(item.signature, item.message, key) { isWrong = true }
            if isWrong { wrong.append(item.number) }
        }
        return wrong
    }

    @Test func `the cases of Project Wycheproof are answered right, with a table and without`() throws {
        #expect(WycheproofCase.p256.count == 484)
        #expect(WycheproofCase.p256.count { $0.isRight } == 174)
        #expect(try Self.wrongAnswers { signature, message, key in key.isValid(signature: signature, for: message) } == [])
        #expect(
            try Self.wrongAnswers { signature, message, key in
                Self.tables[key]?.isValid(signature: signature, for: message) ?? false
            } == [])
    }

    @Test func `planted mistakes in the check with a table are caught by the cases`() throws {
        // The range of r and s is not looked at.
        let unbounded = try Self.wrongAnswers { signature, message, key in
            guard let numbers = ECDSASignatureFormat.parse(signature, width: 32), let table = Self.tables[key] else { return false }
            return table.isValid(numbers, digest: SHA256.hash(message)) ?? false
        }
        #expect(!unbounded.isEmpty)
        // One table serves every key.
        let first = try #require(Self.tables.values.first)
        let mixedUp = try Self.wrongAnswers { signature, message, key in
            first.isValid(signature: signature, for: message)
        }
        #expect(mixedUp.count > 50)
    }

    @Test func `signatures, altered ones and foreign ones are judged as by OpenSSL and without a table`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = TestRandom(seed: seed)
        for _ in 0..<3 {
            let key = SigningKey.generate()
            let table = try #require(PreparedPublicKey(key.publicKey))
            for _ in 0..<60 {
                let message = random.bytes(count: random.below(300))
                var signature = try key.sign(message)
                var asked = message
                switch random.below(4) {
                case 0: signature = flipped(signature, bit: random.below(signature.count * 8))
                case 1: asked = message + [UInt8(random.below(256))]
                case 2: signature = try SigningKey.generate().sign(message)
                default: break
                }
                let plain = key.publicKey.isValid(signature: signature, for: asked)
                #expect(table.isValid(signature: signature, for: asked) == plain, "seed \(seed)")
                if plain { #expect(OpenSSLOracle.verify(signature, message: asked, spki: key.publicKey.spkiDER) == true, "seed \(seed)") }
            }
        }
    }

    @Test func `numbers at the edges of their range are judged as without a table`() throws {
        let order = SignatureTests.order
        let edges = [BigNumber.zero, .one, BigNumber(2), order - BigNumber(2), order - .one, order, order + .one]
        let key = SigningKey.generate()
        let table = try #require(PreparedPublicKey(key.publicKey))
        for r in edges {
            for s in edges {
                let signature = SignatureTests.der(r, s)
                #expect(table.isValid(signature: signature, for: [1]) == key.publicKey.isValid(signature: signature, for: [1]))
            }
        }
    }

    /// The first of many numbers of which the inverse is not that of OpenSSL.
    private static func wrongInverse(seed: UInt64, _ invert: (ArraySlice<UInt8>) -> [UInt8]?) -> [UInt8]? {
        let order = SignatureTests.order
        var random = TestRandom(seed: seed)
        var numbers = [BigNumber.one, BigNumber(2), order - .one, order - BigNumber(2)].compactMap { $0.bytes(count: 32) }
        for bit in 0..<255 {
            var power = [UInt8](repeating: 0, count: 32)
            power[31 - bit / 8] = 1 << UInt8(bit % 8)
            numbers.append(power)
        }
        for _ in 0..<2_000 { numbers.append([UInt8(random.below(255))] + random.bytes(count: 31)) }
        return numbers.first { bytes in
            guard let inverse = invert(bytes[...]) else { return true }
            return BigNumber(bytes: inverse) != BigNumber(bytes: bytes).modInverse(order)
        }
    }

    @Test func `the inverse of a number is that of OpenSSL, and a planted mistake is caught`() {
        let seed = UInt64.random(in: 0 ... .max)
        #expect(Self.wrongInverse(seed: seed) { PublicInverse.ofP256Order($0) } == nil, "seed \(seed)")
        #expect(PublicInverse.ofP256Order([UInt8](repeating: 0, count: 32)[...]) == nil)
        #expect(PublicInverse.ofP256Order(CurveOrder.p256.order[...]) == nil)
        // The sign of one in some hundred results is lost.
        let planted = Self.wrongInverse(seed: seed) { bytes in
            guard let inverse = PublicInverse.ofP256Order(bytes) else { return nil }
            return inverse[31] == 7 ? CurveOrder.p256.negated(inverse[...]) : inverse
        }
        #expect(planted != nil, "seed \(seed)")
    }

    @Test func `only keys on P-256 get a table`() throws {
        let pair = try #require(OpenSSLOracle.newKey(curve: OpenSSLOracle.p384))
        #expect(PreparedPublicKey(try PublicKey(spkiDER: pair.spki)) == nil)
    }
}
