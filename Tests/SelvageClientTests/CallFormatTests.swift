import NIOCore
import TestSupport
import Testing

@testable import SelvageClient

/// What a gRPC call consists of on the wire (gRPC's PROTOCOL-HTTP2).
struct CallFormatTests {
    @Test func `a message has a flag and its length before it`() {
        var buffer = ByteBuffer()
        CallFormat.writePrefix(0x0102_0304, to: &buffer)
        #expect(Array(buffer.readableBytesView) == [0, 1, 2, 3, 4] && buffer.readableBytes == CallFormat.prefixBytes)
    }

    @Test func `timeouts have up to eight digits and a unit`() {
        let good: [(String, TimeAmount)] = [
            ("3H", .hours(3)), ("2M", .minutes(2)), ("30S", .seconds(30)), ("100m", .milliseconds(100)), ("5u", .microseconds(5)),
            ("7n", .nanoseconds(7)), ("0S", .seconds(0)), ("00000001S", .seconds(1)),
        ]
        for (text, time) in good { #expect(CallFormat.timeout(text) == time, "\(text)") }
        for text in ["", "S", "1", "1s", "-1S", "+1S", "123456789S", "1 S", "1SS", "١S"] { #expect(CallFormat.timeout(text) == nil, "\(text)") }
        // The longest one is no less than the years that it says.
        #expect(CallFormat.timeout("99999999H") ?? .zero >= .hours(2_000_000))
        #expect(CallFormat.timeout(seconds: 30) == "30S" && CallFormat.timeout(seconds: -1) == "0S")
    }

    @Test func `texts of errors are printable on the wire`() {
        #expect(CallFormat.message("plain, and more!") == "plain, and more!")
        #expect(CallFormat.message("100 % of é\n") == "100 %25 of %C3%A9%0A")
        #expect(CallFormat.text("100 %25 of %c3%A9%0A") == "100 % of é\n")
        for odd in ["%", "%2", "%zz", "a%", "%%41"] { #expect(!CallFormat.text(odd).isEmpty) }
        #expect(CallFormat.text("%zz%41") == "%zzA")
    }

    @Test func `every text comes back as it was`() {
        var random = SeededGenerator(seed: 32)
        for _ in 0..<500 {
            let text = String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 0...20, using: &random)).compactMap { _ in
                        Unicode.Scalar(UInt32.random(in: 0...0x1_1000, using: &random))
                    }))
            let encoded = CallFormat.message(text)
            #expect(encoded.utf8.allSatisfy { (0x20...0x7E).contains($0) } && CallFormat.text(encoded) == text)
        }
    }
}
