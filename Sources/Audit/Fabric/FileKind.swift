import Glibc

/// What stands at a path.
enum FileKind: Equatable {
    case file
    case folder
    case nothing

    static func of(_ path: String) -> FileKind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .nothing }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        default: return .nothing
        }
    }
}
