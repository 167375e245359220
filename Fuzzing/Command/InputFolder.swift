import Foundation
import FuzzTargets

/// Inputs that lie in files.
struct InputFolder {
    struct Input {
        let name: String
        let bytes: [UInt8]
    }

    let path: String

    /// The inputs of a folder below this one, by name in byte order; none when there is no such folder.
    func inputs(_ folder: String) -> [Input] {
        let absolute = self.path + "/" + folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: absolute)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.compactMap { name in
            FileManager.default.contents(atPath: absolute + "/" + name).map { Input(name: folder + "/" + name, bytes: [UInt8]($0)) }
        }
    }

    /// The channel whose files are in the folder `channel`.
    func channel() throws -> FuzzChannel {
        try FuzzChannel { name in [UInt8](try Data(contentsOf: URL(fileURLWithPath: self.path + "/channel/" + name))) }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
