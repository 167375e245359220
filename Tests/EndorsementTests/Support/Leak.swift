import CryptoPrimitives
import LedgerModel

/// Finds bytes that should have stayed private, in the forms in which a careless text would show them.
enum Leak {
    /// Whether the bytes themselves are in there.
    static func isIn(_ bytes: [UInt8], marker: [UInt8]) -> Bool {
        guard !marker.isEmpty, bytes.count >= marker.count else { return false }
        return (0...(bytes.count - marker.count)).contains { bytes[$0..<($0 + marker.count)].elementsEqual(marker) }
    }

    /// Whether a text shows the marker as text, hexadecimal, Base64 or a list of numbers, or the greater part of it.
    static func isIn(_ text: String, marker: [UInt8]) -> Bool {
        let utf8 = Array(text.utf8)
        let lower = Array(text.lowercased().utf8)
        let part = Array(marker.prefix(max(8, marker.count / 2)))
        // Base64 of whole groups, so that what follows does not matter.
        let groups = Array(marker.prefix(marker.count / 3 * 3))
        return self.isIn(utf8, marker: part) || self.isIn(lower, marker: Array(Base16.encode(part).utf8))
            || self.isIn(utf8, marker: Array(Base64.encode(groups).utf8))
            || self.isIn(utf8, marker: Array(part.map(String.init).joined(separator: ", ").utf8))
    }
}
