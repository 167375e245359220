import LedgerModel
import Ordering

/// The real world around a member's core and door: transport, clock, timers, and the news that others wait for.
struct MemberWorld: MemberSurroundings {
    let consenter: UInt32
    let transport: any CommitteeTransport
    let clock: any CommitteeClock
    let timers: MemberTimers
    let inbox: MemberInbox
    let progress: CommitteeProgress

    func send(_ parcel: MemberParcel, to member: UInt32) { self.transport.send(parcel, from: self.consenter, to: member) }

    func startTimer(_ input: MemberInput, milliseconds: UInt32) { self.timers.start(input, milliseconds: milliseconds) }

    func now() -> Timestamp { self.clock.now() }

    func note(_ news: MemberNews) {
        switch news {
        case .stored(let height):
            self.inbox.noteStored()
            self.progress.update(self.consenter) { $0.head = height }
        case .invalidBlock(let fault): self.progress.update(self.consenter) { $0.lastFault = fault }
        case .evidence(let evidence): self.progress.report(evidence, by: self.consenter)
        case .refused(let from): self.progress.countRefusal(at: self.consenter, of: from)
        case .refusedEnvelopes(let count): self.progress.update(self.consenter) { $0.refusedEnvelopes += count }
        case .charged(let fact, let refusal):
            self.progress.update(self.consenter) { member in
                if let refusal {
                    member.refusedCharge = refusal
                } else {
                    member.charges = member.charges.suffix(NodeLimits.rememberedCharges - 1) + [fact]
                }
            }
        case .signs(let signs): self.progress.update(self.consenter) { $0.isObserver = !signs }
        }
    }
}
