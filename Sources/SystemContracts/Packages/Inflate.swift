/// Unpacks DEFLATE data (RFC 1951), with a bound on what comes out.
///
/// Every table and every copy is bounded by what was read so far, so hostile data costs no more than its own size and the bound.
struct Inflate {
    private enum Problem {
        static let cutShort = ChaincodePackageError.gzip(reason: "the compressed data end too early")
        static let malformed = ChaincodePackageError.gzip(reason: "the compressed data are damaged")
    }

    private static let lengthBases: [Int] = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
    ]
    private static let lengthBits: [Int] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    private static let distanceBases: [Int] = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ]
    private static let distanceBits: [Int] = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    /// The order in which lengths of the code of codes are stored.
    private static let codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private let input: [UInt8]
    private var position: Int
    private var bits: UInt32 = 0
    private var bitCount = 0
    private let limit: Int
    private(set) var output: [UInt8] = []

    /// - Parameters:
    ///   - start: Where the data begin in the input.
    ///   - limit: The most bytes that may come out.
    init(_ input: [UInt8], from start: Int, limit: Int) {
        self.input = input
        self.position = start
        self.limit = limit
    }

    /// Unpacks everything; returns where the data end in the input.
    mutating func run() throws(ChaincodePackageError) -> Int {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored()
            case 1: try compressed(Huffman.fixedLiterals, Huffman.fixedDistances)
            case 2:
                let (literals, distances) = try dynamicCodes()
                try compressed(literals, distances)
            default: throw Problem.malformed
            }
        }
        // Whole bytes that were read ahead belong to what follows.
        return position - bitCount / 8
    }

    private mutating func take(_ count: Int) throws(ChaincodePackageError) -> Int {
        while bitCount < count {
            guard position < input.count else { throw Problem.cutShort }
            bits |= UInt32(input[position]) << UInt32(bitCount)
            position += 1
            bitCount += 8
        }
        let value = bits & (1 << UInt32(count) - 1)
        bits >>= UInt32(count)
        bitCount -= count
        return Int(value)
    }

    private mutating func emit(_ byte: UInt8) throws(ChaincodePackageError) {
        guard output.count < limit else { throw .tooLarge(what: "the content", limit: limit) }
        output.append(byte)
    }

    private mutating func stored() throws(ChaincodePackageError) {
        _ = try take(bitCount % 8)
        let length = try take(16)
        guard try take(16) == length ^ 0xffff else { throw Problem.malformed }
        // The bit buffer is empty now: both numbers ended on a byte.
        for _ in 0..<length { try emit(UInt8(truncatingIfNeeded: try take(8))) }
    }

    private mutating func compressed(_ literals: Huffman, _ distances: Huffman) throws(ChaincodePackageError) {
        while true {
            let symbol = try decode(literals)
            if symbol < 256 {
                try emit(UInt8(truncatingIfNeeded: symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < Self.lengthBases.count else { throw Problem.malformed }
            let length = Self.lengthBases[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
            let place = try decode(distances)
            guard place < Self.distanceBases.count else { throw Problem.malformed }
            let distance = Self.distanceBases[place] + (try take(Self.distanceBits[place]))
            guard distance <= output.count else { throw Problem.malformed }
            for _ in 0..<length { try emit(output[output.count - distance]) }
        }
    }

    private mutating func dynamicCodes() throws(ChaincodePackageError) -> (Huffman, Huffman) {
        let literalCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let codeCount = try take(4) + 4
        var codeLengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<codeCount { codeLengths[Self.codeOrder[index]] = UInt8(truncatingIfNeeded: try take(3)) }
        guard let codes = Huffman(lengths: codeLengths) else { throw Problem.malformed }
        var lengths: [UInt8] = []
        while lengths.count < literalCount + distanceCount {
            let symbol = try decode(codes)
            switch symbol {
            case 0..<16: lengths.append(UInt8(truncatingIfNeeded: symbol))
            case 16:
                guard let last = lengths.last else { throw Problem.malformed }
                lengths += Array(repeating: last, count: 3 + (try take(2)))
            case 17: lengths += Array(repeating: 0, count: 3 + (try take(3)))
            default: lengths += Array(repeating: 0, count: 11 + (try take(7)))
            }
        }
        guard lengths.count == literalCount + distanceCount, let literals = Huffman(lengths: Array(lengths[..<literalCount])),
            let distances = Huffman(lengths: Array(lengths[literalCount...]))
        else { throw Problem.malformed }
        return (literals, distances)
    }

    private mutating func decode(_ code: Huffman) throws(ChaincodePackageError) -> Int {
        var value = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            value |= try take(1)
            let count = code.counts[length]
            if value - first < count { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Problem.malformed
    }
}

/// A canonical prefix code: how many codes there are of each length, and the symbols in the order of their codes.
private struct Huffman {
    let counts: [Int]
    let symbols: [Int]

    /// Nil when the lengths ask for more codes than there are.
    init?(lengths: [UInt8]) {
        var counts = [Int](repeating: 0, count: 16)
        for length in lengths where length > 0 {
            guard length <= 15 else { return nil }
            counts[Int(length)] += 1
        }
        var left = 1
        for length in 1...15 {
            left = left << 1 - counts[length]
            guard left >= 0 else { return nil }
        }
        self.counts = counts
        var symbols: [Int] = []
        for length in 1...15 {
            for (symbol, own) in lengths.enumerated() where Int(own) == length { symbols.append(symbol) }
        }
        self.symbols = symbols
    }

    private init(counts: [Int], symbols: [Int]) {
        self.counts = counts
        self.symbols = symbols
    }

    private static let none = Huffman(counts: Array(repeating: 0, count: 16), symbols: [])

    static let fixedLiterals: Huffman = {
        let lengths: [UInt8] =
            Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24) + Array(repeating: 8, count: 8)
        return Huffman(lengths: lengths) ?? none
    }()

    static let fixedDistances: Huffman = Huffman(lengths: Array(repeating: 5, count: 30)) ?? none
}
