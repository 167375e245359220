import CryptoPrimitives
import Testing

@testable import RecordSharing

/// Recombination of ciphertext alone, as a contract does it, and opening with key parts.
struct FragmentTests {
    @Test func `fragments alone give the ciphertext, and key parts then give the record`() throws {
        let (record, shared) = try EMS1Tests.sealed(31)
        for index in 0..<7 { #expect(try EMS1.verifyFragment(shared.fragments[index], commitment: shared.fragmentCommitment) == index) }
        let recombined = try EMS1.recombineSealedObject(fragments: Array(shared.fragments.suffix(4)), commitment: shared.fragmentCommitment)
        #expect(SHA256.hash(recombined.sealedObject) == shared.fragmentCommitment.sealedObjectDigest)
        let keyParts = try shared.shares.map { try EMS1.keyPart(ofShare: $0) }
        for index in 0..<7 { #expect(try EMS1.verifyKeyPart(keyParts[index], commitment: shared.commitment) == index) }
        let opening = try EMS1.open(
            sealedObject: recombined.sealedObject, keyParts: Array(keyParts.prefix(4)), commitment: shared.commitment, context: EMS1Tests.context)
        #expect(opening.record == record)
        var damaged = recombined.sealedObject
        damaged[10] ^= 1
        #expect(throws: EMS1Error.authenticationFailed) {
            try EMS1.open(sealedObject: damaged, keyParts: keyParts, commitment: shared.commitment, context: EMS1Tests.context)
        }
        #expect(throws: EMS1Error.contextMismatch) {
            try EMS1.open(sealedObject: recombined.sealedObject, keyParts: keyParts, commitment: shared.commitment, context: [])
        }
    }

    @Test func `a fragment file holds nothing of the key`() throws {
        let (_, shared) = try EMS1Tests.sealed(32)
        for (fragment, share) in zip(shared.fragments, shared.shares) {
            let key = try EMS1Share(parsing: share).keyShare
            #expect(!fragment.indices.dropLast(31).contains { Array(fragment[$0..<$0 + 32]) == key })
        }
    }

    /// With one flipped byte in one fragment the ciphertext still comes back and exactly that fragment is named; returns what went wrong.
    private func firstMiss(seed: UInt64, recombine: ([[UInt8]], FragmentCommitment) -> (object: [UInt8], bad: [Int])?) throws -> String? {
        let (_, shared) = try EMS1Tests.sealed(seed)
        let whole = try EMS1.recombineSealedObject(fragments: shared.fragments, commitment: shared.fragmentCommitment).sealedObject
        var random = SeededSource(seed)
        for _ in 0..<40 {
            let victim = Int.random(in: 0..<7, using: &random)
            var fragments = shared.fragments
            let place = Int.random(in: 0..<fragments[victim].count, using: &random)
            fragments[victim][place] ^= UInt8.random(in: 1...255, using: &random)
            guard let found = recombine(fragments, shared.fragmentCommitment) else { return "fragment \(victim) byte \(place): not recombined" }
            guard found.object == whole else { return "fragment \(victim) byte \(place): another object" }
            guard found.bad == [victim] else { return "fragment \(victim) byte \(place): named \(found.bad)" }
        }
        return nil
    }

    @Test func `a changed byte anywhere in a fragment is named and does no harm`() throws {
        let miss = try firstMiss(seed: 33) { fragments, commitment in
            guard let found = try? EMS1.recombineSealedObject(fragments: fragments, commitment: commitment) else { return nil }
            return (found.sealedObject, found.verdicts.filter { $0.error != nil }.map(\.position))
        }
        #expect(miss == nil, "seed 33")
    }

    @Test func `planted bug: recombining without the fragment check is caught`() throws {
        let miss = try firstMiss(seed: 33) { fragments, _ in
            let parsed = fragments.compactMap { try? EMS1Fragment(parsing: $0) }.prefix(4)
            guard let first = parsed.first,
                let padded = try? EMS1.recombine(parsed.map { ($0.index, $0.fragment) }, header: first.header, count: first.count),
                let object = try? EMS1.ciphertext(padded, header: first.header)
            else { return nil }
            return (object, [])
        }
        #expect(miss != nil)
    }

    @Test func `too few fragments and a wrong digest are refused`() throws {
        let (_, shared) = try EMS1Tests.sealed(34)
        #expect {
            try EMS1.recombineSealedObject(fragments: Array(shared.fragments.prefix(3)), commitment: shared.fragmentCommitment)
        } throws: { error in
            guard case EMS1Error.notEnoughValidShares(valid: 3, needed: 4, verdicts: _) = error else { return false }
            return true
        }
        let wrong = FragmentCommitment(root: shared.fragmentCommitment.root, sealedObjectDigest: [UInt8](repeating: 0, count: 32))
        #expect(throws: EMS1Error.sealedObjectDigestMismatch) { try EMS1.recombineSealedObject(fragments: shared.fragments, commitment: wrong) }
        let (_, other) = try EMS1Tests.sealed(35)
        #expect(throws: EMS1ShareError.shareCommitmentMismatch) {
            try EMS1.verifyFragment(other.fragments[0], commitment: shared.fragmentCommitment)
        }
    }

    @Test func `a fragment says its place before it is checked`() throws {
        let (_, shared) = try EMS1Tests.sealed(37, bytes: 10)
        let facts = try EMS1.facts(ofFragment: shared.fragments[6])
        #expect(facts == FragmentFacts(threshold: 4, count: 7, index: 6, recordID: shared.recordID, sealedObjectLength: 272))
    }

    @Test func `the two halves of a share join to the share`() throws {
        let (_, shared) = try EMS1Tests.sealed(36)
        let part = try EMS1.keyPart(ofShare: shared.shares[2])
        #expect(try EMS1.share(keyPart: part, fragment: shared.fragments[2]) == shared.shares[2])
        #expect(throws: EMS1ShareError.shareCommitmentMismatch) { try EMS1.share(keyPart: part, fragment: shared.fragments[3]) }
        #expect(throws: EMS1ShareError.badShareFormat) { try EMS1.verifyKeyPart(shared.shares[2], commitment: shared.commitment) }
    }
}
