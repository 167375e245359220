import LedgerModel
import Ordering
import Synchronization

/// What waits for one member: from each other member a bounded queue for each lane, and what its own clock and clients have to say.
final class MemberInbox: CommitteeEndpoint {
    /// An envelope of a client that waits for an answer.
    struct Submission: Sendable {
        let envelope: Envelope
        let reply: @Sendable (MemberIntake.Answer) -> Void
    }

    /// What waits for the intake.
    enum IntakeWork: Sendable {
        case submissions([Submission])
        case pushed([[UInt8]])
        case blockStored
    }

    /// The kinds of work for the intake, in turn.
    private enum IntakeTurn: CaseIterable {
        case pushed
        case submissions
        case blockStored
    }

    private struct State {
        /// Channels of those who have sent something, by their order.
        var peers: [UInt32] = []
        var votes: [ParcelQueue] = []
        var blocks: [ParcelQueue] = []
        var envelopes: [ParcelQueue] = []
        var timers: [MemberInput] = []
        var hasTick = false
        var hasReason = false
        var submissions: [Submission] = []
        var hasStored = false
        /// Whose turn it is; nobody can starve others by sending much.
        var turn = 0
        /// What the intake gets next, if there is some.
        var intakeTurn = IntakeTurn.pushed
        var lost = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Something for the core; and something for the intake.
    let wake: AsyncStream<Void>
    let wakeIntake: AsyncStream<Void>
    private let wakeInput: AsyncStream<Void>.Continuation
    private let intakeInput: AsyncStream<Void>.Continuation

    init() {
        (self.wake, self.wakeInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (self.wakeIntake, self.intakeInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How many parcels there was no room for.
    var lost: Int { self.state.withLock { $0.lost } }

    /// Takes a parcel of a consenter, as the transport has authenticated it; committees change, so every consenter gets a channel.
    func accept(_ parcel: MemberParcel, from consenter: UInt32) {
        self.state.withLock { state in
            guard let index = Self.channel(of: consenter, &state) else {
                state.lost += 1
                return
            }
            let isComplete =
                switch parcel.lane {
                case .votes: state.votes[index].push(parcel)
                case .blocks: state.blocks[index].push(parcel)
                case .envelopes: state.envelopes[index].push(parcel)
                }
            if !isComplete { state.lost += 1 }
        }
        (parcel.lane == .envelopes ? self.intakeInput : self.wakeInput).yield()
    }

    private static func channel(of consenter: UInt32, _ state: inout State) -> Int? {
        if let index = state.peers.firstIndex(of: consenter) { return index }
        guard state.peers.count < NodeLimits.committeeChannels else { return nil }
        state.peers.append(consenter)
        state.votes.append(ParcelQueue(.votes))
        state.blocks.append(ParcelQueue(.blocks))
        state.envelopes.append(ParcelQueue(.envelopes))
        return state.peers.count - 1
    }

    func post(_ input: MemberInput) {
        self.state.withLock { state in
            switch input {
            case .reason: state.hasReason = true
            case .tick: state.hasTick = true
            default: if state.timers.count < NodeLimits.queuedTimers { state.timers.append(input) }
            }
        }
        self.wakeInput.yield()
    }

    /// A block was stored: the intake may tidy up.
    func noteStored() {
        self.state.withLock { $0.hasStored = true }
        self.intakeInput.yield()
    }

    /// Queues an envelope of a client; the answer comes later, or at once when there is no room.
    func submit(_ submission: Submission) {
        let refusal: BroadcastRefusal? = self.state.withLock { state in
            if state.isClosed { return .unavailable(reason: "it has stopped") }
            if state.submissions.count >= NodeLimits.queuedSubmissions {
                return .unavailable(reason: "\(state.submissions.count) envelopes wait for their check: send again later")
            }
            state.submissions.append(submission)
            return nil
        }
        if let refusal { submission.reply(.refused(refusal)) } else { self.intakeInput.yield() }
    }

    /// The next thing for the core: its own clock first, then votes, then blocks; nil when there is nothing, and after the end.
    func next() -> MemberInput? {
        self.state.withLock { state in
            if state.isClosed { return nil }
            if !state.timers.isEmpty { return state.timers.removeFirst() }
            if state.hasTick {
                state.hasTick = false
                return .tick
            }
            if let (parcel, peer) = Self.pop(&state, \.votes) { return .parcel(parcel, from: peer) }
            if state.hasReason {
                state.hasReason = false
                return .reason
            }
            if let (parcel, peer) = Self.pop(&state, \.blocks) { return .parcel(parcel, from: peer) }
            return nil
        }
    }

    /// The next thing for the intake, of each kind in turn: members that push much must keep out neither clients nor the tidying of the log.
    func nextIntake() -> IntakeWork? {
        self.state.withLock { state in
            if state.isClosed { return nil }
            for _ in IntakeTurn.allCases {
                switch state.intakeTurn {
                case .pushed:
                    state.intakeTurn = .submissions
                    if case .envelopes(let envelopes)? = Self.pop(&state, \.envelopes)?.parcel { return .pushed(envelopes) }
                case .submissions:
                    state.intakeTurn = .blockStored
                    if state.submissions.isEmpty { continue }
                    let count = min(state.submissions.count, NodeLimits.submissionsOfOneSync)
                    defer { state.submissions.removeFirst(count) }
                    return .submissions(Array(state.submissions.prefix(count)))
                case .blockStored:
                    state.intakeTurn = .pushed
                    if !state.hasStored { continue }
                    state.hasStored = false
                    return .blockStored
                }
            }
            return nil
        }
    }

    /// Ends everything at once; what waits is lost.
    func close() {
        self.state.withLock { $0.isClosed = true }
        self.wakeInput.finish()
        self.intakeInput.finish()
        self.refuseSubmissions()
    }

    /// Tells those who wait that there is no answer.
    func refuseSubmissions() {
        let waiting = self.state.withLock { state in
            state.isClosed = true
            defer { state.submissions = [] }
            return state.submissions
        }
        for submission in waiting { submission.reply(.refused(.unavailable(reason: "it has stopped"))) }
    }

    private static func pop(_ state: inout State, _ lane: WritableKeyPath<State, [ParcelQueue]>) -> (parcel: MemberParcel, peer: UInt32)? {
        for step in state.peers.indices {
            let index = (state.turn + step) % state.peers.count
            if let parcel = state[keyPath: lane][index].pop() {
                state.turn = index + 1
                return (parcel, state.peers[index])
            }
        }
        return nil
    }
}
