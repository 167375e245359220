import CryptoPrimitives

/// Large records of which only the hashes of the shares are given (`eq1-large/1`).
struct LargeVectorSet: Decodable {
    let vectors: [LargeVector]
}

/// One large block-mode splitting of a counter stream.
struct LargeVector: Decodable {
    let t: Int
    let n: Int
    let block_bits: Int
    let prime: String
    let tag: String
    let size: Int
    let record_sha256: String
    let share_bytes: Int
    let share_sha256: [String]

    private var name: String { "(\(t),\(n)) \(size) bytes" }

    func run(_ result: inout SharingConformance.SetResult) {
        guard (0...Limits.vectorFileBytes).contains(size), let modulus = Equation1Vector.number(prime) else {
            result.run(name) { "the size or the prime is impossible" }
            return
        }
        let record = stream()
        result.run("\(name), record") { Base16.encode(SHA256.hash(record)) == record_sha256 ? nil : "the record differs" }
        let plan: Equation1Plan
        let payloads: [[UInt8]]
        do {
            plan = try Equation1Plan(block: t, count: n, bitCount: size * 8, width: block_bits, modulus: modulus)
            payloads = try plan.split(record)
        } catch {
            result.run(name) { "expected shares, got \(error.name)" }
            return
        }
        result.run(name) {
            guard payloads.allSatisfy({ $0.count == share_bytes }) else { return "the shares do not have \(share_bytes) bytes" }
            return payloads.map { Base16.encode(SHA256.hash($0)) } == share_sha256 ? nil : "the shares differ"
        }
        result.run("\(name), from the last shares") {
            do throws(LightweightSharingError) {
                let recovery = try plan.recover((n - t + 1...n).map { (index: $0, payload: payloads[$0 - 1]) })
                return recovery.record == record ? nil : "another record"
            } catch {
                return "expected the record, got \(error.name)"
            }
        }
    }

    /// SHA-256(tag || u32 i) for i = 0, 1, ..., cut to size.
    private func stream() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + 32)
        var counter: UInt32 = 0
        while bytes.count < size {
            bytes += SHA256.hash(concatenating: Array(tag.utf8), ByteOrder.bytes(counter))
            counter += 1
        }
        return Array(bytes.prefix(size))
    }
}
