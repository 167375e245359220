/// The signatures in the blocks that were replayed, by who made them.
package struct SignatureCounts: Hashable, Sendable, Encodable {
    /// Signatures of one kind.
    package struct Kind: Hashable, Sendable, Encodable {
        /// That stand in the blocks.
        package var present = 0
        /// That the rules asked for: a transaction that fails before is not looked at further, and an identity counts once.
        package var checked = 0
        /// That are right. The others count for nothing, which may leave a policy unmet.
        package var right = 0

        package init(present: Int = 0, checked: Int = 0, right: Int = 0) {
            self.present = present
            self.checked = checked
            self.right = right
        }
    }

    /// Of orderers over blocks; one that the next block carries again as its parent's certificate counts again.
    package var orderers = Kind()
    /// Of clients over transactions.
    package var creators = Kind()
    /// Of endorsing peers.
    package var endorsers = Kind()
    /// Of administrators over changes of the configuration.
    package var administrators = Kind()

    package init() {}

    /// Signatures that were checked and are wrong.
    package var wrong: Int {
        [self.orderers, self.creators, self.endorsers, self.administrators].reduce(0) { $0 + $1.checked - $1.right }
    }
}
