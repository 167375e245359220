/// A property of a decoder that an input broke.
package struct FuzzFinding: Error, Equatable, Sendable, CustomStringConvertible {
    /// The sentence that does not hold.
    package let property: String

    package init(_ property: String) {
        self.property = property
    }

    package var description: String { "broken: \(self.property)" }
}

/// What may be used for one input. All are multiples of the input's size beyond a constant that covers what a decoder needs at all.
package enum FuzzLimits {
    /// The largest input that is tried, 256 KiB; larger ones teach nothing new and cost time.
    package static let inputBytes = 256 << 10
    /// Memory held at one moment: so much, and so many bytes for each byte of input.
    package static let peakBytes = 2 << 20
    package static let peakBytesPerByte = 64
    /// A single request of memory.
    package static let requestBytes = 1 << 20
    package static let requestBytesPerByte = 32
    /// The text of an error.
    package static let errorBytes = 8 << 10
    package static let errorBytesPerByte = 8
    /// Processor time of one case in milliseconds, far above what any case needs: a case that reaches it does not come to an end.
    package static let milliseconds: UInt32 = 10_000
}

/// Follows one input through the decoders: which steps accepted it, and that refusals are typed errors of bounded size.
package final class FuzzProbe {
    private let inputBytes: Int
    /// A fold over what every step answered; equal for equal runs.
    package private(set) var trace: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Steps that accepted what they were given.
    package private(set) var accepted = 0

    package init(inputBytes: Int) {
        self.inputBytes = inputBytes
    }

    /// Takes a step that may refuse; the refusal's text is made and measured, as a node that logs it would.
    package func attempt<Value>(_ body: () throws -> Value) throws(FuzzFinding) -> Value? {
        let result: Result<Value, any Error>
        do {
            result = .success(try body())
        } catch {
            result = .failure(error)
        }
        return try self.took(result)
    }

    /// Notes the answer of a step that was taken elsewhere.
    package func took<Value>(_ result: Result<Value, any Error>) throws(FuzzFinding) -> Value? {
        switch result {
        case .success(let value):
            self.accepted += 1
            self.note(1)
            return value
        case .failure(let error):
            if let finding = error as? FuzzFinding { throw finding }
            let size = "\(error)".utf8.count
            guard size <= FuzzLimits.errorBytes + FuzzLimits.errorBytesPerByte * self.inputBytes else {
                throw FuzzFinding("an error's text is no longer than a small multiple of the input; it has \(size) bytes")
            }
            self.note(2)
            return nil
        }
    }

    /// Demands a property.
    package func expect(_ holds: Bool, _ property: String) throws(FuzzFinding) {
        guard holds else { throw FuzzFinding(property) }
    }

    /// Mixes a number into the trace.
    package func note(_ number: some BinaryInteger) {
        self.trace = (self.trace ^ UInt64(truncatingIfNeeded: number)) &* 0x100_0000_01B3
    }

    /// Mixes bytes into the trace.
    package func note(_ bytes: [UInt8]) {
        for byte in bytes { self.note(byte) }
    }
}
