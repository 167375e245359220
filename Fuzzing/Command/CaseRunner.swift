import CFuzzing
import FuzzTargets

/// What one case did.
struct CaseOutcome: Sendable {
    let trace: UInt64
    let accepted: Int
    let peakBytes: UInt64
    let totalBytes: UInt64
}

/// Why a case is a finding, beside traps and hangs, which end the process.
enum CaseFailure: Error, CustomStringConvertible {
    case property(FuzzFinding)
    case memory(kind: String, bytes: UInt64, limit: UInt64)

    var description: String {
        switch self {
        case .property(let finding): finding.description
        case .memory(let kind, let bytes, let limit): "memory: \(kind) took \(bytes) bytes, the limit for an input of this size is \(limit)"
        }
    }
}

/// Runs cases one after the other, under the budgets of `FuzzLimits`.
struct CaseRunner: Sendable {
    let channel: FuzzChannel
    var milliseconds = FuzzLimits.milliseconds

    func run(_ target: FuzzTarget, _ bytes: [UInt8]) async throws(CaseFailure) -> CaseOutcome {
        // A copy that stays where it is, for the signal handler.
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        defer { copy.deallocate() }
        _ = copy.initialize(from: bytes)
        let probe = FuzzProbe(inputBytes: bytes.count)
        fuzzing_begin(copy.baseAddress, bytes.count, self.milliseconds)
        do {
            try await target.offer(bytes, to: self.channel, probe)
        } catch {
            _ = fuzzing_end()
            fuzzing_keep("finding")
            throw .property(error)
        }
        let memory = fuzzing_end()
        let size = UInt64(bytes.count)
        let peak = UInt64(FuzzLimits.peakBytes) + size * UInt64(FuzzLimits.peakBytesPerByte)
        let request = UInt64(FuzzLimits.requestBytes) + size * UInt64(FuzzLimits.requestBytesPerByte)
        if memory.peak > peak || memory.largest > request {
            fuzzing_keep("finding")
            if memory.peak > peak { throw .memory(kind: "what was held at one moment", bytes: memory.peak, limit: peak) }
            throw .memory(kind: "one request", bytes: memory.largest, limit: request)
        }
        return CaseOutcome(trace: probe.trace, accepted: probe.accepted, peakBytes: memory.peak, totalBytes: memory.total)
    }
}
