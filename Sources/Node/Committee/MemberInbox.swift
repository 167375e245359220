import Ordering
import Synchronization

/// What waits for one member: from each other member a bounded queue for each lane, and what its own clock and clients have to say.
final class MemberInbox: CommitteeEndpoint {
    enum Item: Sendable {
        case parcel(CommitteeParcel, from: UInt32)
        case timeout(height: UInt64, round: Round, TimeoutKind)
        case tick
        /// The pool may hold something.
        case reason
    }

    private struct State {
        var own: [Item] = []
        var hasReason = false
        var votes: [ParcelQueue]
        var blocks: [ParcelQueue]
        var envelopes: [ParcelQueue]
        /// Whose turn it is; nobody can starve others by sending much.
        var turn = 0
        var lost = 0
        var isClosed = false
    }

    private let peers: [UInt32]
    private let state: Mutex<State>
    /// Something for the core; and an envelope for the intake.
    let wake: AsyncStream<Void>
    let wakeIntake: AsyncStream<Void>
    private let wakeInput: AsyncStream<Void>.Continuation
    private let intakeInput: AsyncStream<Void>.Continuation

    init(peers: [UInt32]) {
        self.peers = peers
        (self.wake, self.wakeInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (self.wakeIntake, self.intakeInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        func queues(_ lane: CommitteeParcel.Lane) -> [ParcelQueue] { peers.map { _ in ParcelQueue(lane) } }
        self.state = Mutex(State(votes: queues(.votes), blocks: queues(.blocks), envelopes: queues(.envelopes)))
    }

    /// How many parcels there was no room for.
    var lost: Int { self.state.withLock { $0.lost } }

    func accept(_ parcel: CommitteeParcel, from consenter: UInt32) {
        guard let index = self.peers.firstIndex(of: consenter) else { return }
        self.state.withLock { state in
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

    func post(_ item: Item) {
        self.state.withLock { state in
            if case .reason = item { state.hasReason = true } else { state.own.append(item) }
        }
        self.wakeInput.yield()
    }

    /// The next thing for the core: its own clock first, then votes, then blocks; nil when there is nothing, and after the end.
    func next() -> Item? {
        self.state.withLock { state in
            if state.isClosed { return nil }
            if !state.own.isEmpty { return state.own.removeFirst() }
            if let (parcel, peer) = self.pop(&state, \.votes) { return .parcel(parcel, from: peer) }
            if state.hasReason {
                state.hasReason = false
                return .reason
            }
            if let (parcel, peer) = self.pop(&state, \.blocks) { return .parcel(parcel, from: peer) }
            return nil
        }
    }

    /// The next envelopes that another member has pushed.
    func nextEnvelopes() -> [[UInt8]]? {
        self.state.withLock { state in
            guard !state.isClosed, case .envelopes(let envelopes)? = self.pop(&state, \.envelopes)?.parcel else { return nil }
            return envelopes
        }
    }

    /// Ends everything at once; what waits is lost.
    func close() {
        self.state.withLock { $0.isClosed = true }
        self.wakeInput.finish()
        self.intakeInput.finish()
    }

    private func pop(_ state: inout State, _ lane: WritableKeyPath<State, [ParcelQueue]>) -> (parcel: CommitteeParcel, peer: UInt32)? {
        for step in self.peers.indices {
            let index = (state.turn + step) % self.peers.count
            if let parcel = state[keyPath: lane][index].pop() {
                state.turn = index + 1
                return (parcel, self.peers[index])
            }
        }
        return nil
    }
}
