import CryptoPrimitives
import LedgerModel

/// What proven offences cost (consensus 2.5, 2.6 and 0.1).
extension ControlPlane {
    mutating func charge(
        _ item: Misbehaviour, _ context: GovernanceContext, _ events: inout [GovernanceEvent]
    ) throws(GovernanceRefusal) {
        guard self.evidenceInBlock < GovernanceLimits.evidencePerBlock else { throw .tooMuchEvidence }
        if let refusal = self.refusal(of: item, at: context.height, on: context.decided, proofs: context.proofs) { throw .evidence(refusal) }
        guard let key = self.keys[item.offender] else { throw .evidence(.notInOffice) }
        self.evidenceInBlock += 1
        self.facts[item.identity] = context.height
        let member = key.member
        var standing = self.members[member] ?? MemberStanding()
        standing.offencePoints = standing.offencePoints == .max ? .max : standing.offencePoints + 1
        events.append(.convicted(member, item.code, offenceHeight: item.height))
        switch item.code.sanction {
        case .evictAndBar:
            self.keys[item.offender]?.isBurned = true
            self.barring.bar(member, consensusKey: key.publicKey, epoch: self.epoch.number, policy: self.settings.barring)
            self.convicted.append(member)
            events.append(.keyBurned(consenter: item.offender))
            events.append(.barred(member, self.settings.barring))
        case .evict: self.convicted.append(member)
        case .strike:
            standing.strikes += 1
            events.append(.strike(member, count: standing.strikes))
            if standing.strikes >= self.settings.strikeLimit {
                standing.strikes = 0
                self.convicted.append(member)
            }
        case .demote: break
        }
        self.members[member] = standing
        self.raiseForkAlarm(item, &events)
    }

    /// More liars at one height than the protocol bears: two blocks of that height may have been decided.
    private mutating func raiseForkAlarm(_ item: Misbehaviour, _ events: inout [GovernanceEvent]) {
        let isLie: (UInt8) -> Bool = { (1...3).contains($0) }
        guard isLie(item.identity.code), !self.isHalted, let faults = self.term(at: item.height)?.committee?.faults else { return }
        let accused = Set(self.facts.keys.filter { $0.height == item.height && isLie($0.code) }.map(\.offender)).count
        guard accused > faults else { return }
        self.isHalted = true
        events.append(.forkAlarm(height: item.height, accused: accused))
    }
}
