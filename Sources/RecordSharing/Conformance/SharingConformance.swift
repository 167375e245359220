/// Runs vector files of the sharing schemes, whatever their parameters, and counts what agrees.
///
/// Known formats: `eq1-vectors/1`, `eq1-large/1`, `ems1-vectors/1` and `gf256-vectors/1`; other files are reported as unknown.
public enum SharingConformance {
    /// One case that did not agree.
    public struct Failure: Equatable, Sendable, CustomStringConvertible {
        /// The name of the file.
        public let file: String
        /// The name of the vector and what was tried.
        public let vector: String
        /// What was expected and what came.
        public let reason: String

        /// File, case and reason in one line.
        public var description: String { "\(file): \(vector): \(reason)" }
    }

    /// The outcome for one file.
    public struct SetResult: Equatable, Sendable {
        /// The name of the file.
        public let file: String
        /// The format the file declares.
        public let format: String
        /// Cases run: every vector, every subset to recover from and every negative case counts one.
        public internal(set) var cases = 0
        /// Cases that agreed.
        public internal(set) var agreed = 0
        /// Those that did not.
        public internal(set) var failures: [Failure] = []

        /// Runs one case; nil means that it agreed.
        mutating func run(_ vector: String, _ body: () -> String?) {
            cases += 1
            if let reason = body() {
                failures.append(Failure(file: file, vector: vector, reason: reason))
            } else {
                agreed += 1
            }
        }
    }

    /// The outcome for a folder.
    public struct Report: Equatable, Sendable {
        /// One entry for each file of a known format, by name.
        public let sets: [SetResult]
        /// Files that declare no known format.
        public let unknownFiles: [String]

        /// All cases of all files.
        public var cases: Int { sets.reduce(0) { $0 + $1.cases } }
        /// All cases that agreed.
        public var agreed: Int { sets.reduce(0) { $0 + $1.agreed } }
        /// All that did not.
        public var failures: [Failure] { sets.flatMap(\.failures) }
    }

    /// Runs every `.json` file directly in a directory.
    public static func run(directory: String) throws(SharingConformanceError) -> Report {
        let files = try VectorFile.all(in: directory)
        guard !files.isEmpty else { throw .noVectorFiles(directory) }
        var sets: [SetResult] = []
        var unknown: [String] = []
        for file in files {
            if let result = try run(file) { sets.append(result) } else { unknown.append(file.name) }
        }
        return Report(sets: sets, unknownFiles: unknown)
    }

    /// Runs one file; nil if its format is not known.
    static func run(_ file: VectorFile) throws(SharingConformanceError) -> SetResult? {
        guard let format = file.format else { return nil }
        var result = SetResult(file: file.name, format: format)
        switch format {
        case "eq1-vectors/1":
            for vector in try file.decode(Equation1VectorSet.self).vectors { vector.run(&result) }
        case "eq1-large/1":
            for vector in try file.decode(LargeVectorSet.self).vectors { vector.run(&result) }
        case "ems1-vectors/1":
            for vector in try file.decode(EMS1VectorSet.self).vectors { vector.run(&result) }
        case "gf256-vectors/1":
            try file.decode(GF256VectorSet.self).run(&result)
        default:
            return nil
        }
        return result
    }
}

/// Why vector files could not be run at all.
public enum SharingConformanceError: Error, Equatable, Sendable, CustomStringConvertible {
    case directoryNotReadable(String)
    case noVectorFiles(String)
    case fileNotReadable(String)
    case badVectorFile(String)

    /// What happened and what to do about it.
    public var description: String {
        switch self {
        case .directoryNotReadable(let path): "the directory \(path) cannot be read; give the folder with the vector files"
        case .noVectorFiles(let path): "there is no .json file in \(path); give the folder with the vector files"
        case .fileNotReadable(let name): "the file \(name) cannot be read or is larger than \(Limits.vectorFileBytes) bytes"
        case .badVectorFile(let name): "the file \(name) does not have the fields its format demands"
        }
    }
}
