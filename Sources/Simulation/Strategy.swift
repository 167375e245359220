/// How a member lies (4.1).
package enum Strategy: String, CaseIterable, Sendable {
    /// Says nothing.
    case silent
    /// Proposes one block to some and another to the rest, and tells each that it votes for theirs.
    case doubleProposer
    /// Answers what it hears with votes and proposals drawn for each receiver.
    case doubleVoter
    /// Gives its precommits to one victim only.
    case withholder
    /// Sends old messages of everybody again, of older rounds and heights.
    case replayer
    /// Finds every block valid, proposes invalid ones, and hands no block out.
    case refuser
    /// Proposes good blocks and votes for them, but hands them to one victim only.
    case hoarder
    /// Votes as if it had never been locked: for every proposal, and for every block that anybody has voted for.
    case amnesiac
    /// Sends wrong signatures, padded and short certificates, strangers' votes, and votes of far rounds and heights.
    case forger
    /// Lets one victim decide alone, cuts it off, and leads the rest to another block by false valid rounds.
    case hunter
    /// Agrees with each member about everything, and proposes something else to each.
    case flatterer
    /// Two honest copies with one key; each peer hears one of them.
    case twins
    /// Sends votes and bundles for many heights and rounds at every tick, to fill up what others keep.
    case flooder

    /// Those that a plan draws first; the flooder came later, see `SimulationPlan.unsettle`.
    static var drawn: [Strategy] { self.allCases.filter { $0 != .flooder } }

    /// Whether a replica runs behind it; the others only react to what they hear.
    var runsReplica: Bool {
        switch self {
        case .doubleProposer, .withholder, .replayer, .refuser, .hoarder, .forger, .twins: true
        case .silent, .doubleVoter, .amnesiac, .hunter, .flatterer, .flooder: false
        }
    }
}

package struct Liar: Hashable, Sendable {
    package let member: UInt32
    package let strategy: Strategy

    package init(member: UInt32, strategy: Strategy) {
        self.member = member
        self.strategy = strategy
    }
}
