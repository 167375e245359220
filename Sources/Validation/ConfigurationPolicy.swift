/// What becomes of a configuration block after block 0.
package enum ConfigurationPolicy: Hashable, Sendable {
    /// The channel stops before it: this version cannot judge whether the change was authorised.
    case refuse
    /// The new configuration is taken as it is. Only for replaying ledgers that were judged elsewhere.
    case applyUnchecked
}
