import Ordering
import Synchronization

/// What waits to be sent to one member in one lane, bounded; nobody ever waits for room.
///
/// When it is full the oldest goes, in the lane of votes first one of a superseded round: whatever is lost is asked for or sent again by the ticks
/// of the members, and the newest is of most use.
final class OutboundLane: Sendable {
    private struct State {
        var items: [MemberParcel] = []
        var bytes = 0
        var lost = 0
        var isClosed = false
        var waiter: (id: UInt64, continuation: CheckedContinuation<MemberParcel?, Never>)?
        var lastWaiter: UInt64 = 0
    }

    private let state = Mutex(State())
    private let isForVotes: Bool
    private let limit: Int
    private let limitBytes: Int

    init(_ lane: CommitteeLane, limits: CommitteeWireLimits) {
        self.isForVotes = lane == .votes
        self.limit = lane == .votes ? limits.queuedVotes : limits.queuedParcels
        self.limitBytes = lane == .votes ? limits.queuedVoteBytes : limits.queuedParcelBytes
    }

    var count: Int { self.state.withLock { $0.items.count } }
    var sizeBytes: Int { self.state.withLock { $0.bytes } }
    /// How many parcels there was no room for.
    var lost: Int { self.state.withLock { $0.lost } }

    func push(_ parcel: MemberParcel) {
        let size = parcel.wireBytes
        let waiter = self.state.withLock { state -> CheckedContinuation<MemberParcel?, Never>? in
            guard !state.isClosed else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter.continuation
            }
            while !state.items.isEmpty, state.items.count >= self.limit || state.bytes > self.limitBytes - min(size, self.limitBytes) {
                state.bytes -= state.items.remove(at: self.isForVotes ? Self.superseded(in: state.items, by: parcel) : 0).wireBytes
                state.lost += 1
            }
            state.items.append(parcel)
            state.bytes += size
            return nil
        }
        waiter?.resume(returning: parcel)
    }

    /// The next one, when there is one; nil when the waiting task is cancelled or the lane is closed.
    func next() async -> MemberParcel? {
        let id = self.state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isOver, parcel) = self.state.withLock { state -> (Bool, MemberParcel?) in
                    if state.isClosed || Task.isCancelled { return (true, nil) }
                    if !state.items.isEmpty {
                        let first = state.items.removeFirst()
                        state.bytes -= first.wireBytes
                        return (true, first)
                    }
                    // One reader at a time; a second one would take the first one's place.
                    if state.waiter != nil { return (true, nil) }
                    state.waiter = (id, continuation)
                    return (false, nil)
                }
                if isOver { continuation.resume(returning: parcel) }
            }
        } onCancel: {
            let waiter = self.state.withLock { state -> CheckedContinuation<MemberParcel?, Never>? in
                guard let waiter = state.waiter, waiter.id == id else { return nil }
                state.waiter = nil
                return waiter.continuation
            }
            waiter?.resume(returning: nil)
        }
    }

    func close() {
        let waiter = self.state.withLock { state in
            state.isClosed = true
            (state.items, state.bytes) = ([], 0)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.continuation.resume(returning: nil)
    }

    /// The oldest vote of an earlier round than the newest's; else the oldest.
    private static func superseded(in items: [MemberParcel], by parcel: MemberParcel) -> Int {
        guard let newest = parcel.place else { return 0 }
        return items.firstIndex { item in item.place.map { ($0.height, $0.round) < (newest.height, newest.round) } ?? false } ?? 0
    }
}

extension MemberParcel {
    /// About what it takes on the wire; bundles of votes are weighed too.
    var wireBytes: Int {
        guard case .consensus(let message) = self else { return self.sizeBytes }
        return switch message {
        case .proposal(_, let polka): 256 + (polka?.entries.count ?? 0) * 128
        case .vote: 768
        case .certificate(let certificate): 1_024 + certificate.entries.count * 128
        case .round(let certificate): certificate.votes.count * 768
        case .bundle(let bundle):
            256 + bundle.proposals.count * 192 + bundle.votes.count * 768 + bundle.polkas.reduce(0) { $0 + 1_024 + $1.entries.count * 128 }
                + (bundle.roundCertificate?.votes.count ?? 0) * 768
        }
    }

    /// The same in parcels of a bounded size: envelopes that are pushed together need not travel together.
    func pieces(ofBytes limit: Int) -> [MemberParcel] {
        guard case .envelopes(let envelopes) = self, self.sizeBytes > limit else { return [self] }
        var pieces: [MemberParcel] = []
        var (piece, bytes): ([[UInt8]], Int) = ([], 0)
        for envelope in envelopes {
            if !piece.isEmpty, envelope.count > limit - min(bytes, limit) {
                pieces.append(.envelopes(piece))
                (piece, bytes) = ([], 0)
            }
            piece.append(envelope)
            bytes += envelope.count
        }
        if !piece.isEmpty { pieces.append(.envelopes(piece)) }
        return pieces
    }
}
