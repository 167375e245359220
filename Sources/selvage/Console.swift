import Glibc

/// Standard output and standard error.
enum Console {
    /// One line for people to standard error.
    static func error(_ line: String) {
        Self.write(line + "\n", to: STDERR_FILENO)
    }

    /// One line to standard output, at once.
    static func line(_ line: String) {
        Self.write(line + "\n", to: STDOUT_FILENO)
    }

    /// A text to standard output as it is.
    static func text(_ text: String) {
        Self.write(text, to: STDOUT_FILENO)
    }

    /// Bytes to standard output as they are.
    static func bytes(_ bytes: [UInt8]) {
        Self.write(bytes, to: STDOUT_FILENO)
    }

    /// True when somebody watches standard error.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// Overwrites the last line of standard error with progress, if somebody watches it.
    static func progress(_ text: String) {
        guard Self.isInteractive else { return }
        Self.write("\r\u{1B}[K" + text, to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) { Self.write(Array(text.utf8), to: descriptor) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done) }
            if count < 0 && errno != EINTR { return }
            if count > 0 { done += count }
        }
    }
}
