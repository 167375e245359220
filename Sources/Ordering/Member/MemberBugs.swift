/// Mistakes of a member that tests switch on to see that they are found; a release build has none of them.
package struct MemberBugs: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Offences are found and never charged.
    package static let chargesNothing = MemberBugs(rawValue: 1 << 0)
    /// Who was in office at the start is taken to be in office for ever.
    package static let neverChangesOffice = MemberBugs(rawValue: 1 << 1)
    /// Votes are checked with the keys of the first committee for ever.
    package static let keepsOldKeys = MemberBugs(rawValue: 1 << 2)
    /// Governance that no block can hold any more goes on waiting for one.
    package static let keepsStaleGovernance = MemberBugs(rawValue: 1 << 3)
    /// A heartbeat is proposed before it is due.
    package static let heartbeatsAtOnce = MemberBugs(rawValue: 1 << 4)
    /// An audit node does not look at what clients complain of.
    package static let dropsComplaints = MemberBugs(rawValue: 1 << 5)
    /// A member that takes itself to be in office never asks what was decided without it.
    package static let waitsToBeTold = MemberBugs(rawValue: 1 << 7)
    /// Consent to a change is not sent again.
    package static let consentsOnce = MemberBugs(rawValue: 1 << 6)
    /// A request for a configuration that another one has made impossible goes on waiting for its turn.
    package static let keepsStaleRequests = MemberBugs(rawValue: 1 << 8)
    /// Requests have their turn only when there is nothing else.
    package static let starvesRequests = MemberBugs(rawValue: 1 << 9)
    /// Transactions that were checked under an older configuration are never checked again.
    package static let keepsOldChecks = MemberBugs(rawValue: 1 << 10)
}
