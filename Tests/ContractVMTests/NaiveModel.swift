import CryptoPrimitives
import LedgerModel

/// One step of a random program.
enum Step: Sendable {
    case get(String)
    case put(String, [UInt8])
    case delete(String)
    /// Takes so many results and leaves the query open.
    case range(String, String, Int)
    case getPolicy(String)
    case setPolicy(String, [UInt8])
}

/// What the read-write set of a program must be, worked out from the rules alone: linear searches, its own encoder, its own digest.
struct NaiveModel {
    typealias Bytes = [UInt8]

    /// A committed key.
    struct Entry: Sendable {
        var key: String
        var block: UInt64
        var transaction: UInt64
    }

    /// In any order.
    let committed: [Entry]

    /// The serialised `kvrwset.KVRWSet`; nil when the program touches nothing.
    func readWriteSet(of program: [Step]) -> Bytes? {
        var readKeys: [Bytes] = []
        var writes: [(key: Bytes, value: Bytes)] = []
        var policies: [(key: Bytes, value: Bytes)] = []
        var ranges: [(identity: Bytes, message: Bytes)] = []
        for step in program {
            switch step {
            case .get(let key), .getPolicy(let key):
                if !readKeys.contains(Array(key.utf8)) { readKeys.append(Array(key.utf8)) }
            case .put(let key, let value):
                writes.removeAll { $0.key == Array(key.utf8) }
                writes.append((Array(key.utf8), value))
            case .delete(let key):
                writes.removeAll { $0.key == Array(key.utf8) }
                writes.append((Array(key.utf8), []))
            case .setPolicy(let key, let value):
                policies.removeAll { $0.key == Array(key.utf8) }
                policies.append((Array(key.utf8), value))
            case .range(let start, let end, let take):
                let range = rangeQuery(start, end, take)
                if !ranges.contains(where: { $0.identity == range.identity }) { ranges.append(range) }
            }
        }
        var message: Bytes = []
        for key in readKeys.sorted(by: Self.precedes) { message += Self.field(1, read(key)) }
        for range in ranges { message += Self.field(2, range.message) }
        for write in writes.sorted(by: { Self.precedes($0.key, $1.key) }) {
            let rest = write.value.isEmpty ? [0x10, 0x01] : Self.field(3, write.value)
            message += Self.field(3, Self.field(1, write.key) + rest)
        }
        for policy in policies.sorted(by: { Self.precedes($0.key, $1.key) }) {
            let value = policy.value.isEmpty ? [] : Self.field(2, policy.value)
            message += Self.field(4, Self.field(1, policy.key) + Self.field(2, Self.field(1, Array("VALIDATION_PARAMETER".utf8)) + value))
        }
        return message.isEmpty && ranges.isEmpty ? nil : message
    }

    private func rangeQuery(_ start: String, _ end: String, _ take: Int) -> (identity: Bytes, message: Bytes) {
        let first: Bytes = start.isEmpty ? [1] : Array(start.utf8)
        let last = Array(end.utf8)
        var keys: [Bytes] = []
        for entry in committed {
            let key = Array(entry.key.utf8)
            if !Self.precedes(key, first), last.isEmpty || Self.precedes(key, last) { keys.append(key) }
        }
        keys.sort(by: Self.precedes)
        // One batch is read at the start, another whenever one more result is wanted; each reads one result too many.
        var seen = 101
        while seen - 1 < take { seen += 100 }
        let isExhausted = keys.count < seen
        let results = isExhausted ? keys : Array(keys[..<seen])
        let recordedEnd = isExhausted ? last : results[seen - 1]
        var message = Self.field(1, first)
        if !recordedEnd.isEmpty { message += Self.field(2, recordedEnd) }
        if isExhausted { message += [0x18, 0x01] }
        let identity = message
        let reads = results.map { Self.field(1, read($0)) }
        if reads.count > 50 {
            var leaves: [Bytes] = []
            var rest = reads[...]
            while !rest.isEmpty {
                leaves.append(SHA256.hash(rest.prefix(51).flatMap { $0 }))
                rest = rest.dropFirst(51)
            }
            // Fewer than 51 leaves, that is 2550 results, stay on level 1.
            message += Self.field(5, [0x08, 50, 0x10, 1] + leaves.flatMap { Self.field(3, $0) })
        } else if !reads.isEmpty {
            message += Self.field(4, reads.flatMap { $0 })
        }
        return (identity, message)
    }

    /// A serialised `kvrwset.KVRead`.
    private func read(_ key: Bytes) -> Bytes {
        var message = Self.field(1, key)
        for entry in committed where Array(entry.key.utf8) == key {
            var version: Bytes = []
            if entry.block != 0 { version += [0x08] + Self.varint(entry.block) }
            if entry.transaction != 0 { version += [0x10] + Self.varint(entry.transaction) }
            message += Self.field(2, version)
        }
        return message
    }

    static func precedes(_ left: Bytes, _ right: Bytes) -> Bool {
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            return left[index] < right[index]
        }
        return left.count < right.count
    }

    static func field(_ number: UInt8, _ content: Bytes) -> Bytes {
        [number << 3 | 2] + varint(UInt64(content.count)) + content
    }

    static func varint(_ value: UInt64) -> Bytes {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
    }
}
