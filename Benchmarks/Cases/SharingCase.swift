import CryptoPrimitives
import RecordSharing

/// Sealing and opening a record of 100 KB among seven custodians of whom four are needed, and the arithmetic below.
struct SharingCase {
    private static let recordBytes = 102_400
    private static let repetitions = 20
    private static let threshold = 4
    private static let shares = 7

    let rounds: Int

    private struct Measured {
        var seal = Samples()
        var openData = Samples()
        var openParity = Samples()
        var digest = Samples()
        var cipher = Samples()
        var disperse = Samples()
        var recombine = Samples()
        var splitEquation1 = Samples()
        var recoverEquation1 = Samples()
    }

    func run() throws -> CaseReport {
        var measured = Measured()
        let record = (0..<Self.recordBytes).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 8) }
        // The first round warms up.
        var warmUp = Measured()
        try self.round(record, &warmUp)
        for _ in 0..<self.rounds { try self.round(record, &measured) }
        return CaseReport(
            name: .sharing, title: "a record of \(Self.recordBytes) bytes, (\(Self.threshold),\(Self.shares)), one thread",
            iterations: "\(self.rounds) rounds of \(Self.repetitions) repetitions after one to warm up; speeds in bytes of the record per CPU second",
            figures: self.figures(measured))
    }

    private func figures(_ measured: Measured) -> [Figure] {
        var passes = Samples()
        for (digest, cipher) in zip(measured.digest.values, measured.cipher.values) { passes.add(digest + cipher) }
        func speed(_ name: String, _ samples: Samples, unit: String = "MB/s") -> Figure {
            Figure(name: name, value: Double(Self.recordBytes) / samples.median * (unit == "GB/s" ? 1 : 1e3), unit: unit)
        }
        func besidePasses(_ name: String, _ samples: Samples) -> Figure {
            Figure(
                name: name, value: samples.median / 1e3, unit: "us",
                reference: Figure.Reference(
                    name: "1 SHA-256 and 1 AES-256-GCM over it, us", value: passes.median / 1e3, ratio: (samples / passes).median))
        }
        return [
            besidePasses("EMS1 seal", measured.seal), speed("EMS1 seal, speed", measured.seal, unit: "GB/s"),
            besidePasses("EMS1 open, from the four data shares", measured.openData),
            speed("EMS1 open, from the four data shares, speed", measured.openData, unit: "GB/s"),
            besidePasses("EMS1 open, one data share and three parity shares", measured.openParity),
            speed("EMS1 open, with parity shares, speed", measured.openParity, unit: "GB/s"),
            speed("SHA-256", measured.digest, unit: "GB/s"), speed("AES-256-GCM", measured.cipher, unit: "GB/s"),
            speed("GF(2^8) dispersal", measured.disperse), speed("GF(2^8) recombination, three rows missing", measured.recombine),
            speed("Eq. (1), block mode, split", measured.splitEquation1), speed("Eq. (1), block mode, recover", measured.recoverEquation1),
        ]
    }

    private func round(_ record: [UInt8], _ measured: inout Measured) throws {
        let context = Array("benchmark".utf8)
        let sealed = try EMS1.seal(record: record, context: context, threshold: Self.threshold, shares: Self.shares)
        let opening = try EMS1.open(shares: Array(sealed.shares.suffix(Self.threshold)), commitment: sealed.commitment, context: context)
        guard opening.record == record else { throw WorkloadError.refused("a sealed record did not open") }
        measured.seal.add(
            try Self.time { keep(try EMS1.seal(record: record, context: context, threshold: Self.threshold, shares: Self.shares)) })
        for (shares, samples) in [
            (Array(sealed.shares.prefix(Self.threshold)), \Measured.openData), (Array(sealed.shares.suffix(Self.threshold)), \Measured.openParity),
        ] {
            measured[keyPath: samples].add(
                try Self.time { keep(try EMS1.open(shares: shares, commitment: sealed.commitment, context: context)) })
        }
        let key = [UInt8](repeating: 7, count: 32)
        let nonce = [UInt8](repeating: 9, count: AESGCM.nonceLength)
        measured.digest.add(Self.time { keep(SHA256.hash(record)) })
        measured.cipher.add(try Self.time { keep(try AESGCM.seal(record, key: key, nonce: nonce, authenticating: context)) })
        try self.arithmetic(record, &measured)
    }

    private func arithmetic(_ record: [UInt8], _ measured: inout Measured) throws {
        guard let dispersal = CauchyDispersal(threshold: Self.threshold, count: Self.shares) else {
            throw WorkloadError.refused("(\(Self.threshold),\(Self.shares)) cannot be dispersed")
        }
        let fragments = dispersal.disperse(record)
        let last = (Self.shares - Self.threshold..<Self.shares).map { (index: $0, bytes: fragments[$0]) }
        measured.disperse.add(Self.time { keep(dispersal.disperse(record)) })
        measured.recombine.add(Self.time { keep(dispersal.recombine(last)) })
        let split = try LightweightSharing.split(record: record, threshold: Self.threshold, shares: Self.shares, mode: .block)
        let chosen = Array(split.suffix(Self.threshold))
        guard try LightweightSharing.recover(chosen).record == record else { throw WorkloadError.refused("a split record was not recovered") }
        measured.splitEquation1.add(
            try Self.time {
                keep(try LightweightSharing.split(record: record, threshold: Self.threshold, shares: Self.shares, mode: .block))
            })
        measured.recoverEquation1.add(try Self.time { keep(try LightweightSharing.recover(chosen)) })
    }

    /// CPU nanoseconds of one repetition.
    private static func time(_ work: () throws -> Void) rethrows -> Double {
        try CPUTime.spent { for _ in 0..<self.repetitions { try work() } } / Double(self.repetitions)
    }
}
