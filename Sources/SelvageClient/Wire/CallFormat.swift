import NIOCore

/// The parts of a gRPC call over HTTP/2 that are read and written here (gRPC's PROTOCOL-HTTP2).
///
///     0  1  0: the message is not compressed
///     1  4  length of the message, big-endian
///     5  n  the message
///
/// A `grpc-timeout` is one to eight digits and a unit: H, M, S, m, u, n. A `grpc-message` has bytes outside of printable ASCII as %XX.
package enum CallFormat {
    /// What stands before each message: 1 byte, 0 for not compressed, then its length, 4 bytes, big-endian.
    package static let prefixBytes = 5

    package static func writePrefix(_ messageBytes: Int, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(messageBytes))
    }

    /// A `grpc-timeout`: one to eight digits and a unit; nil when it is not one.
    package static func timeout(_ text: String) -> TimeAmount? {
        var digits = text.utf8[...]
        guard let unit = digits.popLast(), (1...8).contains(digits.count) else { return nil }
        var count: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            count = count * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        switch unit {
        case UInt8(ascii: "H"): return .hours(count)
        case UInt8(ascii: "M"): return .minutes(count)
        case UInt8(ascii: "S"): return .seconds(count)
        case UInt8(ascii: "m"): return .milliseconds(count)
        case UInt8(ascii: "u"): return .microseconds(count)
        case UInt8(ascii: "n"): return .nanoseconds(count)
        default: return nil
        }
    }

    /// A `grpc-timeout` of whole seconds.
    package static func timeout(seconds: Int64) -> String { "\(max(0, min(seconds, 99_999_999)))S" }

    /// A `grpc-message`: bytes outside of printable ASCII, and the percent sign, as % and two hexadecimal digits.
    package static func message(_ text: String) -> String {
        guard text.utf8.contains(where: { !self.isPlain($0) }) else { return text }
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if self.isPlain(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), self.hexadecimal(byte >> 4), self.hexadecimal(byte & 15)]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The text of a `grpc-message`; what is not encoded well stays as it is.
    package static func text(_ message: String) -> String {
        guard message.utf8.contains(UInt8(ascii: "%")) else { return message }
        var decoded: [UInt8] = []
        var rest = Array(message.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(self.nibble), let low = rest.dropFirst().first.flatMap(self.nibble) {
                decoded.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "%") }

    private static func hexadecimal(_ nibble: UInt8) -> UInt8 { nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10 }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
