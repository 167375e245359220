/// A set of keys in order, in pieces of bounded length.
///
/// Adding a key moves at most one piece, so that a block of very many writes stays cheap, and a range costs two binary searches and what it finds.
struct SortedKeys<Key: Comparable & Sendable>: Sendable {
    /// Each in order and before the next; none is empty.
    private var pieces: [[Key]] = []
    private let pieceLimit: Int

    /// - Parameter pieceLimit: A piece longer than this is cut in half; at least 2.
    init(pieceLimit: Int = 512) {
        self.pieceLimit = max(2, pieceLimit)
    }

    /// Adds a key; one that is there already is left alone.
    mutating func insert(_ key: Key) {
        guard !self.pieces.isEmpty else {
            self.pieces.append([key])
            return
        }
        // A key behind all others belongs to the last piece.
        let index = min(self.firstPiece(reaching: key), self.pieces.count - 1)
        let position = Self.firstIndex(in: self.pieces[index], from: key)
        if position < self.pieces[index].count, self.pieces[index][position] == key { return }
        self.pieces[index].insert(key, at: position)
        guard self.pieces[index].count > self.pieceLimit else { return }
        let tail = Array(self.pieces[index][(self.pieces[index].count / 2)...])
        self.pieces[index].removeLast(tail.count)
        self.pieces.insert(tail, at: index + 1)
    }

    /// The keys between two bounds, in order; the end is included when asked for, and nil is behind every key.
    func keys(from start: Key, to end: Key?, includingEnd: Bool) -> [Key] {
        var found: [Key] = []
        var index = self.firstPiece(reaching: start)
        while index < self.pieces.count {
            let piece = self.pieces[index]
            // Only the first piece can hold keys before the start.
            let first = found.isEmpty ? Self.firstIndex(in: piece, from: start) : 0
            for key in piece[first...] {
                if let end, key > end || (key == end && !includingEnd) { return found }
                found.append(key)
            }
            index += 1
        }
        return found
    }

    /// The first piece whose last key is not before a key; the number of pieces when there is none.
    private func firstPiece(reaching key: Key) -> Int {
        Self.partition(self.pieces.count) { index in self.pieces[index].last.map { $0 < key } ?? true }
    }

    private static func firstIndex(in piece: [Key], from key: Key) -> Int {
        Self.partition(piece.count) { piece[$0] < key }
    }

    /// The first index below a count at which a condition, true up to some point, is false.
    private static func partition(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
