import CryptoPrimitives
import Testing

@testable import RecordSharing

struct EMS1RenewTests {
    @Test func `a refresh from any t shares gives new shares that do not combine with old ones`() throws {
        let (record, shared) = try EMS1Tests.sealed(21)
        var random = SeededSource(22)
        let renewed = try EMS1.refresh(shares: Array(shared.shares.suffix(4)), commitment: shared.commitment, random: &random)
        #expect(renewed.epoch == 1)
        #expect(renewed.fragments == shared.fragments)
        #expect(renewed.fragmentCommitment == shared.fragmentCommitment)
        #expect(zip(renewed.shares, shared.shares).allSatisfy { $0 != $1 })
        #expect(try EMS1.open(shares: renewed.shares, commitment: renewed.commitment, context: EMS1Tests.context).record == record)
        // Even someone who forged the file around an old key share does not get the key: three new shares and an old one miss it.
        let parsed = try renewed.shares.map { try EMS1Share(parsing: $0) }
        let old = try EMS1Share(parsing: shared.shares[0])
        let mixed = [(index: 0, key: old.keyShare)] + parsed[1..<4].map { (index: $0.index, key: $0.keyShare) }
        #expect(throws: EMS1Error.keyCommitmentMismatch) { try EMS1.keys(from: mixed, header: old.header) }
    }

    @Test func `refreshes and added nodes follow each other`() throws {
        let (record, shared) = try EMS1Tests.sealed(23, threshold: 3, shares: 5)
        let grown = try EMS1.addNode(shares: Array(shared.shares.prefix(3)), commitment: shared.commitment)
        let renewed = try EMS1.refresh(shares: Array(grown.shares.suffix(3)), commitment: grown.commitment)
        #expect(renewed.epoch == 2)
        #expect(renewed.count == 6)
        #expect(try EMS1.open(shares: Array(renewed.shares.suffix(3)), commitment: renewed.commitment, context: EMS1Tests.context).record == record)
    }

    @Test func `renewing needs t valid shares and a valid polynomial`() throws {
        let (_, shared) = try EMS1Tests.sealed(24, threshold: 3, shares: 5)
        #expect {
            try EMS1.refresh(shares: Array(shared.shares.prefix(2)), commitment: shared.commitment)
        } throws: { error in
            guard case EMS1Error.notEnoughValidShares(valid: 2, needed: 3, verdicts: _) = error else { return false }
            return true
        }
        #expect(throws: EMS1Error.badSecretLength) {
            try EMS1.refresh(shares: shared.shares, commitment: shared.commitment, zeroPolynomial: [[1]])
        }
    }

    @Test func `shares that do not belong together are not renewed`() throws {
        var random = SeededSource(25)
        let secrets = EMS1Secrets(threshold: 2, random: &random)
        let (header, ciphertext) = try EMS1.encrypt(EMS1Padding.pad([7]), context: [], threshold: 2, secrets: secrets)
        var keyShares = (0..<3).map { KeyPolynomial.share(constant: secrets.key, coefficients: secrets.coefficients, index: $0) }
        keyShares[2][0] ^= 1
        let code = try #require(CauchyDispersal(threshold: 2, count: 3))
        let dishonest = EMS1.assemble(header: header, epoch: 0, keyShares: keyShares, fragments: code.disperse(ciphertext), ciphertext: ciphertext)
        #expect(throws: EMS1Error.inconsistentDealer) {
            try EMS1.refresh(shares: Array(dishonest.shares.prefix(2)), commitment: dishonest.commitment)
        }
    }

    @Test func `the last epoch and the last index end renewal`() throws {
        let (_, shared) = try EMS1Tests.sealed(26, threshold: 2, shares: 255)
        #expect(throws: EMS1Error.invalidThreshold(threshold: 2, shares: 256)) {
            try EMS1.addNode(shares: Array(shared.shares.prefix(2)), commitment: shared.commitment)
        }
        var random = SeededSource(27)
        let secrets = EMS1Secrets(threshold: 2, random: &random)
        let (header, ciphertext) = try EMS1.encrypt(EMS1Padding.pad([7]), context: [], threshold: 2, secrets: secrets)
        let keyShares = (0..<2).map { KeyPolynomial.share(constant: secrets.key, coefficients: secrets.coefficients, index: $0) }
        let code = try #require(CauchyDispersal(threshold: 2, count: 2))
        let last = EMS1.assemble(
            header: header, epoch: .max, keyShares: keyShares, fragments: code.disperse(ciphertext), ciphertext: ciphertext)
        #expect(throws: EMS1Error.epochExhausted) { try EMS1.refresh(shares: last.shares, commitment: last.commitment) }
    }

    @Test func `a lost share is repaired byte for byte and no part shows a helper's share`() throws {
        let (_, shared) = try EMS1Tests.sealed(28)
        let helpers = [0, 2, 3, 6]
        let target = 5
        var random = SeededSource(29)
        let parts = try helpers.map { try EMS1.repairParts(ofShare: shared.shares[$0], helpers: helpers, target: target, random: &random) }
        for (helper, row) in zip(helpers, parts) {
            let share = try EMS1Share(parsing: shared.shares[helper])
            #expect(!row.contains(share.keyShare))
        }
        let sums = try (0..<4).map { receiver in try EMS1.repairSum(ofParts: parts.map { $0[receiver] }) }
        let repaired = try EMS1.repair(
            target: target, epoch: 0, sums: sums, fragments: helpers.map { shared.fragments[$0] }, fragmentCommitment: shared.fragmentCommitment,
            leafHashes: shared.leafHashes, commitment: shared.commitment)
        #expect(repaired == shared.shares[target])
        var wrong = sums
        wrong[1][0] ^= 1
        #expect(throws: EMS1RepairError.doesNotMatchCommitment) {
            try EMS1.repair(
                target: target, epoch: 0, sums: wrong, fragments: shared.fragments, fragmentCommitment: shared.fragmentCommitment,
                leafHashes: shared.leafHashes, commitment: shared.commitment)
        }
    }

    @Test func `repair refuses impossible helpers and parts`() throws {
        let (_, shared) = try EMS1Tests.sealed(30)
        for (helpers, target) in [
            ([0, 1, 2], 5), ([0, 1, 2, 2], 5), ([1, 2, 3, 4], 5), ([0, 1, 2, 9], 5), ([0, 1, 2, 3], 3), ([0, 1, 2, 3], 7),
        ] {
            #expect(throws: EMS1RepairError.badHelpers) { try EMS1.repairParts(ofShare: shared.shares[0], helpers: helpers, target: target) }
        }
        #expect(throws: EMS1RepairError.badPart) { try EMS1.repairSum(ofParts: []) }
        #expect(throws: EMS1RepairError.badPart) { try EMS1.repairSum(ofParts: [[1]]) }
        #expect(throws: EMS1RepairError.badShare(.truncatedShare)) { try EMS1.repairParts(ofShare: [], helpers: [0, 1, 2, 3], target: 5) }
    }
}
