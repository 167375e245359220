import CryptoPrimitives
import Testing

@testable import RecordSharing

struct Equation1Tests {
    @Test(arguments: LightweightSharing.Mode.allCases)
    func `any t shares as files give the record back`(mode: LightweightSharing.Mode) throws {
        var random = SeededSource(51)
        let record = Array("Patient 17: blood pressure 120/80, no allergies known.".utf8)
        let shares = try LightweightSharing.split(record: record, threshold: 4, shares: 7, mode: mode)
        for _ in 0..<5 {
            let files = shares.shuffled(using: &random).prefix(4).map(\.bytes)
            let recovery = try LightweightSharing.recover(files.map { try LightweightShare(parsing: $0) })
            #expect(recovery.record == record)
            #expect(recovery.wrongShares == [])
        }
    }

    @Test func `half the surplus of wrong shares is corrected and named, more is detected`() throws {
        let record = Array("a record of some length, longer than one block of bits".utf8)
        var shares = try LightweightSharing.split(record: record, threshold: 3, shares: 7, mode: .block)
        func damage(_ index: Int) {
            var payload = shares[index].payload
            payload[payload.count - 1] ^= 1
            let old = shares[index]
            shares[index] = LightweightShare(
                mode: old.mode, threshold: old.threshold, count: old.count, index: old.index, bitCount: old.bitCount, payload: payload)
        }
        damage(1)
        damage(5)
        let recovery = try LightweightSharing.recover(shares)
        #expect(recovery.record == record)
        #expect(recovery.wrongShares == [2, 6])
        damage(3)
        #expect(throws: LightweightSharingError.inconsistentShares) { try LightweightSharing.recover(shares) }
        #expect(throws: LightweightSharingError.inconsistentShares) { try LightweightSharing.recover(Array(shares.prefix(4))) }
    }

    /// Splitting then recovering gives the same record for every byte pattern, or splitting refuses; returns the first record silently changed.
    private func firstChange(split: (Equation1Plan, [UInt8]) -> [[UInt8]]?) throws -> [UInt8]? {
        for value in 0...255 {
            for pattern in [[UInt8(value), 0xFF, UInt8(value), 0xFF], [UInt8(value), UInt8(value), UInt8(value), UInt8(value)]] {
                let plan = try Equation1Plan(mode: .paper, threshold: 4, count: 7, bitCount: 32)
                guard let payloads = split(plan, pattern) else { continue }
                let recovered = try? plan.recover((1...4).map { (index: $0, payload: payloads[$0 - 1]) }).record
                if recovered != pattern { return pattern }
            }
        }
        return nil
    }

    @Test func `the paper's prime refuses a record rather than change it`() throws {
        #expect(try firstChange { plan, record in try? plan.split(record) } == nil)
    }

    @Test func `planted bug: splitting without the range check is caught`() throws {
        let changed = try firstChange { plan, record in
            try? Equation1Code(plan, field: BigField(modulus: plan.modulus)).split(record, unchecked: true)
        }
        #expect(changed != nil)
    }

    @Test func `any t rows are independent when p is above n, and p up to n is refused`() throws {
        for prime in [5, 7, 11, 13] as [UInt64] {
            for count in 2...6 {
                for threshold in 2...count {
                    let plan = try? Equation1Plan(block: threshold, count: count, bitCount: 8, width: 2, modulus: BigNumber(prime))
                    guard prime > count else {
                        #expect(plan == nil)
                        continue
                    }
                    let code = try Equation1Code(try #require(plan), field: WordField(modulus: prime))
                    var search = ConsistencySearch(code: code, received: [:])
                    for subset in Self.subsets(of: count, size: threshold) { #expect(throws: Never.self) { try search.inverse(subset) } }
                }
            }
        }
    }

    @Test func `planted bug: a prime up to n gives rows that are not independent`() {
        // 2 x 2 of Eq. (3) has determinant 2! = 2, so modulo 2 it has no inverse: the field-size check is what keeps this from happening.
        let field = WordField(modulus: 2)
        #expect(field.subtract(field.multiply(1, field.element(3)), 1) == 0)
        #expect(throws: LightweightSharingError.fieldTooSmall(shares: 2)) {
            try Equation1Plan(block: 2, count: 2, bitCount: 8, width: 1, modulus: BigNumber(2))
        }
    }

    private static func subsets(of count: Int, size: Int) -> [[Int]] {
        (0..<1 << count).filter { $0.nonzeroBitCount == size }.map { mask in (1...count).filter { mask >> ($0 - 1) & 1 == 1 } }
    }

    @Test func `the linear-time form equals the matrix`() throws {
        let plan = try Equation1Plan(mode: .block, threshold: 6, count: 9, bitCount: 1000)
        let field = try #require(plan.wordField)
        let code = try Equation1Code(plan, field: field)
        var random = SeededSource(52)
        let values = (0..<6).map { _ in UInt64.random(in: 0..<WordField.mersenne61, using: &random) }
        #expect(code.encode(values) == code.matrix.map { field.dot($0, values) })
        // Row i of Eq. (1) itself: s_1 + ... + s_(i-1) + i x_i + x_(i+1) + ... + x_t.
        let shares = code.encode(values)
        for row in 0..<6 {
            let before = shares[..<row].reduce(0, field.add)
            let own = field.multiply(field.element(row + 1), values[row])
            #expect(shares[row] == field.add(field.add(before, own), values[(row + 1)...].reduce(0, field.add)))
        }
    }

    @Test func `words and big numbers compute the same field`() throws {
        var random = SeededSource(53)
        for modulus in [WordField.mersenne61, 65537, 251, (1 << 62) - 57] as [UInt64] {
            let word = WordField(modulus: modulus)
            let big = BigField(modulus: BigNumber(modulus))
            for _ in 0..<50 {
                let (a, b) = (UInt64.random(in: 0..<modulus, using: &random), UInt64.random(in: 0..<modulus, using: &random))
                #expect(BigNumber(word.multiply(a, b)) == big.multiply(BigNumber(a), BigNumber(b)))
                #expect(BigNumber(word.subtract(a, b)) == big.subtract(BigNumber(a), BigNumber(b)))
                #expect(BigNumber(word.add(a, b)) == big.add(BigNumber(a), BigNumber(b)))
            }
        }
    }

    @Test func `seven of eight shares of plain ASCII give the whole record, so this is not confidentiality`() throws {
        // With t = 8 the interleaver puts the top bit of every byte, zero in ASCII, in one column: that is the eighth equation.
        let record = Array("hypertension, stage two".utf8)
        let plan = try Equation1Plan(mode: .lossless, threshold: 8, count: 8, bitCount: record.count * 8)
        let code = try Equation1Code(plan, field: BigField(modulus: plan.modulus))
        let payloads = try plan.split(record)
        let field = code.field
        let known = payloads[1..<8].map { field.element(bigEndian: $0[...]) ?? .zero }
        // Subtracting combinations of the seven known rows, the missing first row is the one that makes column 1 zero.
        var search = ConsistencySearch(code: code, received: [:])
        let inverse = try search.inverse(Array(1...8))
        let rest = field.dot(Array(inverse[0].dropFirst()), known)
        let scale = try #require(field.inverse(inverse[0][0]))
        let missing = field.multiply(field.subtract(.zero, rest), scale)
        var guessed: [UInt8] = []
        field.append(missing, count: plan.elementBytes, to: &guessed)
        let stolen = try plan.recover([(index: 1, payload: guessed)] + (2...8).map { (index: $0, payload: payloads[$0 - 1]) })
        #expect(stolen.record == record)
    }

    @Test func `a record's length in bits is kept and its unused bits must be zero`() throws {
        let shares = try LightweightSharing.split(record: [0xAB, 0xE0], bitCount: 11, threshold: 2, shares: 3, mode: .lossless)
        #expect(try LightweightSharing.recover(Array(shares.suffix(2))).record == [0xAB, 0xE0])
        #expect(throws: LightweightSharingError.recordLengthMismatch(bytes: 2, bits: 11)) {
            try LightweightSharing.split(record: [0xAB, 0xF0], bitCount: 11, threshold: 2, shares: 3, mode: .lossless)
        }
        #expect(throws: LightweightSharingError.recordLengthMismatch(bytes: 1, bits: 11)) {
            try LightweightSharing.split(record: [0xAB], bitCount: 11, threshold: 2, shares: 3, mode: .lossless)
        }
    }

    @Test func `recovering names what is wrong with the list`() throws {
        let shares = try LightweightSharing.split(record: Array("some record".utf8), threshold: 2, shares: 3, mode: .block)
        let other = try LightweightSharing.split(record: Array("other record".utf8), threshold: 2, shares: 3, mode: .block)
        #expect(throws: LightweightSharingError.notEnoughShares(given: 0, needed: 2)) { try LightweightSharing.recover([]) }
        #expect(throws: LightweightSharingError.notEnoughShares(given: 1, needed: 2)) { try LightweightSharing.recover([shares[0]]) }
        #expect(throws: LightweightSharingError.duplicateIndex(1)) { try LightweightSharing.recover([shares[0], shares[0]]) }
        #expect(throws: LightweightSharingError.headersDiffer(position: 1)) { try LightweightSharing.recover([shares[0], other[1]]) }
        let short = LightweightShare(mode: .block, threshold: 2, count: 3, index: 2, bitCount: shares[0].bitCount, payload: [1])
        #expect(throws: LightweightSharingError.shareLengthMismatch(index: 2, expected: 8, found: 1)) {
            try LightweightSharing.recover([shares[0], short])
        }
        let high = LightweightShare(
            mode: .block, threshold: 2, count: 3, index: 2, bitCount: shares[0].bitCount, payload: [UInt8](repeating: 0xFF, count: 8))
        #expect(throws: LightweightSharingError.elementOutOfRange(index: 2, block: 0)) { try LightweightSharing.recover([shares[0], high]) }
    }

    @Test func `lengths from a hostile header are refused without work`() throws {
        for (mode, bits) in [(LightweightSharing.Mode.block, UInt64.max), (.paper, 1 << 40), (.lossless, 1 << 20), (.block, 1 << 34)] {
            let share = LightweightShare(mode: mode, threshold: 2, count: 3, index: 1, bitCount: bits, payload: [1, 2, 3])
            #expect(throws: LightweightSharingError.self) { try LightweightSharing.recover([share, share]) }
        }
        #expect(throws: LightweightSharingError.invalidThreshold(threshold: 2, shares: 256)) {
            try LightweightSharing.split(record: [1], threshold: 2, shares: 256, mode: .block)
        }
    }
}
