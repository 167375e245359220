/// Calls that would make bytes depend on the moment, the machine or luck, and calls that end the process.
enum BannedCallCheck {
    struct Ban: Sendable {
        let call: String
        let reason: String
        /// Banned in the modules below this level only.
        var belowLevel = Int.max
    }

    static let bans: [Ban] = [
        Ban(call: "Date()", reason: "time is passed in"),
        Ban(call: "Date.now", reason: "time is passed in"),
        Ban(call: "time(nil)", reason: "time is passed in"),
        Ban(call: "time(&", reason: "time is passed in"),
        Ban(call: "clock_gettime(", reason: "time is passed in"),
        Ban(call: "gettimeofday(", reason: "time is passed in"),
        Ban(call: "ContinuousClock", reason: "time is passed in", belowLevel: ImportCheck.levelOfHosts),
        Ban(call: "SuspendingClock", reason: "time is passed in", belowLevel: ImportCheck.levelOfHosts),
        Ban(call: "getenv(", reason: "settings are passed in"),
        Ban(call: "ProcessInfo", reason: "settings are passed in"),
        Ban(call: "arc4random", reason: "randomness is passed in as a RandomSource"),
        Ban(call: "SystemRandomNumberGenerator", reason: "randomness is passed in as a RandomSource"),
        Ban(call: ".random(", reason: "randomness is passed in as a RandomSource"),
        Ban(call: ".randomElement(", reason: "randomness is passed in as a RandomSource"),
        Ban(call: ".shuffled(", reason: "randomness is passed in as a RandomSource"),
        Ban(call: ".shuffle(", reason: "randomness is passed in as a RandomSource"),
        Ban(call: "UUID()", reason: "randomness is passed in as a RandomSource"),
        Ban(call: "Task.detached", reason: "tasks are children of a task group"),
        Ban(call: "try!", reason: "bad input is a typed error"),
        Ban(call: "as!", reason: "bad input is a typed error"),
        Ban(call: "fatalError(", reason: "bad input is a typed error, a broken invariant a precondition"),
        Ban(call: "print(", reason: "only the command line prints", belowLevel: ImportCheck.levelOfHosts),
        Ban(call: "debugPrint(", reason: "only the command line prints", belowLevel: ImportCheck.levelOfHosts),
        Ban(call: "dump(", reason: "only the command line prints", belowLevel: ImportCheck.levelOfHosts),
    ]

    /// The calls that have to be explained where they stand.
    static let toExplain = ["@unchecked Sendable", "nonisolated(unsafe)"]

    static func findings(in file: SourceFile, table: ModuleTable) -> [Finding] {
        guard let module = file.module else { return [] }
        let level = table.row(of: module)?.level ?? 0
        let code = CodeOnly(file.text)
        var findings: [Finding] = []
        for ban in self.bans where level < ban.belowLevel && !table.isExcepted(ban.call, in: file.path) {
            for offset in code.offsets(of: ban.call) where self.isWhole(ban.call, at: offset, in: code) {
                // Drawing from a generator that was passed in is what the rule asks for.
                if ban.call.hasPrefix("."), code.rest(from: offset).contains("using:") { continue }
                findings.append(Finding(path: file.path, line: code.line(at: offset), message: "\(ban.call) is banned: \(ban.reason)"))
            }
        }
        return findings + self.unexplained(in: file, code: code)
    }

    /// Exceptions that nothing needs any more, so that the list only holds what is true.
    static func staleExceptions(in files: [SourceFile], table: ModuleTable) -> [Finding] {
        table.exceptions.compactMap { exception in
            let isUsed = files.contains { file in
                guard exception.covers(file.path) else { return false }
                if exception.call.hasPrefix("import ") {
                    return ImportCheck.imports(of: file).contains { exception.call == "import \($0.module)" }
                }
                let code = CodeOnly(file.text)
                return code.offsets(of: exception.call).contains { self.isWhole(exception.call, at: $0, in: code) }
            }
            guard !isUsed else { return nil }
            return Finding(
                path: "ARCHITECTURE.md", line: 0, message: "the exception of `\(exception.call)` in \(exception.place) is not needed; remove it")
        }
    }

    /// Whether an occurrence is the call itself and not a part of a longer name or a member of something else.
    private static func isWhole(_ call: String, at offset: Int, in code: CodeOnly) -> Bool {
        if !call.hasPrefix(".") {
            if code.isNamePart(at: offset - 1) { return false }
            // A member of that name is something else, except where it is the system's module that is named.
            let isMember = offset > 0 && code.bytes[offset - 1] == UInt8(ascii: ".") && call.contains("(")
            if isMember, !ImportCheck.ofTheSystem.contains(self.precedingWord(offset - 1, code)) { return false }
            // A function of that name being declared is not a call of the global one.
            if call.hasSuffix("("), self.precedingWord(offset, code) == "func" { return false }
        }
        return !(call.last?.isLetter ?? false) || !code.isNamePart(at: offset + call.utf8.count)
    }

    private static func precedingWord(_ offset: Int, _ code: CodeOnly) -> String {
        var end = offset
        while end > 0, code.bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
        var start = end
        while start > 0, code.isNamePart(at: start - 1) { start -= 1 }
        return String(decoding: code.bytes[start..<end], as: UTF8.self)
    }

    private static func unexplained(in file: SourceFile, code: CodeOnly) -> [Finding] {
        let lines = file.lines
        return self.toExplain.flatMap { call in
            code.offsets(of: call).compactMap { offset -> Finding? in
                let line = code.line(at: offset)
                var index = line - 1
                if lines[index].contains("//") { return nil }
                // Attributes may stand between the comment and the declaration; one comment may cover a run of declarations and the type around it.
                repeat { index -= 1 } while index >= 0 && self.isPassedOver(lines[index], call: call)
                if index >= 0, lines[index].drop(while: { $0 == " " }).hasPrefix("//") { return nil }
                return Finding(path: file.path, line: line, message: "\(call) needs a comment before it that says why it is safe")
            }
        }
    }

    private static func isPassedOver(_ line: Substring, call: String) -> Bool {
        let trimmed = line.drop { $0 == " " }
        return !trimmed.hasPrefix("//") && (trimmed.hasPrefix("@") || trimmed.contains(call) || trimmed.hasSuffix("{"))
    }
}
