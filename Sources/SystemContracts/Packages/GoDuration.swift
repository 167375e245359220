/// Durations as Go writes them: "1m30s", "1.5s", "300ms".
enum GoDuration {
    /// Whole milliseconds, at least one; nil for anything that is no positive duration of at most a day.
    static func milliseconds(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        var microseconds: Int64 = 0
        guard !rest.isEmpty, rest.count <= 32 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(digits.count)
            var fraction: ArraySlice<UInt8> = []
            if rest.first == UInt8(ascii: ".") {
                fraction = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                rest = rest.dropFirst(fraction.count + 1)
            }
            let unit = rest.prefix { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) && $0 != UInt8(ascii: ".") }
            rest = rest.dropFirst(unit.count)
            guard !digits.isEmpty, digits.count <= 8, fraction.count <= 6, let scale = Self.units[String(decoding: unit, as: UTF8.self)] else {
                return nil
            }
            let whole = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            var part: Int64 = 0
            var divisor: Int64 = 1
            for digit in fraction { (part, divisor) = (part * 10 + Int64(digit - UInt8(ascii: "0")), divisor * 10) }
            microseconds += whole * scale + part * scale / divisor
            guard microseconds <= 86_400_000_000 else { return nil }
        }
        return microseconds > 0 ? max(1, microseconds / 1_000) : nil
    }

    /// In microseconds.
    private static let units: [String: Int64] = ["us": 1, "µs": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000]
}
