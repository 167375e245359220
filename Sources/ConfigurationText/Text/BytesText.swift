import CryptoPrimitives

/// Bytes in a text: PEM files line by line with a comment that says what they are, everything else as `base64: ...`.
enum BytesText {
    static func node(_ bytes: [UInt8]) -> TextNode {
        if let text = String(validating: bytes, as: UTF8.self), YAMLWriter.isBlock(text) {
            return TextNode(.text(text), comments: CertificateText.comment(bytes).map { [$0] } ?? [])
        }
        return .map([TextNode.Entry("base64", .text(Base64.encode(bytes)))])
    }

    /// The bytes that `node(_:)` wrote, or the UTF-8 of any text; nil for something else.
    static func read(_ node: TextNode) -> [UInt8]? {
        if let text = node.scalar { return Array(text.utf8) }
        guard case .map(let entries) = node.content, entries.count == 1, let text = node["base64"]?.scalar else { return nil }
        return Base64.decode(text)
    }
}

/// What a certificate or a revocation list says of itself, in one line.
enum CertificateText {
    /// Nil for bytes that are neither.
    static func comment(_ bytes: [UInt8]) -> String? {
        if let certificate = try? Certificate(pem: bytes) { return self.text(certificate) }
        guard let list = try? RevocationList(pemOrDER: bytes) else { return nil }
        let serials = list.revokedSerials.sorted { $0.lexicographicallyPrecedes($1) }.prefix(5).map { Base16.encode($0) }
        let rest = list.revokedSerials.count > serials.count ? " and others" : ""
        return "revocation list, \(list.revokedSerials.count) revoked: serial numbers \(serials.joined(separator: ", "))\(rest)"
    }

    static func text(_ certificate: Certificate) -> String {
        let parts =
            ["CN=\(certificate.subjectCommonName ?? "-")"] + certificate.subjectOrganizationalUnits.map { "OU=\($0)" }
            + certificate.subjectOrganizations.map { "O=\($0)" }
        return "\(parts.joined(separator: ", ")), valid to \(DayText.text(secondsSince1970: certificate.notAfter))"
    }
}

/// Days of the calendar, as `2034-05-06`.
enum DayText {
    static func text(secondsSince1970 seconds: Int64) -> String {
        var (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        if rest < 0 { days -= 1 }
        // Eras of 400 years that begin on 1 March of a year divisible by 400.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))"
    }
}

/// Numbers of bytes with units of 1024.
enum ByteCountText {
    private static let units: [(names: [String], bytes: Int)] = [
        (["GiB", "GB"], 1 << 30), (["MiB", "MB"], 1 << 20), (["KiB", "KB"], 1 << 10), (["B", "bytes"], 1),
    ]

    static func node(_ value: some FixedWidthInteger) -> TextNode {
        for unit in self.units where unit.bytes > 1 {
            if let count = Int(exactly: value), count.isMultiple(of: unit.bytes) { return .text("\(count / unit.bytes) \(unit.names[0])") }
        }
        return .number(value)
    }

    static func read<Number: FixedWidthInteger>(_ text: String, as type: Number.Type) -> Number? {
        if let number = Number(text) { return number }
        for unit in self.units {
            for name in unit.names where text.hasSuffix(name) {
                let digits = text.dropLast(name.count)
                guard let count = Int(digits.hasSuffix(" ") ? digits.dropLast() : digits), count >= 0 else { return nil }
                let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
                return overflow ? nil : Number(exactly: bytes)
            }
        }
        return nil
    }
}
