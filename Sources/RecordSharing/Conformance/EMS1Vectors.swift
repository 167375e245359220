import CryptoPrimitives

/// Vectors of EMS1 (`ems1-vectors/1`).
struct EMS1VectorSet: Decodable {
    let vectors: [EMS1Vector]
}

/// One sealing with fixed secrets: every intermediate, every share, refused openings, one refresh and one added node.
struct EMS1Vector: Decodable {
    struct Negative: Decodable {
        let kind: String
        let blobs: [String]
        let commitment: String
        let context_hex: String
        let share_errors: [String?]?
        let error: String?
        let expect: String?
        let rejected: [String]?
    }

    struct Refresh: Decodable {
        let epoch: UInt32
        let zero_polynomial_coefficients: [String]
        let commitment: String
        let shares: [String]
        let mix_old_share0_error: String?
    }

    struct AddNode: Decodable {
        let epoch: UInt32
        let n: Int
        let commitment: String
        let new_share: String
    }

    let name: String
    let t: Int
    let n: Int
    let record_hex: String
    let context_hex: String
    let key: String
    let record_id: String
    let shamir_coefficients: [String]
    let epoch: UInt32
    let header: String
    let enc_key: String
    let nonce: String
    let key_commit: String
    let ciphertext_and_tag: String
    let leaf_hashes: [String]
    let merkle_root: String
    let commitment: String
    let shares: [String]
    let recover: [[Int]]?
    let negative: [Negative]?
    let refresh: Refresh?
    let add_node: AddNode?

    static func bytes(_ text: String) -> [UInt8] { Base16.decode(text) ?? [] }

    var record: [UInt8] { Self.bytes(record_hex) }
    var context: [UInt8] { Self.bytes(context_hex) }
    var secrets: EMS1Secrets {
        EMS1Secrets(key: Self.bytes(key), recordID: Self.bytes(record_id), coefficients: shamir_coefficients.map(Self.bytes))
    }

    func run(_ result: inout SharingConformance.SetResult) {
        let files = shares.map(Self.bytes)
        result.run("\(name), seal") { checkSeal(files) }
        result.run("\(name), intermediates") { checkIntermediates() }
        for subset in recover ?? [] {
            result.run("\(name), from \(subset)") {
                let offered = subset.map { files.indices.contains($0) ? files[$0] : [] }
                return expectRecord(offered, commitment: Self.bytes(commitment))
            }
        }
        for negative in negative ?? [] { result.run("\(name), \(negative.kind)") { check(negative, files) } }
        if let refresh { result.run("\(name), refresh") { check(refresh, files) } }
        if let add_node { result.run("\(name), add node") { check(add_node, files) } }
    }

    private func checkSeal(_ files: [[UInt8]]) -> String? {
        do {
            let sealed = try EMS1.seal(record: record, context: context, threshold: t, shares: n, secrets: secrets)
            guard sealed.epoch == epoch else { return "another epoch" }
            guard sealed.commitment == Self.bytes(commitment) else { return "the commitment differs" }
            guard sealed.leafHashes == leaf_hashes.map(Self.bytes) else { return "the leaf hashes differ" }
            return sealed.shares == files ? nil : "the shares differ"
        } catch {
            return "expected shares, got \(error.name)"
        }
    }

    private func checkIntermediates() -> String? {
        do {
            let (built, ciphertext) = try EMS1.encrypt(EMS1Padding.pad(record), context: context, threshold: t, secrets: secrets)
            let keys = try EMS1KeySchedule(key: secrets.key, recordID: secrets.recordID, unkeyedHeader: built.unkeyed)
            guard built.bytes == Self.bytes(header) else { return "the header differs" }
            guard keys.encryptionKey == Self.bytes(enc_key), keys.nonce == Self.bytes(nonce) else { return "the key or nonce differs" }
            guard keys.commitment == Self.bytes(key_commit) else { return "the key commitment differs" }
            guard HashTree.root(leaf_hashes.map(Self.bytes)[...]) == Self.bytes(merkle_root) else { return "the root differs" }
            return ciphertext == Self.bytes(ciphertext_and_tag) ? nil : "the ciphertext differs"
        } catch {
            return "expected a ciphertext, got \(error.name)"
        }
    }

    private func expectRecord(_ offered: [[UInt8]], commitment: [UInt8]) -> String? {
        do {
            return try EMS1.open(shares: offered, commitment: commitment, context: context).record == record ? nil : "another record"
        } catch {
            return "expected the record, got \(error.name)"
        }
    }

    private func expectError(_ offered: [[UInt8]], commitment: [UInt8], error expected: String) -> String? {
        do {
            _ = try EMS1.open(shares: offered, commitment: commitment, context: context)
            return "expected \(expected), got a record"
        } catch {
            return error.name == expected ? nil : "expected \(expected), got \(error.name)"
        }
    }

    private func check(_ negative: Negative, _ files: [[UInt8]]) -> String? {
        let offered = negative.blobs.map { blob in
            guard blob.hasPrefix("share:") else { return Self.bytes(blob) }
            return Int(blob.dropFirst(6)).flatMap { files.indices.contains($0) ? files[$0] : nil } ?? []
        }
        let commitment = Self.bytes(negative.commitment)
        if let expected = negative.share_errors {
            let found = offered.map { file -> String? in
                do throws(EMS1ShareError) {
                    try EMS1.verify(share: file, commitment: commitment)
                    return nil
                } catch {
                    return error.rawValue
                }
            }
            guard found == expected else { return "expected share errors \(expected), got \(found)" }
        }
        do {
            let opening = try EMS1.open(shares: offered, commitment: commitment, context: Self.bytes(negative.context_hex))
            if let expected = negative.error { return "expected \(expected), got a record" }
            guard opening.record == record else { return "another record" }
            let rejected = opening.verdicts.compactMap { $0.error?.rawValue }
            if let expected = negative.rejected, expected != rejected { return "expected \(expected) rejected, got \(rejected)" }
            return nil
        } catch {
            guard let expected = negative.error else { return "expected the record, got \(error.name)" }
            return error.name == expected ? nil : "expected \(expected), got \(error.name)"
        }
    }

    private func check(_ refresh: Refresh, _ files: [[UInt8]]) -> String? {
        do {
            let renewed = try EMS1.refresh(
                shares: files, commitment: Self.bytes(commitment), zeroPolynomial: refresh.zero_polynomial_coefficients.map(Self.bytes))
            guard renewed.epoch == refresh.epoch, renewed.commitment == Self.bytes(refresh.commitment) else { return "the commitment differs" }
            guard renewed.shares == refresh.shares.map(Self.bytes) else { return "the shares differ" }
            if let reason = expectRecord(Array(renewed.shares.suffix(renewed.threshold)), commitment: renewed.commitment) { return reason }
            guard let expected = refresh.mix_old_share0_error, let old = files.first else { return nil }
            return expectError([old] + renewed.shares[1..<renewed.threshold], commitment: renewed.commitment, error: expected)
        } catch {
            return "expected renewed shares, got \(error.name)"
        }
    }

    private func check(_ addition: AddNode, _ files: [[UInt8]]) -> String? {
        do {
            let grown = try EMS1.addNode(shares: files, commitment: Self.bytes(commitment))
            guard grown.epoch == addition.epoch, grown.count == addition.n else { return "another epoch or number of shares" }
            guard grown.commitment == Self.bytes(addition.commitment) else { return "the commitment differs" }
            guard grown.shares.last == Self.bytes(addition.new_share) else { return "the new share differs" }
            return expectRecord(Array(grown.shares.suffix(grown.threshold)), commitment: grown.commitment)
        } catch {
            return "expected one share more, got \(error.name)"
        }
    }
}
