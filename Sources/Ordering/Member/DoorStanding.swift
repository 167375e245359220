/// What a member's door does with the envelopes of clients.
package enum DoorStanding: Sendable {
    /// It is in office and signs: it takes envelopes and gives receipts.
    case signs
    /// It has lost its office, or has none yet, and the chain knows its key: it takes envelopes and pushes them to those in office, who hear it.
    case passesOn
    /// Nobody would hear it, or it does not know yet what there is to know: it was cut off from the chain, its key is burned or new, or it catches up.
    case refuses
}
