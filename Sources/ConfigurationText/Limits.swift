/// Upper bounds on a configuration in text form, which people and programs hand in.
enum Limits {
    /// Bytes of a text; the configuration of a thousand organisations is far below.
    static let textBytes = 32 << 20
    /// Maps and lists inside each other.
    static let nesting = 64
    /// Entries and items of a text altogether.
    static let nodes = 1_000_000
    /// Bytes of text shown for a value in a difference.
    static let shownBytes = 120
}
