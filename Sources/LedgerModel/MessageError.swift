/// Why received bytes are not the message that they should be. The sender is wrong: refuse, do not retry.
package struct MessageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The message or part that was expected.
    package let part: String
    /// What is wrong with it.
    package let reason: String

    package init(part: String, reason: String) {
        self.part = part
        self.reason = reason
    }

    package var description: String { "\(self.part): \(self.reason)" }
}
