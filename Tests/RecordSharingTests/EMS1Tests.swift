import CryptoPrimitives
import Testing

@testable import RecordSharing

struct EMS1Tests {
    static let context = Array("org=demo;purpose=treatment".utf8)

    static func sealed(_ seed: UInt64, bytes: Int = 300, threshold: Int = 4, shares: Int = 7) throws -> (record: [UInt8], shared: SharedRecord) {
        var random = SeededSource(seed)
        let record = random.bytes(count: bytes)
        return (record, try EMS1.seal(record: record, context: context, threshold: threshold, shares: shares, random: &random))
    }

    @Test(arguments: [(2, 2), (2, 3), (3, 5), (4, 7), (8, 12), (9, 255)])
    func `any t shares in any order open the record`(threshold: Int, shares: Int) throws {
        let seed = UInt64(threshold * 300 + shares)
        let (record, shared) = try Self.sealed(seed, bytes: threshold * 97, threshold: threshold, shares: shares)
        var random = SeededSource(seed)
        for _ in 0..<4 {
            let chosen = shared.shares.shuffled(using: &random).prefix(threshold)
            let opening = try EMS1.open(shares: Array(chosen), commitment: shared.commitment, context: Self.context)
            #expect(opening.record == record, "seed \(seed)")
            #expect(opening.verdicts.allSatisfy { $0.error == nil })
        }
    }

    @Test func `records around the padding steps come back`() throws {
        for bytes in [0, 1, 247, 248, 249, 264, 265, 1016, 1017] {
            let (record, shared) = try Self.sealed(UInt64(bytes), bytes: bytes, threshold: 2, shares: 3)
            #expect(try EMS1.open(shares: shared.shares, commitment: shared.commitment, context: Self.context).record == record)
        }
    }

    @Test func `the public form draws fresh secrets each time`() throws {
        let first = try EMS1.seal(record: [1], context: [], threshold: 2, shares: 3)
        let second = try EMS1.seal(record: [1], context: [], threshold: 2, shares: 3)
        #expect(first.commitment != second.commitment)
        #expect(first.recordID != second.recordID)
        #expect(try EMS1.open(shares: first.shares, commitment: first.commitment, context: []).record == [1])
    }

    /// With one flipped byte in one of n shares the record still comes back and exactly that share is named; returns what went wrong.
    private func firstMiss(
        seed: UInt64, open: ([[UInt8]], [UInt8]) -> (record: [UInt8], bad: [Int])?
    ) throws -> String? {
        let (record, shared) = try Self.sealed(seed)
        var random = SeededSource(seed)
        for _ in 0..<40 {
            let victim = Int.random(in: 0..<shared.count, using: &random)
            var shares = shared.shares
            let place = Int.random(in: 0..<shares[victim].count, using: &random)
            shares[victim][place] ^= UInt8.random(in: 1...255, using: &random)
            guard let found = open(shares, shared.commitment) else { return "share \(victim) byte \(place): not opened" }
            guard found.record == record else { return "share \(victim) byte \(place): another record" }
            guard found.bad == [victim] else { return "share \(victim) byte \(place): named \(found.bad)" }
        }
        return nil
    }

    @Test func `a changed byte anywhere in a share is named and does no harm`() throws {
        let miss = try firstMiss(seed: 11) { shares, commitment in
            guard let opening = try? EMS1.open(shares: shares, commitment: commitment, context: Self.context) else { return nil }
            return (opening.record, opening.verdicts.filter { $0.error != nil }.map(\.position))
        }
        #expect(miss == nil, "seed 11")
    }

    @Test func `planted bug: opening without the commitment check is caught`() throws {
        let miss = try firstMiss(seed: 11) { shares, _ in
            let parsed = shares.compactMap { try? EMS1Share(parsing: $0) }.prefix(4)
            guard let header = parsed.first?.header, let count = parsed.first?.count,
                let keys = try? EMS1.keys(from: parsed.map { ($0.index, $0.keyShare) }, header: header),
                let padded = try? EMS1.recombine(parsed.map { ($0.index, $0.fragment) }, header: header, count: count),
                let ciphertext = try? EMS1.ciphertext(padded, header: header),
                let record = try? EMS1.decrypt(ciphertext, keys: keys, header: header)
            else { return nil }
            return (record, [])
        }
        #expect(miss != nil)
    }

    @Test func `n minus t wrong shares are all named with their reasons`() throws {
        let (record, shared) = try Self.sealed(12)
        var shares = shared.shares
        shares[1][0] = 0
        shares[3].removeLast()
        shares[5].append(0)
        let opening = try EMS1.open(shares: shares, commitment: shared.commitment, context: Self.context)
        #expect(opening.record == record)
        #expect(opening.verdicts.map(\.error) == [nil, .badMagic, nil, .truncatedShare, nil, .trailingBytes, nil])
        shares[6][4] = 2
        #expect {
            try EMS1.open(shares: shares, commitment: shared.commitment, context: Self.context)
        } throws: { error in
            guard case EMS1Error.notEnoughValidShares(valid: 3, needed: 4, let verdicts) = error else { return false }
            return verdicts.last?.error == .unsupportedSuite
        }
    }

    @Test func `a share offered twice counts once and says so`() throws {
        let (record, shared) = try Self.sealed(13, threshold: 2, shares: 3)
        let offered = [shared.shares[1], shared.shares[1], shared.shares[0]]
        let opening = try EMS1.open(shares: offered, commitment: shared.commitment, context: Self.context)
        #expect(opening.record == record)
        #expect(opening.verdicts.map(\.error) == [nil, .duplicateIndex, nil])
    }

    @Test func `impossible parameters are refused before anything is sealed`() {
        for (threshold, shares) in [(1, 3), (0, 0), (4, 3), (2, 256), (-1, 5), (300, 300), (Int.max, Int.max)] {
            #expect(throws: EMS1Error.invalidThreshold(threshold: threshold, shares: shares)) {
                try EMS1.seal(record: [1], context: [], threshold: threshold, shares: shares)
            }
        }
        let short = EMS1Secrets(key: [1], recordID: [UInt8](repeating: 0, count: 16), coefficients: [[UInt8](repeating: 0, count: 32)])
        #expect(throws: EMS1Error.badSecretLength) { try EMS1.seal(record: [1], context: [], threshold: 2, shares: 3, secrets: short) }
    }

    @Test func `nothing, or too much, offered is an error and not a trap`() throws {
        let (_, shared) = try Self.sealed(14, threshold: 2, shares: 3)
        #expect(throws: EMS1Error.notEnoughValidShares(valid: 0, needed: nil, verdicts: [])) {
            try EMS1.open(shares: [], commitment: shared.commitment, context: Self.context)
        }
        #expect(throws: EMS1Error.tooManySharesOffered(1025)) {
            try EMS1.open(shares: [[UInt8]](repeating: [], count: 1025), commitment: shared.commitment, context: Self.context)
        }
        #expect(throws: EMS1Error.contextMismatch) { try EMS1.open(shares: shared.shares, commitment: shared.commitment, context: []) }
        #expect(throws: EMS1ShareError.shareCommitmentMismatch) { try EMS1.verify(share: shared.shares[0], commitment: []) }
    }

    @Test func `a dealer's committed but wrong padding is refused`() throws {
        var random = SeededSource(15)
        let secrets = EMS1Secrets(threshold: 3, random: &random)
        // 256 + 16 bytes in three fragments of 91 leave one byte of padding, made 1 here.
        let (header, ciphertext) = try EMS1.encrypt(EMS1Padding.pad([7]), context: Self.context, threshold: 3, secrets: secrets)
        let keyShares = (0..<3).map { KeyPolynomial.share(constant: secrets.key, coefficients: secrets.coefficients, index: $0) }
        let code = try #require(CauchyDispersal(threshold: 3, count: 3))
        let dishonest = EMS1.assemble(
            header: header, epoch: 0, keyShares: keyShares, fragments: code.disperse(ciphertext + [1]), ciphertext: ciphertext)
        #expect(throws: EMS1Error.paddingNotZero) {
            try EMS1.open(shares: dishonest.shares, commitment: dishonest.commitment, context: Self.context)
        }
    }

    @Test func `a dealer's impossible inner length or padding is refused`() throws {
        var inner = EMS1Padding.pad([7])
        for (place, value) in [(0, UInt8(0xFF)), (7, 200), (255, 1)] {
            var random = SeededSource(16)
            let secrets = EMS1Secrets(threshold: 2, random: &random)
            var changed = inner
            changed[place] = value
            let (header, ciphertext) = try EMS1.encrypt(changed, context: [], threshold: 2, secrets: secrets)
            let keyShares = (0..<2).map { KeyPolynomial.share(constant: secrets.key, coefficients: secrets.coefficients, index: $0) }
            let code = try #require(CauchyDispersal(threshold: 2, count: 2))
            let shared = EMS1.assemble(header: header, epoch: 0, keyShares: keyShares, fragments: code.disperse(ciphertext), ciphertext: ciphertext)
            if place == 7 {
                // A longer record with zeros at its end is what these bytes honestly say.
                #expect(try EMS1.open(shares: shared.shares, commitment: shared.commitment, context: []).record.count == 200)
            } else {
                #expect(throws: EMS1Error.badInnerPadding) { try EMS1.open(shares: shared.shares, commitment: shared.commitment, context: []) }
            }
        }
        inner.removeLast()
        #expect(EMS1Padding.unpad(inner) == nil)
        #expect(EMS1Padding.unpad([]) == nil)
    }

    @Test func `no error text holds bytes of a record, key or share`() throws {
        let (_, shared) = try Self.sealed(17, threshold: 2, shares: 3)
        var texts: [String] = []
        do { _ = try EMS1.open(shares: [shared.shares[0], [1, 2, 3]], commitment: shared.commitment, context: Self.context) } catch {
            texts.append("\(error)")
        }
        #expect(texts.count == 1)
        #expect(texts[0].contains("1 valid shares, but 2 are needed"))
        #expect(!texts[0].contains("["))
    }
}
