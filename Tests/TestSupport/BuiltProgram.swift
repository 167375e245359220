import Foundation

/// The programs of this build, which lie in the folder that holds the tests too.
package enum BuiltProgram {
    /// The absolute path of a program, or nil when it has not been built: `swift build --build-tests` builds all.
    package static func path(of name: String) -> String? {
        // The tests are a program of their own, or a bundle that is an argument of SwiftPM's.
        let itself = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).map { [$0] } ?? []
        for file in itself + CommandLine.arguments {
            let path = URL(fileURLWithPath: file).deletingLastPathComponent().path + "/" + name
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        return nil
    }
}
