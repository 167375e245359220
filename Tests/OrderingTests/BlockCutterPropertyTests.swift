import ChannelConfiguration
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// Random arrivals, timers and reports against a naive reading of interop 7.2.
struct BlockCutterPropertyTests {
    private typealias Step = (BlockCutter.Input) throws -> [BlockCutter.Output]

    /// The rules over the whole history: everything accepted, and the places where it was cut. Nothing is carried along but that.
    private struct NaiveModel {
        let settings: BlockCutter.Settings
        var accepted: [CheckedEnvelope] = []
        /// Ends of batches in `accepted`.
        var ends: [Int] = []
        var consumed = 0
        /// Timers started so far, and whether the last one runs.
        var timers: UInt64 = 0
        var timerRuns = false
        /// Since the last cut: how often it was looked whether something still comes, and what was there the last time.
        var looks = 0
        var seen = 0

        /// How many the last batch held that is consumed.
        var lastCount: Int { self.consumed == 0 ? 0 : self.ends[self.consumed - 1] - (self.consumed == 1 ? 0 : self.ends[self.consumed - 2]) }
        var gathers: Bool {
            guard self.settings.cutsWhenIdle, self.isIdle, self.lastCount > 1 else { return false }
            return self.lastCount > 16 || self.waiting.count < self.lastCount
        }
        var waiting: [CheckedEnvelope] { Array(self.accepted[(self.ends.last ?? 0)...]) }
        var isIdle: Bool { self.consumed == self.ends.count }
        func size(_ envelopes: some Sequence<CheckedEnvelope>) -> Int { envelopes.map(\.sizeBytes).reduce(0, +) }

        func refuses(_ envelope: CheckedEnvelope) -> Bool {
            let done = self.consumed == 0 ? 0 : self.ends[self.consumed - 1]
            let open = self.accepted[done...]
            if open.isEmpty { return false }
            return open.count + 1 > self.settings.unfinishedEnvelopes || self.size(open) + envelope.sizeBytes > self.settings.unfinishedBytes
        }

        mutating func endBatch() -> [BlockCutter.Output] {
            let batch = self.waiting
            if batch.isEmpty { return [] }
            let cancelled: [BlockCutter.Output] = self.timerRuns ? [.cancelTimer(generation: self.timers)] : []
            self.timerRuns = false
            self.looks = 0
            self.seen = 0
            self.ends.append(self.accepted.count)
            return cancelled + [.cut(Batch(batch))]
        }

        mutating func look() -> [BlockCutter.Output] {
            if self.waiting.isEmpty { return [] }
            let cancelled: [BlockCutter.Output] = self.timerRuns ? [.cancelTimer(generation: self.timers)] : []
            self.looks += 1
            self.seen = self.waiting.count
            self.timers += 1
            self.timerRuns = true
            return cancelled + [.startTimer(generation: self.timers, milliseconds: 5)]
        }

        mutating func step(_ input: BlockCutter.Input) -> [BlockCutter.Output] {
            var outputs: [BlockCutter.Output] = []
            let preferred = Int(self.settings.batch.preferredMaxBytes)
            switch input {
            case .timerFired(let generation):
                if self.timerRuns && generation == self.timers {
                    self.timerRuns = false
                    outputs += self.gathers && self.waiting.count > self.seen && self.looks < 8 ? self.look() : self.endBatch()
                }
            case .consumed:
                if !self.isIdle {
                    self.consumed += 1
                    if self.isIdle && self.settings.cutsWhenIdle { outputs += self.gathers ? self.look() : self.endBatch() }
                }
            case .arrived(let envelope):
                let isAlone = envelope.isConfiguration || envelope.sizeBytes > preferred
                if isAlone || self.size(self.waiting + [envelope]) > preferred { outputs += self.endBatch() }
                self.accepted.append(envelope)
                let isFull = self.waiting.count == Int(self.settings.batch.maxMessageCount)
                if isAlone || isFull || self.settings.cutsWhenIdle && self.isIdle && !self.gathers { outputs += self.endBatch() }
                if !self.waiting.isEmpty && !self.timerRuns && self.gathers {
                    outputs += self.look()
                } else if !self.waiting.isEmpty && !self.timerRuns {
                    self.timers += 1
                    self.timerRuns = true
                    outputs.append(.startTimer(generation: self.timers, milliseconds: self.settings.batch.timeoutMilliseconds))
                }
            }
            return outputs
        }
    }

    /// What is wrong with a cutter in one random run; nil when nothing is.
    private func fault(seed: UInt64, _ make: (BlockCutter.Settings) -> Step) -> String? {
        var generator = SeededGenerator(exactSeed: seed)
        let preferred = Int.random(in: 20...200, using: &generator)
        let settings = BlockCutter.Settings(
            batch: BatchConfiguration(
                maxMessageCount: UInt32.random(in: 1...(Bool.random(using: &generator) ? 6 : 40), using: &generator),
                preferredMaxBytes: UInt32(preferred), timeoutMilliseconds: 50),
            cutsWhenIdle: Bool.random(using: &generator), unfinishedEnvelopes: Int.random(in: 5...40, using: &generator),
            unfinishedBytes: preferred * Int.random(in: 2...20, using: &generator))
        // Some runs have envelopes of which many fit into a block, so that batches are large.
        let parts = Bool.random(using: &generator) ? 3 : 20
        let step = make(settings)
        var model = NaiveModel(settings: settings)
        var cuts: [CheckedEnvelope] = []
        for event in 0..<300 {
            let input: BlockCutter.Input
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<12:
                let top = parts == 20 || Bool.random(using: &generator) ? preferred / parts : preferred * 3 / 2
                input = .arrived(
                    .plain(
                        event, size: Int.random(in: 0...top, using: &generator),
                        isConfiguration: Int.random(in: 0..<(parts * 7), using: &generator) == 0))
            case 12..<15: input = .timerFired(generation: model.timers)
            case 15: input = .timerFired(generation: UInt64.random(in: 0...model.timers + 1, using: &generator))
            default: input = .consumed
            }
            do {
                let refused = if case .arrived(let envelope) = input { model.refuses(envelope) } else { false }
                let outputs = try step(input)
                if refused { return "event \(event): took an envelope above its bounds" }
                let expected = model.step(input)
                if outputs != expected { return "event \(event): \(input) gave \(outputs), the model \(expected)" }
                for case .cut(let batch) in outputs {
                    cuts += batch.envelopes
                    if let fault = self.fault(in: batch, settings) { return "event \(event): \(fault)" }
                }
            } catch {
                guard case .arrived(let envelope) = input, model.refuses(envelope) else { return "event \(event): refused \(input)" }
            }
        }
        return cuts + model.waiting == model.accepted ? nil : "envelopes were lost, doubled or moved"
    }

    private func fault(in batch: Batch, _ settings: BlockCutter.Settings) -> String? {
        if batch.envelopes.isEmpty { return "an empty batch" }
        if batch.envelopes.count == 1 { return nil }
        if batch.envelopes.count > Int(settings.batch.maxMessageCount) { return "too many envelopes in a batch" }
        if batch.sizeBytes > Int(settings.batch.preferredMaxBytes) { return "a batch above the preferred size" }
        return batch.envelopes.contains(where: \.isConfiguration) ? "a configuration in company" : nil
    }

    private var seeds: [UInt64] {
        let first = SeededGenerator(seed: 7_200).seed
        return (0..<150).map { first &+ $0 }
    }

    @Test func `any arrivals, timers and reports give the batches of the naive model`() {
        for seed in self.seeds {
            let fault = self.fault(seed: seed) { settings in
                var cutter = BlockCutter(settings)
                return { try cutter.step($0) }
            }
            #expect(fault == nil, "SELVAGE_SEED=\(seed)")
        }
    }

    @Test func `a cutter that loses the envelope after an oversized one is caught`() {
        let faults = self.seeds.compactMap { seed in
            self.fault(seed: seed) { settings in
                var cutter = BlockCutter(settings)
                var losesNext = false
                return { input in
                    guard case .arrived(let envelope) = input else { return try cutter.step(input) }
                    let isLost = losesNext
                    losesNext = envelope.sizeBytes > Int(settings.batch.preferredMaxBytes)
                    return isLost ? [] : try cutter.step(input)
                }
            }
        }
        #expect(faults.count > 60)
    }

    @Test func `a cutter that believes a stale timer is caught`() {
        let faults = self.seeds.compactMap { seed in
            self.fault(seed: seed) { settings in
                var cutter = BlockCutter(settings)
                var latest: UInt64 = 0
                return { input in
                    var input = input
                    if case .timerFired = input { input = .timerFired(generation: latest) }
                    let outputs = try cutter.step(input)
                    for case .startTimer(let generation, _) in outputs { latest = generation }
                    return outputs
                }
            }
        }
        #expect(faults.count > 50)
    }
}
