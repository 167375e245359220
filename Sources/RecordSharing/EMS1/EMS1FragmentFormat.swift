import CryptoPrimitives

// fragmentFile = H n index q 0 path fragment
// H            = as in EMS1ShareFormat       ; 96 bytes
// n, index, q  = u8 each                     ; index < n, t <= n, q as the place in the tree demands
// path         = q x 32 bytes                ; siblings from the fragment leaf to the fragment root
// fragment     = F bytes                     ; F = ceil((sealedLength + 16) / t)
//
// Golden bytes: EMS1FormatTests.

/// One ciphertext fragment with its path to the fragment root; it holds nothing of the key.
struct EMS1Fragment: Equatable, Sendable {
    static let fixedBytes = 100

    let header: EMS1Header
    let count: Int
    let index: Int
    let path: [[UInt8]]
    let fragment: [UInt8]

    init(header: EMS1Header, count: Int, index: Int, path: [[UInt8]], fragment: [UInt8]) {
        self.header = header
        self.count = count
        self.index = index
        self.path = path
        self.fragment = fragment
    }

    init(parsing file: [UInt8]) throws(EMS1ShareError) {
        header = try EMS1Header(parsing: file)
        guard file.count >= Self.fixedBytes else { throw .truncatedShare }
        count = Int(file[96])
        index = Int(file[97])
        let hashes = Int(file[98])
        guard file[99] == 0, count >= header.threshold, index < count else { throw .badShareFormat }
        guard hashes == HashTree.pathLength(to: index, count: count) else { throw .badShareFormat }
        let start = Self.fixedBytes + 32 * hashes
        let total = start + header.fragmentLength
        guard file.count >= total else { throw .truncatedShare }
        guard file.count == total else { throw .trailingBytes }
        path = (0..<hashes).map { Array(file[Self.fixedBytes + 32 * $0..<Self.fixedBytes + 32 * $0 + 32]) }
        fragment = Array(file[start...])
    }

    var bytes: [UInt8] {
        header.bytes + [UInt8(count), UInt8(index), UInt8(path.count), 0] + path.flatMap { $0 } + fragment
    }

    func leads(to root: [UInt8]) -> Bool {
        let leaf = EMS1Commitment.fragmentLeaf(header: header.bytes, count: count, index: index, fragmentDigest: SHA256.hash(fragment))
        return HashTree.root(leaf: leaf, index: index, count: count, path: path[...]) == root
    }
}
