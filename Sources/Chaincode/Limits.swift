/// The limits of what this module reads from outside.
public enum JSONLimits {
    /// The longest document that is parsed, in bytes.
    public static let maximumBytes = 1 << 20
    /// How deep arrays and objects may be nested.
    public static let maximumDepth = 32
}
