import ArgumentParser
import Foundation
import RecordSharing

/// Runs published or foreign test vectors against this implementation.
struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance", abstract: "Run test vectors against this implementation.", subcommands: [Sharing.self])

    struct Sharing: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a folder of record-sharing vectors (EMS1, the paper's Eq. (1), GF(256)), whatever their parameters.",
            discussion: "Example: selvage conformance sharing vectors/sharing\nExit codes: 0 all agree, 3 the folder cannot be read, 4 some disagree."
        )

        @Argument(help: "A folder of JSON files.")
        var folder: String

        @OptionGroup var output: OutputOptions

        func run() throws {
            let report = try SharingConformance.run(directory: self.folder)
            switch self.output.format {
            case .text: self.print(report)
            case .json: Console.line(try Self.json(report))
            }
            try (Self.agrees(report) ? CommandExit.good : .verificationFailed).finish()
        }

        private func print(_ report: SharingConformance.Report) {
            for set in report.sets {
                Console.line("\(set.file): \(set.agreed) of \(set.cases) agree")
                for failure in set.failures { Console.line("  \(failure)") }
            }
            for file in report.unknownFiles { Console.line("\(file): not a set of vectors that this command knows") }
            Console.line("\(report.agreed) of \(report.cases) vectors agree")
        }

        /// A folder in which nothing could be run agrees with nothing.
        private static func agrees(_ report: SharingConformance.Report) -> Bool {
            report.cases > 0 && report.agreed == report.cases && report.unknownFiles.isEmpty
        }

        private static func json(_ report: SharingConformance.Report) throws -> String {
            let object: [String: Any] = [
                "cases": report.cases, "agreed": report.agreed, "unknownFiles": report.unknownFiles, "agrees": Self.agrees(report),
                "sets": report.sets.map { set in
                    [
                        "file": set.file, "format": set.format, "cases": set.cases, "agreed": set.agreed,
                        "failures": set.failures.map { ["vector": $0.vector, "reason": $0.reason] },
                    ] as [String: Any]
                },
            ]
            let data = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
            return String(decoding: data, as: UTF8.self)
        }
    }
}
