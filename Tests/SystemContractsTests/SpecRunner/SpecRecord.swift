import CryptoPrimitives
import RecordSharing

/// A sealed test record, the same in every run: (4,7), its bytes and secrets made from its name.
struct SpecRecord {
    static let threshold = 4
    static let count = 7
    /// The record of the paper's scheme: short, synthetic, public.
    static let paperRecord = Array("public test record".utf8)

    let shared: SharedRecord

    init(_ name: String) throws {
        let bytes = (0..<40).flatMap { SHA256.hash(Array("content \($0) of test record \(name)".utf8)) }
        let secrets = EMS1Secrets(
            key: SHA256.hash(Array("dispersal key of \(name)".utf8)), recordID: Array(SHA256.hash(Array("header id of \(name)".utf8)).prefix(16)),
            coefficients: (1..<Self.threshold).map { SHA256.hash(Array("coefficient \($0) of \(name)".utf8)) })
        shared = try EMS1.seal(
            record: bytes, context: Array("test".utf8), threshold: Self.threshold, shares: Self.count, secrets: secrets)
    }

    func digest() -> [UInt8] { shared.fragmentCommitment.sealedObjectDigest }

    /// A member of the index in hexadecimal digits.
    func member(_ name: String) throws -> [UInt8] {
        switch name {
        case "objectDigest": Array(Base16.encode(digest()).utf8)
        case "commitment": Array(Base16.encode(shared.commitment).utf8)
        case "fragmentRoot": Array(Base16.encode(shared.fragmentCommitment.root).utf8)
        default: throw SpecFormatError("a test record has no member \(name)")
        }
    }

    func fragment(_ index: Int) throws -> [UInt8] {
        guard shared.fragments.indices.contains(index) else { throw SpecFormatError("a test record has \(Self.count) fragments") }
        return shared.fragments[index]
    }

    func ciphertext() throws -> [UInt8] {
        try EMS1.recombineSealedObject(fragments: shared.fragments, commitment: shared.fragmentCommitment).sealedObject
    }

    static func paperShare(_ threshold: Int, _ count: Int, index: Int) throws -> [UInt8] {
        let shares = try LightweightSharing.split(record: paperRecord, threshold: threshold, shares: count, mode: .lossless)
        guard (1...count).contains(index) else { throw SpecFormatError("indexes of the paper's shares go from 1 to n") }
        return shares[index - 1].bytes
    }
}
