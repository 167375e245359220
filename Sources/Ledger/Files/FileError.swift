import Glibc

/// A call to the file system failed.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was attempted, such as "write" or "sync".
    package var operation: String
    package var path: String
    /// The number the system gave, such as `ENOSPC`.
    package var code: Int32

    package init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// The disk or the quota is full; nothing that was acknowledged is lost.
    package var isOutOfSpace: Bool { self.code == ENOSPC || self.code == EDQUOT }

    /// The file or folder does not exist.
    package var isMissing: Bool { self.code == ENOENT }

    package var description: String {
        let reason = String(cString: strerror(self.code))
        let advice =
            if self.isOutOfSpace {
                "; make room on the disk and try again, nothing that was committed is lost"
            } else if self.code == EIO {
                "; the disk or the way to it has failed: check it, then start again"
            } else {
                ""
            }
        return "could not \(self.operation) \(self.path): \(reason) (errno \(self.code))\(advice)"
    }
}
