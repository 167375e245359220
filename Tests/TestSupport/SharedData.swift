import Foundation
import Testing

/// The test data that lives beside the repository, in `../shared/data`, because it may not be copied into it.
///
/// A test that needs it says so: `@Test(.enabled(if: SharedData.isPresent, SharedData.reason))`, and is then skipped by name on a machine
/// without the data. The same behaviour must be covered by data that the repository holds itself.
package enum SharedData {
    /// What to write as the reason of a test that is skipped.
    package static let reason: Comment = "needs ../shared/data, which is not on this machine"

    /// Absolute path of the data folder, whether or not it exists.
    package static let path: String = {
        let parent = PackageRoot.path.split(separator: "/").dropLast().joined(separator: "/")
        return "/" + parent + "/shared/data"
    }()

    /// Whether the data folder is on this machine.
    package static var isPresent: Bool {
        self.contains("vectors")
    }

    /// Whether one file or folder below the data folder is on this machine.
    package static func contains(_ relativePath: String) -> Bool {
        FileManager.default.fileExists(atPath: self.path(of: relativePath))
    }

    /// The absolute path of a file or folder below the data folder.
    package static func path(of relativePath: String) -> String {
        self.path + "/" + relativePath
    }

    /// The bytes of a file below the data folder, for example `read("vectors/fabric/genesis_block.pb")`, or nil when it is not there.
    package static func read(_ relativePath: String) -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: self.path(of: relativePath)) else { return nil }
        return [UInt8](data)
    }

    /// The names in a folder below the data folder, sorted bytewise and without hidden ones; empty when it is not there.
    package static func list(_ relativePath: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self.path(of: relativePath))) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }
}
