import CryptoPrimitives

/// Finds bytes of a share in a text, in the forms in which a careless text would show them.
enum CustodianShareText {
    private static let windowBytes = 6

    /// Whether any six consecutive bytes of the share are shown as hexadecimal, Base64 or a list of numbers. The first bytes are a mark and a
    /// header that say nothing about the record.
    static func shows(_ text: String, _ share: [UInt8]) -> Bool {
        let lower = text.lowercased()
        for start in 0..<max(0, share.count - self.windowBytes) {
            let window = Array(share[start..<(start + self.windowBytes)])
            // Runs of one byte occur in numbers of any kind.
            guard Set(window).count > 2 else { continue }
            if lower.contains(Base16.encode(window)) || text.contains(Base64.encode(window))
                || text.contains(window.map(String.init).joined(separator: ", "))
            {
                return true
            }
        }
        return false
    }
}
