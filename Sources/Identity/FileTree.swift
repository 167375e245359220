/// A folder as a value: files with their bytes, sorted by path. Whoever writes it decides where, and gives secret files to their owner only.
package struct FileTree: Sendable {
    /// One file below the folder.
    package struct File: Hashable, Sendable {
        /// Relative, with "/" between names.
        package let path: String
        package let bytes: [UInt8]
        /// True for private keys: readable by the owner alone.
        package let isSecret: Bool

        package init(path: String, bytes: [UInt8], isSecret: Bool = false) {
            self.path = path
            self.bytes = bytes
            self.isSecret = isSecret
        }
    }

    /// Sorted by the bytes of the path; no path appears twice.
    package private(set) var files: [File] = []

    package init() {}

    /// Adds a file, in place of an earlier one at the same path.
    package mutating func add(_ file: File) {
        let position = self.files.firstIndex { !$0.path.utf8.lexicographicallyPrecedes(file.path.utf8) } ?? self.files.endIndex
        if position < self.files.endIndex, self.files[position].path.utf8.elementsEqual(file.path.utf8) {
            self.files[position] = file
        } else {
            self.files.insert(file, at: position)
        }
    }

    package mutating func add(_ path: String, _ bytes: [UInt8], isSecret: Bool = false) {
        self.add(File(path: path, bytes: bytes, isSecret: isSecret))
    }

    package mutating func add(_ path: String, _ text: String, isSecret: Bool = false) {
        self.add(path, Array(text.utf8), isSecret: isSecret)
    }

    /// Adds everything of another tree.
    package mutating func add(_ other: FileTree) {
        for file in other.files { self.add(file) }
    }

    package subscript(path: String) -> [UInt8]? {
        self.files.first { $0.path.utf8.elementsEqual(path.utf8) }?.bytes
    }
}

extension FileTree: CustomStringConvertible {
    /// Paths and sizes; never contents.
    package var description: String { self.files.map { "\($0.path) (\($0.bytes.count) bytes)" }.joined(separator: "\n") }
}
