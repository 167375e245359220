import Foundation

/// A fresh folder, removed with everything in it when the last reference goes.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("selvage-benchmark-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        self.path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }

    /// Removes one entry of the folder.
    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: self.path + "/" + name)
    }
}
