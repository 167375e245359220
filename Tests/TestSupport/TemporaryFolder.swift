import Foundation

/// A fresh folder that is deleted, with everything in it, when the last reference to this value goes.
package final class TemporaryFolder: Sendable {
    /// Absolute path without a trailing slash.
    package let path: String

    /// Makes an empty folder in the system's place for temporary files.
    package init(_ name: String = "selvage-test") throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(name)-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.path = folder.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    /// The absolute path of a file or folder in this folder.
    package func path(of relativePath: String) -> String {
        self.path + "/" + relativePath
    }

    /// Writes a file, making the folders on its way.
    package func write(_ bytes: [UInt8], to relativePath: String) throws {
        let url = URL(fileURLWithPath: self.path(of: relativePath))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    /// The bytes of a file, or nil when it is not there.
    package func read(_ relativePath: String) -> [UInt8]? {
        FileManager.default.contents(atPath: self.path(of: relativePath)).map { [UInt8]($0) }
    }
}
