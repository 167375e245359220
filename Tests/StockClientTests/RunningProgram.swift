import Foundation
import Synchronization

/// A program that runs as a process of its own; its lines are read on a thread, and it ends with this value at the latest.
final class RunningProgram: Sendable {
    private let process: Mutex<Process>
    private let ended: AsyncStream<Int32>
    private let ending: AsyncStream<Int32>.Continuation
    private let errors: String

    /// - Parameter errors: The file to which it writes its standard error.
    init(_ program: String, _ arguments: [String], errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        self.process = Mutex(process)
        self.errors = errors
        (self.ended, self.ending) = AsyncStream.makeStream()
    }

    deinit { self.end() }

    /// Starts it.
    ///
    /// - Returns: The lines of its standard output, to its end.
    func start() throws -> AsyncStream<String> {
        let (lines, input) = AsyncStream<String>.makeStream()
        try Data().write(to: URL(fileURLWithPath: self.errors))
        let output = Pipe()
        let ending = self.ending
        let errors = try FileHandle(forWritingTo: URL(fileURLWithPath: self.errors))
        try self.process.withLock { process in
            process.standardOutput = output
            process.standardError = errors
            process.terminationHandler = { process in
                ending.yield(process.terminationStatus)
                ending.finish()
            }
            try process.run()
        }
        let reader = LineReader(output.fileHandleForReading, input)
        reader.start()
        return lines
    }

    /// Asks it to end as `kill` does.
    func end() {
        self.process.withLock { process in
            if process.isRunning { process.terminate() }
        }
    }

    /// The code with which it ended, once it has.
    func status() async -> Int32 {
        for await status in self.ended { return status }
        return -1
    }
}

/// Reads lines on a thread of its own, for the cooperative pool has none to spare for waiting.
private final class LineReader: Thread {
    private let file: FileHandle
    private let lines: AsyncStream<String>.Continuation

    init(_ file: FileHandle, _ lines: AsyncStream<String>.Continuation) {
        (self.file, self.lines) = (file, lines)
        super.init()
    }

    override func main() {
        var rest: [UInt8] = []
        while case let bytes = self.file.availableData, !bytes.isEmpty {
            rest.append(contentsOf: bytes)
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                self.lines.yield(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeFirst(end + 1)
            }
        }
        self.lines.finish()
    }
}
