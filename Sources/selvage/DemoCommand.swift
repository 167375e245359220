import ArgumentParser
import Demonstration
import Glibc
import Ordering

/// Runs the main job in one process and tells what happened.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Run the main job in one process: register, seal, share, reconstruct, refuse, audit.",
        discussion: """
            Example: selvage demo --records ~/fhir -O json
            The ordering committee is elected in front of you, on the chain. --preset says how large it is (pool, producers, audit nodes): solo \
            1/1/0, dev 6/4/2, medium 21/7/4, paper 101/30/20; the last one takes minutes.
            See afterwards who did what: selvage committee show --directory FOLDER
            Without --records it makes synthetic FHIR R4 bundles, the same at every run.
            Exit codes: 0 everything went as it should, 1 something did not, 2 wrong usage, 3 the records or the folder cannot be read.
            """)

    @Option(help: "A folder of FHIR R4 bundles (*.json).")
    var records: String?

    @Option(help: "Keep ledgers, shares and the nodes' certificates here; must not exist. A fresh folder for temporary files by default.")
    var directory: String?

    @Option(help: "How large the pool and its committee are: solo, dev, medium or paper.")
    var preset: ElectionSizes.Preset = .dev

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let format = self.output.format
        let account: Account
        do {
            let records = try self.records.map { try RecordSource.read(folder: $0) } ?? SyntheticRecords(seed: 2026).records()
            let directory = try DemonstrationFolder.make(self.directory)
            let isJSON = format == .json
            account = try await Demonstration(records: records, directory: directory, preset: self.preset) { line in
                if isJSON { Console.progress(line) } else { Console.line(line) }
            } progress: { text in
                Console.progress(text)
            }.run()
        } catch {
            Console.error("demo: \(error)")
            throw ExitCode(CommandExit.unreachable.rawValue)
        }
        if format == .json {
            Console.progress("")
            Console.line(try account.json())
        }
        try (account.isGood ? CommandExit.good : .refused).finish()
    }
}
