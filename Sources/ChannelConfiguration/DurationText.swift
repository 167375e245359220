/// Durations as Go writes them, such as "2s", "200ms" or "1m30s".
package enum DurationText {
    private static let nanosecondsPerUnit: [(name: [UInt8], nanoseconds: Int64)] = [
        (Array("ns".utf8), 1), (Array("us".utf8), 1_000), (Array("µs".utf8), 1_000), (Array("ms".utf8), 1_000_000),
        (Array("s".utf8), 1_000_000_000), (Array("m".utf8), 60_000_000_000), (Array("h".utf8), 3_600_000_000_000),
    ]

    /// The duration in nanoseconds; nil when the text is not a duration, is negative, or does not fit.
    package static func nanoseconds(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty, rest.count <= Limits.durationBytes else { return nil }
        if rest.elementsEqual("0".utf8) { return 0 }
        if rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let part = part(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
        }
        return total
    }

    /// One number with its unit, such as "1.5h".
    private static func part(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        let whole = digits(&rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = digits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let name = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(name.count)
        guard let unit = nanosecondsPerUnit.first(where: { $0.name.elementsEqual(name) })?.nanoseconds else { return nil }

        var value: Int64 = 0
        for digit in whole {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, overflowAgain) = tens.addingReportingOverflow(Int64(digit - 0x30))
            guard !overflow, !overflowAgain else { return nil }
            value = next
        }
        let (scaled, overflow) = value.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        var result = scaled
        var weight = unit
        // Digits below a nanosecond weigh nothing, so the loop ends early on its own.
        for digit in fraction {
            weight /= 10
            guard weight > 0 else { break }
            let (sum, overflow) = result.addingReportingOverflow(weight * Int64(digit - 0x30))
            guard !overflow else { return nil }
            result = sum
        }
        return result
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func digits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { isDigit($0) }
        rest = rest.dropFirst(digits.count)
        return digits
    }

    /// The text of a whole number of milliseconds; seconds when it is a whole number of them.
    static func text(milliseconds: Int64) -> String {
        milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
    }
}
