/// The folder that holds Package.swift, found from where this file was compiled.
package enum PackageRoot {
    /// Absolute path without a trailing slash.
    package static let path: String = {
        var components = #filePath.split(separator: "/", omittingEmptySubsequences: true)
        components.removeLast(3)  // Tests/TestSupport/PackageRoot.swift
        return "/" + components.joined(separator: "/")
    }()
}
