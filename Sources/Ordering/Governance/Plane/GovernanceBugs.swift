/// Mistakes that tests switch on in a control plane to see that they are found; a release build has none of them.
struct GovernanceBugs: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    /// A new key gets the lowest number that nobody has now, also when somebody had it before.
    static let reusedNumbers = GovernanceBugs(rawValue: 1 << 0)
    /// Whoever is proven guilty keeps its office.
    static let convictedStay = GovernanceBugs(rawValue: 1 << 1)
    /// A convicted producer leaves even when the committee becomes too small by it.
    static let belowFour = GovernanceBugs(rawValue: 1 << 2)
    /// A key that was forgotten may be registered again.
    static let forgottenKeys = GovernanceBugs(rawValue: 1 << 3)
    /// A snapshot lacks the strikes of the epoch.
    static let strikesNotKept = GovernanceBugs(rawValue: 1 << 4)
}

extension ControlPlane {
    func has(_ bug: GovernanceBugs) -> Bool {
        #if DEBUG
            self.bugs.contains(bug)
        #else
            false
        #endif
    }
}
