import CryptoPrimitives

/// The hash tree of RFC 6962 over leaf hashes: a node is SHA-256(0x01 || left || right), the left part is the largest power of two below the size.
enum HashTree {
    static func root(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        guard leaves.count > 1 else { return leaves.first ?? SHA256.hash([UInt8]()) }
        let split = leaves.startIndex + leftSize(leaves.count)
        return node(root(leaves[..<split]), root(leaves[split...]))
    }

    /// The sibling hashes from the leaf up to the root.
    static func path(to index: Int, in leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard leaves.count > 1 else { return [] }
        let size = leftSize(leaves.count)
        let split = leaves.startIndex + size
        return index < size
            ? path(to: index, in: leaves[..<split]) + [root(leaves[split...])]
            : path(to: index - size, in: leaves[split...]) + [root(leaves[..<split])]
    }

    /// How many siblings the path of a leaf has in a tree of `count` leaves.
    static func pathLength(to index: Int, count: Int) -> Int {
        guard count > 1 else { return 0 }
        let size = leftSize(count)
        return 1 + (index < size ? pathLength(to: index, count: size) : pathLength(to: index - size, count: count - size))
    }

    /// The root that the leaf and its path lead to; nil if the path has the wrong length for this place in the tree.
    static func root(leaf: [UInt8], index: Int, count: Int, path: ArraySlice<[UInt8]>) -> [UInt8]? {
        guard count > 1 else { return path.isEmpty ? leaf : nil }
        guard let sibling = path.last else { return nil }
        let size = leftSize(count)
        if index < size {
            return root(leaf: leaf, index: index, count: size, path: path.dropLast()).map { node($0, sibling) }
        }
        return root(leaf: leaf, index: index - size, count: count - size, path: path.dropLast()).map { node(sibling, $0) }
    }

    private static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        SHA256.hash(concatenating: [1], left, right)
    }

    private static func leftSize(_ count: Int) -> Int {
        var size = 1
        while size * 2 < count { size *= 2 }
        return size
    }
}
