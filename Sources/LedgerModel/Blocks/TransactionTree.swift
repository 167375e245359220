import CryptoPrimitives

/// The Merkle tree over a block's envelopes, so that one transaction can be shown to be in a block without the others.
///
///     envelopeHash = SHA-256(serialised envelope)
///     leaf         = SHA-256(00 | envelopeHash)
///     inner        = SHA-256(01 | left | right)        left holds the largest power of two of leaves that is below their count
///     root of none = SHA-256 of nothing
package enum TransactionTree {
    /// One step from a leaf to the root: the neighbour's hash and its side.
    package struct Step: Hashable, Sendable {
        package let sibling: [UInt8]
        /// True when the neighbour stands left of the path.
        package let isLeft: Bool

        package init(sibling: [UInt8], isLeft: Bool) {
            self.sibling = sibling
            self.isLeft = isLeft
        }
    }

    /// The root over serialised envelopes, in the order of the block.
    package static func root(of envelopes: [[UInt8]]) -> [UInt8] {
        self.root(ofLeaves: envelopes.map { self.leaf($0) }[...])
    }

    /// The same root over the envelopes' hashes alone.
    package static func root(ofEnvelopeHashes hashes: [[UInt8]]) -> [UInt8] {
        self.root(ofLeaves: hashes.map { self.leaf(ofHash: $0) }[...])
    }

    /// The way from one envelope to the root; nil when there is no such envelope.
    package static func path(to index: Int, in envelopes: [[UInt8]]) -> [Step]? {
        guard envelopes.indices.contains(index) else { return nil }
        var steps: [Step] = []
        var range = envelopes.map { self.leaf($0) }[...]
        while range.count > 1 {
            let middle = range.startIndex + self.split(range.count)
            let (left, right) = (range[..<middle], range[middle...])
            if index < middle {
                steps.append(Step(sibling: self.root(ofLeaves: right), isLeft: false))
                range = left
            } else {
                steps.append(Step(sibling: self.root(ofLeaves: left), isLeft: true))
                range = right
            }
        }
        return steps.reversed()
    }

    /// Whether the path leads from the envelope, at this place among `count`, to the root.
    ///
    /// The sides must be those that the place demands: a path of another length or shape proves nothing.
    package static func verify(_ envelope: [UInt8], at index: Int, of count: Int, path: [Step], root: [UInt8]) -> Bool {
        guard index >= 0, index < count else { return false }
        var sides: [Bool] = []
        var (place, size) = (index, count)
        while size > 1 {
            let left = self.split(size)
            sides.append(place >= left)
            (place, size) = place >= left ? (place - left, size - left) : (place, left)
        }
        guard path.map(\.isLeft) == sides.reversed() else { return false }
        let top = path.reduce(self.leaf(envelope)) { hash, step in
            step.isLeft ? self.inner(step.sibling, hash) : self.inner(hash, step.sibling)
        }
        return top == root
    }

    private static func leaf(_ envelope: [UInt8]) -> [UInt8] { self.leaf(ofHash: SHA256.hash(envelope)) }

    private static func leaf(ofHash hash: [UInt8]) -> [UInt8] {
        var hasher = self.leafStart
        hasher.update(hash)
        return hasher.finalize()
    }

    private static func inner(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var hasher = self.innerStart
        hasher.update(left)
        hasher.update(right)
        return hasher.finalize()
    }

    /// Hashers that have taken the first byte.
    private static let leafStart = Self.hasher(after: 0)
    private static let innerStart = Self.hasher(after: 1)

    private static func hasher(after byte: UInt8) -> SHA256.Hasher {
        var hasher = SHA256.Hasher()
        hasher.update([byte])
        return hasher
    }

    private static func root(ofLeaves leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        guard let first = leaves.first else { return SHA256.hash([]) }
        guard leaves.count > 1 else { return first }
        let middle = leaves.startIndex + self.split(leaves.count)
        return self.inner(self.root(ofLeaves: leaves[..<middle]), self.root(ofLeaves: leaves[middle...]))
    }

    /// The largest power of two below a count of at least 2.
    private static func split(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}
