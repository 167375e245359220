import Foundation

/// Reads standard input to its end on a thread of its own.
final class EndOfInput: Thread {
    private let atEnd: @Sendable () -> Void

    init(_ atEnd: @escaping @Sendable () -> Void) {
        self.atEnd = atEnd
        super.init()
    }

    override func main() {
        while readLine() != nil {}
        self.atEnd()
    }
}
