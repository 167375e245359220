import Glibc

/// What the writer tells the test.
enum Report {
    /// One line in one write, so that it is told as a whole or not at all.
    static func line(_ text: String) {
        let bytes = Array((text.replacing("\n", with: " ") + "\n").utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
    }
}
