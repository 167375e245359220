import CFuzzing
import Dispatch
import Foundation
import FuzzTargets
import Glibc
import Synchronization

/// The run that libFuzzer guides by coverage: it calls `GuidedRun.one` with inputs and learns from the instrumented code which were new.
enum GuidedRun {
    private typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private typealias Driver = @convention(c) (UnsafeMutablePointer<CInt>, UnsafeMutablePointer<Arguments?>, Callback) -> CInt

    /// What every case needs, read once.
    private struct Setting: Sendable {
        let target: FuzzTarget
        let runner: CaseRunner
        /// Inputs whose pieces come into others.
        let donors: [[UInt8]]
        let cpuMicroseconds: UInt64
    }

    private static let setting: Setting? = {
        guard let target = Self.target(ofProgram: CommandLine.arguments[0]) else { return nil }
        let environment = ProcessInfo.processInfo.environment
        let corpus = InputFolder(path: environment["FUZZ_CORPUS"] ?? "Tests/FuzzTests/Corpus")
        do {
            return Setting(
                target: target, runner: CaseRunner(channel: try corpus.channel()), donors: corpus.inputs(target.corpus).map(\.bytes),
                cpuMicroseconds: (environment["FUZZ_CPU_SECONDS"].flatMap { UInt64($0) } ?? 0) * 1_000_000)
        } catch {
            InputFolder.say("the corpus in \(corpus.path) cannot be read: \(error); run this at the top of the repository, or set FUZZ_CORPUS")
            return nil
        }
    }()

    private static let cases = Atomic<UInt64>(0)

    /// The target that a program is named after, as in `fuzz-block`.
    static func target(ofProgram path: String) -> FuzzTarget? {
        guard let name = path.split(separator: "/").last, name.hasPrefix("fuzz-") else { return nil }
        return FuzzTarget(rawValue: String(name.dropFirst(5)))
    }

    /// Hands the process to libFuzzer, when it is linked.
    static func start(_ target: FuzzTarget) -> Never {
        guard let symbol = dlsym(nil, "LLVMFuzzerRunDriver") else {
            InputFolder.say("this program was built without libFuzzer; build it with scripts/fuzz")
            exit(3)
        }
        guard self.setting != nil else { exit(3) }
        // Processor time: libFuzzer's own limit is by the clock, and on a busy machine would call any case a hang.
        fuzzing_guard_time()
        let driver = unsafeBitCast(symbol, to: Driver.self)
        var count = CommandLine.argc
        var arguments: Arguments? = CommandLine.unsafeArgv
        exit(driver(&count, &arguments) { GuidedRun.one($0, $1) })
    }

    /// One case; the process ends here when it is a finding, and libFuzzer keeps the input.
    private static func one(_ pointer: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        guard let setting = self.setting else { return 0 }
        let bytes = Array(UnsafeBufferPointer(start: pointer, count: count))
        let done = DispatchSemaphore(value: 0)
        Task {
            do {
                _ = try await setting.runner.run(setting.target, bytes)
            } catch {
                InputFolder.say("FINDING: \(error)")
                abort()
            }
            done.signal()
        }
        done.wait()
        let number = self.cases.add(1, ordering: .relaxed).newValue
        if setting.cpuMicroseconds > 0, number % 64 == 0, fuzzing_cpu_microseconds() > setting.cpuMicroseconds {
            // libFuzzer ends in good order and prints what it found.
            raise(SIGUSR1)
        }
        return 0
    }

    /// Changes an input in place; the result is its new length.
    fileprivate static func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, donor: [UInt8]?, room: Int, seed: CUnsignedInt) -> Int {
        guard room > 0 else { return 0 }
        var random = FuzzRandom(seed: UInt64(seed))
        let input = Array(UnsafeBufferPointer(start: data, count: size))
        let donor = donor ?? random.pick(self.setting?.donors ?? []) ?? input
        let mutator = Mutator(maximumBytes: room) { bytes, _ in self.libFuzzerMutation(of: bytes) }
        let output = mutator.mutate(input, donor: donor, &random)
        for (index, byte) in output.enumerated() { data[index] = byte }
        return output.count
    }

    /// libFuzzer's own mutation, which knows the values that comparisons were made with.
    private static func libFuzzerMutation(of bytes: [UInt8]) -> [UInt8] {
        typealias Mutation = @convention(c) (UnsafeMutablePointer<UInt8>, Int, Int) -> Int
        guard let symbol = self.mutationSymbol.pointer else { return bytes }
        let mutation = unsafeBitCast(symbol, to: Mutation.self)
        let room = max(16, bytes.count * 2)
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            _ = buffer.update(fromContentsOf: bytes)
            guard let base = buffer.baseAddress else { return }
            count = mutation(base, bytes.count, room)
        }
    }

    /// A function's address; it does not change while the process lives.
    private struct Symbol: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer?
    }

    private static let mutationSymbol = Symbol(pointer: dlsym(nil, "LLVMFuzzerMutate"))
}

/// libFuzzer finds this by its name and calls it in place of its own mutation.
@_cdecl("LLVMFuzzerCustomMutator")
public func llvmFuzzerCustomMutator(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ room: Int, _ seed: CUnsignedInt) -> Int {
    GuidedRun.mutate(data, size, donor: nil, room: room, seed: seed)
}

/// The same for making one input of two.
@_cdecl("LLVMFuzzerCustomCrossOver")
public func llvmFuzzerCustomCrossOver(
    _ first: UnsafePointer<UInt8>, _ firstSize: Int, _ second: UnsafePointer<UInt8>, _ secondSize: Int, _ output: UnsafeMutablePointer<UInt8>,
    _ room: Int, _ seed: CUnsignedInt
) -> Int {
    let size = min(firstSize, room)
    output.update(from: first, count: size)
    return GuidedRun.mutate(
        output, size, donor: Array(UnsafeBufferPointer(start: second, count: secondSize)), room: room, seed: seed)
}
