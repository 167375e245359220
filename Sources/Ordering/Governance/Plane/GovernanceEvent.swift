import LedgerModel

/// What a block changed in governance, for logs and for people; everything is in the state as well.
package enum GovernanceEvent: Equatable, Sendable {
    case electionOpened(election: [UInt8], epoch: UInt64, seats: Int?)
    case candidateRegistered(MSPID, consenter: UInt32)
    case electionVoid(election: [UInt8], VoidElection)
    case tallied(election: [UInt8], issued: UInt32, committed: UInt32, revealed: UInt32)
    /// The tabulating facility has signed another result than the one counted.
    case tabulatorContradicted(election: [UInt8])
    /// Takes office at this height.
    case elected(epoch: UInt64, firstHeight: UInt64, producers: [MSPID], auditNodes: [MSPID], standbys: [MSPID])
    /// The elected have come into office: their epoch has begun.
    case epochBegins(UInt64, firstHeight: UInt64)
    case convicted(MSPID, OffenceCode, offenceHeight: UInt64)
    case keyBurned(consenter: UInt32)
    case barred(MSPID, BarringPolicy)
    case readmitted(MSPID)
    case strike(MSPID, count: Int)
    /// Out of office, from the next but one height on.
    case evicted(MSPID, from: OfficePlace)
    case promoted(MSPID, from: OfficePlace?, to: OfficePlace)
    case demoted(MSPID, from: OfficePlace)
    case keyRotated(MSPID, consenter: UInt32)
    case keyOverdue(MSPID, epochs: UInt64)
    case resigned(MSPID)
    /// The authorities may open a by-election now.
    case byElectionNeeded(seats: Int)
    case alarm(EpochAlarm)
    /// More members were proven to have lied at one height than the protocol bears: ordering halts, reads go on, a person decides.
    case forkAlarm(height: UInt64, accused: Int)
    /// The next block has to be the configuration of a new committee.
    case committeeDue(CommitteeDue)
}
