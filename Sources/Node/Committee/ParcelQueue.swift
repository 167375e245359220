import Ordering

/// What waits in one lane from one member to another, bounded (consensus 1.9).
///
/// A full lane of votes loses its oldest message of a superseded round; a full lane of blocks or envelopes does not take more. Whatever is lost
/// is asked for or sent again: nobody ever waits for room.
struct ParcelQueue: Sendable {
    private let lane: MemberParcel.Lane
    private var items: [MemberParcel] = []
    private var head = 0
    private var bytes = 0

    init(_ lane: MemberParcel.Lane) {
        self.lane = lane
    }

    var count: Int { self.items.count - self.head }

    /// - Returns: Whether nothing was lost.
    mutating func push(_ parcel: MemberParcel) -> Bool {
        let limit = self.lane == .votes ? NodeLimits.queuedVotes : NodeLimits.queuedParcels
        var isComplete = true
        if self.lane == .votes {
            if self.count >= limit {
                self.dropSuperseded(by: parcel)
                isComplete = false
            }
        } else if self.count >= limit || self.count > 0 && parcel.sizeBytes > NodeLimits.queuedParcelBytes - self.bytes {
            return false
        }
        self.items.append(parcel)
        self.bytes += parcel.sizeBytes
        return isComplete
    }

    mutating func pop() -> MemberParcel? {
        guard self.count > 0 else { return nil }
        let parcel = self.items[self.head]
        self.head += 1
        self.bytes -= parcel.sizeBytes
        if self.head > 64, self.head * 2 > self.items.count {
            self.items.removeFirst(self.head)
            self.head = 0
        }
        return parcel
    }

    private mutating func dropSuperseded(by parcel: MemberParcel) {
        let index =
            self.items.indices.dropFirst(self.head).first { index in
                guard let place = self.items[index].place, let newest = parcel.place else { return false }
                return (place.height, place.round) < (newest.height, newest.round)
            } ?? self.head
        self.bytes -= self.items.remove(at: index).sizeBytes
    }
}
