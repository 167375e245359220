/// Bounds of validation.
package enum Limits {
    /// How many transactions one task of phase A takes: enough to make tasks cheap, few enough to keep all cores busy to the end.
    package static let transactionsPerTask = 8
}
