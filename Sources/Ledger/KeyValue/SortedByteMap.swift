/// A map from bytes to bytes in byte order, cheap to copy and to change: sorted chunks in a sorted list.
///
/// A copy shares its chunks with the original; a change costs one chunk. Lookups are two binary searches.
struct SortedByteMap: Sendable {
    typealias Entry = (key: [UInt8], value: [UInt8])

    /// A place in the map: chunk, and entry in the chunk.
    struct Index {
        var chunk: Int
        var entry: Int
    }

    private static let chunkLimit = 256

    /// No chunk is empty; keys rise through the chunks.
    private var chunks: [[Entry]] = []

    subscript(key: [UInt8]) -> [UInt8]? {
        get {
            guard let entry = self.entry(at: self.firstIndex(notBefore: key)), entry.key == key else { return nil }
            return entry.value
        }
        set {
            if let newValue { self.put(key, newValue) } else { self.remove(key) }
        }
    }

    /// The place of the first key that is not before the given one; it may be past the end.
    func firstIndex(notBefore key: [UInt8]) -> Index {
        let chunk = Self.partition(self.chunks.count) { self.chunks[$0][self.chunks[$0].count - 1].key.lexicographicallyPrecedes(key) }
        guard chunk < self.chunks.count else { return Index(chunk: chunk, entry: 0) }
        let entries = self.chunks[chunk]
        return Index(chunk: chunk, entry: Self.partition(entries.count) { entries[$0].key.lexicographicallyPrecedes(key) })
    }

    /// The entry at a place; nil past the end.
    func entry(at index: Index) -> Entry? {
        index.chunk < self.chunks.count ? self.chunks[index.chunk][index.entry] : nil
    }

    /// The place after this one.
    func index(after index: Index) -> Index {
        let isLast = index.entry + 1 == self.chunks[index.chunk].count
        return isLast ? Index(chunk: index.chunk + 1, entry: 0) : Index(chunk: index.chunk, entry: index.entry + 1)
    }

    private mutating func put(_ key: [UInt8], _ value: [UInt8]) {
        var index = self.firstIndex(notBefore: key)
        if let entry = self.entry(at: index), entry.key == key {
            self.chunks[index.chunk][index.entry].value = value
            return
        }
        if index.chunk == self.chunks.count {
            guard index.chunk > 0 else {
                self.chunks.append([(key, value)])
                return
            }
            index = Index(chunk: index.chunk - 1, entry: self.chunks[index.chunk - 1].count)
        }
        self.chunks[index.chunk].insert((key, value), at: index.entry)
        guard self.chunks[index.chunk].count > Self.chunkLimit else { return }
        let half = self.chunks[index.chunk].count / 2
        let upper = Array(self.chunks[index.chunk][half...])
        self.chunks[index.chunk].removeLast(upper.count)
        self.chunks.insert(upper, at: index.chunk + 1)
    }

    private mutating func remove(_ key: [UInt8]) {
        let index = self.firstIndex(notBefore: key)
        guard let entry = self.entry(at: index), entry.key == key else { return }
        self.chunks[index.chunk].remove(at: index.entry)
        if self.chunks[index.chunk].isEmpty { self.chunks.remove(at: index.chunk) }
    }

    /// The first number below `count` for which the condition is false; it is true before and false after.
    private static func partition(_ count: Int, where isBefore: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
