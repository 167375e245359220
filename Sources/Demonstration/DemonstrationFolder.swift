import Glibc
import Node

/// The folder of one run.
package enum DemonstrationFolder {
    /// Makes the folder: the given one, which must not exist yet, or a fresh one for temporary files.
    ///
    /// - Throws: `HostFileError` when it exists or cannot be made.
    package static func make(_ path: String?) throws(HostFileError) -> String {
        if let path {
            if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try HostFiles.makeFolders(String(path[..<slash])) }
            guard mkdir(path, 0o755) == 0 else {
                throw HostFileError(
                    path: path, reason: errno == EEXIST ? "exists already; name a folder that does not" : String(cString: strerror(errno)))
            }
            return path
        }
        var template = Array("/tmp/selvage-demo-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw HostFileError(path: "/tmp", reason: String(cString: strerror(errno))) }
        return made
    }
}
