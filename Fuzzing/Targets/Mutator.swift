/// Makes new inputs of old ones: by their structure where it can be guessed, and byte by byte.
package struct Mutator {
    /// Changes plain bytes; in a run guided by coverage the guide's own mutation stands here.
    package typealias ByteMutation = (_ bytes: [UInt8], _ random: inout FuzzRandom) -> [UInt8]

    private static let numbers: [UInt64] = [
        0, 1, 2, 3, 7, 50, 51, 127, 128, 255, 256, 65_535, 65_536, 1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 53, 1 << 62,
        1 << 63 - 1, 1 << 63, .max - 1, .max,
    ]
    private static let bytes: [UInt8] = [0, 1, 0x0A, 0x12, 0x20, 0x30, 0x7F, 0x80, 0xFE, 0xFF]

    private let maximumBytes: Int
    private let mutateBytes: ByteMutation

    package init(maximumBytes: Int = FuzzLimits.inputBytes, bytes: ByteMutation? = nil) {
        self.maximumBytes = maximumBytes
        self.mutateBytes = bytes ?? { Self.scramble($0, &$1) }
    }

    /// A changed input.
    ///
    /// - Parameter donor: Another input, whose pieces may come into this one.
    package func mutate(_ input: [UInt8], donor: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
        var output = input
        if random.oneIn(5) {
            output = self.mutateBytes(output, &random)
        } else {
            var root = PieceReading.read(input)
            for _ in 0...random.below(4) { self.change(&root, donor: donor, &random) }
            output = root.bytes
            if random.oneIn(12) { output = Array(output.prefix(random.below(output.count + 1))) }
        }
        return output.count > self.maximumBytes ? Array(output.prefix(self.maximumBytes)) : output
    }

    /// One change of the structure.
    private func change(_ root: inout Piece, donor: [UInt8], _ random: inout FuzzRandom) {
        let index = random.below(root.count)
        switch random.below(10) {
        case 0, 1, 2: self.changeContent(of: &root, index, &random)
        case 3: self.changeList(of: &root, index, &random)
        case 4: self.repeatChild(of: &root, index, &random)
        case 5:
            let other = PieceReading.read(donor)
            let piece = other.piece(random.below(other.count))
            root.change(index) { $0 = piece }
        case 6:
            let piece = root.piece(random.below(root.count))
            if piece.count + root.count < 8_000 { root.change(index) { Self.insert(piece, into: &$0, &random) } }
        case 7:
            let lies: [Int64] = [1, -1, 2, 127, 128, 1 << 16, 1 << 31, 1 << 32, 1 << 40, .max, -(1 << 33)]
            let lie = random.pick(lies) ?? 1
            root.change(index) { $0.lie = lie }
        case 8: self.nest(&root, index, &random)
        default:
            let other = PieceReading.read(donor)
            let piece = other.piece(random.below(other.count))
            root.change(index) { Self.insert(piece, into: &$0, &random) }
        }
    }

    private func changeContent(of root: inout Piece, _ index: Int, _ random: inout FuzzRandom) {
        var piece = root.piece(index)
        switch piece.kind {
        case .number(let key, let value):
            let number = random.oneIn(3) ? value &+ (random.oneIn(2) ? 1 : .max) : Self.numbers[random.below(Self.numbers.count)]
            piece.kind = .number(key: key, value: number)
        case .field(let key) where random.oneIn(6):
            piece.kind = .field(key: Self.otherKey(key, &random))
        case .der where random.oneIn(6):
            piece.kind = .der(tag: [0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x17, 0x18, 0x30, 0x31, 0xA0, 0xA3][random.below(13)])
        default:
            guard piece.children.isEmpty else {
                if random.oneIn(4) { piece.children = [] }
                break
            }
            piece.content = random.oneIn(8) ? [] : self.mutateBytes(piece.content, &random)
        }
        root.change(index) { $0 = piece }
    }

    /// Takes a child away, or swaps two.
    private func changeList(of root: inout Piece, _ index: Int, _ random: inout FuzzRandom) {
        root.change(index) { piece in
            guard !piece.children.isEmpty else {
                piece.content = []
                return
            }
            let first = random.below(piece.children.count)
            if random.oneIn(2) { piece.children.remove(at: first) } else { piece.children.swapAt(first, random.below(piece.children.count)) }
        }
    }

    /// Repeats a child, rarely very often.
    private func repeatChild(of root: inout Piece, _ index: Int, _ random: inout FuzzRandom) {
        let size = root.bytes.count
        let maximumBytes = self.maximumBytes
        root.change(index) { piece in
            guard let child = random.pick(piece.children) else {
                let room = max(1, min(64, (maximumBytes - size) / max(1, piece.content.count)))
                if !piece.content.isEmpty { piece.content = Array(repeating: piece.content, count: 1 + random.below(room)).flatMap { $0 } }
                return
            }
            let room = (maximumBytes - size) / max(1, child.bytes.count)
            let times = random.oneIn(6) ? min(max(1, room), 1 + random.below(1_500)) : 1 + random.below(3)
            guard piece.children.count + times * child.count < 20_000 else { return }
            piece.children.insert(contentsOf: Array(repeating: child, count: times), at: random.below(piece.children.count + 1))
        }
    }

    /// Puts a piece into copies of itself, rarely very deep.
    private func nest(_ root: inout Piece, _ index: Int, _ random: inout FuzzRandom) {
        let depth = random.oneIn(4) ? 1 + random.below(200) : 1 + random.below(4)
        root.change(index) { piece in
            for _ in 0..<depth {
                switch piece.kind {
                case .field, .der: piece = Piece(kind: piece.kind, children: [piece])
                default: return
                }
            }
        }
    }

    private static func insert(_ piece: Piece, into target: inout Piece, _ random: inout FuzzRandom) {
        guard !target.children.isEmpty else {
            target.content = piece.bytes
            return
        }
        target.children.insert(piece, at: random.below(target.children.count + 1))
    }

    private static func otherKey(_ key: UInt64, _ random: inout FuzzRandom) -> UInt64 {
        let number = UInt64(1 + random.below(random.oneIn(8) ? 20_000 : 12))
        return number << 3 | (random.oneIn(6) ? UInt64(random.below(6)) : key & 7)
    }

    /// A few changes of bytes without a thought for their meaning.
    package static func scramble(_ input: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
        var output = input
        for _ in 0...random.below(3) {
            let position = random.below(output.count)
            switch random.below(7) {
            case 0 where !output.isEmpty: output[position] ^= 1 << UInt8(random.below(8))
            case 1 where !output.isEmpty: output[position] = self.bytes[random.below(self.bytes.count)]
            case 2 where !output.isEmpty: output.removeSubrange(position..<min(output.count, position + 1 + random.below(8)))
            case 3: output.insert(contentsOf: random.bytes(count: 1 + random.below(8)), at: position)
            case 4 where !output.isEmpty: output = Array(output.prefix(position))
            case 5 where !output.isEmpty:
                let end = min(output.count, position + 1 + random.below(16))
                output.insert(contentsOf: output[position..<end], at: random.below(output.count))
            default: output.append(UInt8(truncatingIfNeeded: random.next()))
            }
        }
        return output
    }
}
