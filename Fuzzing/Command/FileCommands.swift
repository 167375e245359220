import ArgumentParser
import CFuzzing
import Foundation
import FuzzTargets

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "replay", abstract: "Offers files to a target, one after the other.")

    @OptionGroup var folders: InputOptions

    @Option(help: "The target.")
    var target: FuzzTarget

    @Argument(help: "The files.")
    var files: [String]

    func run() async throws {
        let runner = try self.folders.runner()
        for file in self.files {
            guard let data = FileManager.default.contents(atPath: file) else {
                InputFolder.say("\(file) cannot be read")
                throw ExitCode(3)
            }
            // The name of the file, so that the line before a trap names it.
            InputFolder.say(file)
            fuzzing_guard(self.folders.artifacts, self.target.rawValue)
            do {
                let outcome = try await runner.run(self.target, [UInt8](data))
                print("\(file): \(data.count) bytes, \(outcome.accepted) steps accepted, peak \(outcome.peakBytes) bytes, sum \(outcome.totalBytes)")
            } catch {
                print("\(file): FINDING: \(error)")
                throw ExitCode(1)
            }
        }
    }
}

struct CorpusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus",
        abstract: "Writes a new corpus: a channel and the inputs that fuzzing begins with.",
        discussion: "Fixtures are findings on the channel of their time: a new channel is a reason to look at each of them again.")

    @Argument(help: "The folder.")
    var folder: String

    @Option(help: "The seed of the keys.")
    var seed: UInt64 = 1

    func run() throws {
        let files = try SeedMaker(seed: self.seed).files()
        for (path, bytes) in files { try InputFolder.write(bytes, to: self.folder + "/" + path) }
        print("\(files.count) files, \(files.values.reduce(0) { $0 + $1.count }) bytes")
    }
}

struct SeedsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seeds", abstract: "Collects corpus, fixtures and blocks of real networks in one folder for each target.")

    @OptionGroup var folders: InputOptions

    @Option(help: "A folder of blocks, one in each file.")
    var blocks: [String] = []

    @Argument(help: "The folder to write to.")
    var folder: String

    func run() throws {
        for target in FuzzTarget.allCases {
            for input in self.folders.inputs(of: target) {
                let name = input.name.replacing("/", with: "-")
                try InputFolder.write(input.bytes, to: "\(self.folder)/\(target.rawValue)/\(name)")
            }
        }
        for (number, blocks) in self.blocks.enumerated() {
            for input in InputFolder(path: blocks).inputs(".") {
                let name = "v\(number)-" + input.name.split(separator: "/").joined().replacing(".", with: "")
                for seed in VectorSeeds.seeds(ofBlock: input.bytes, named: name) where seed.bytes.count <= FuzzLimits.inputBytes {
                    try InputFolder.write(seed.bytes, to: "\(self.folder)/\(seed.target.rawValue)/\(seed.name)")
                }
            }
        }
    }
}
