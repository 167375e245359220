import TestSupport
import Testing

@testable import FuzzTargets

/// The structure that is guessed of inputs, and the inputs that are made of others.
@Suite struct MutatorTests {
    static let corpus: [String] = FuzzTarget.real.flatMap { target in
        FuzzingProcess.names(in: FuzzingProcess.corpus + "/" + target.rawValue).map { target.rawValue + "/" + $0 }
    }

    static func bytes(_ name: String) throws -> [UInt8] { try #require(readFile(FuzzingProcess.corpus + "/" + name)) }

    @Test(arguments: corpus)
    func `an input that is read and written without a change is the same`(name: String) throws {
        let bytes = try Self.bytes(name)
        #expect(PieceReading.read(bytes).bytes == bytes)
    }

    @Test func `the layers of a block are found down to the certificates in it`() throws {
        let root = PieceReading.read(try Self.bytes("block/second"))
        var kinds: Set<String> = []
        func visit(_ piece: Piece) {
            switch piece.kind {
            case .pem: kinds.insert("pem")
            case .der: kinds.insert("der")
            case .field: kinds.insert("field")
            case .number: kinds.insert("number")
            default: break
            }
            piece.children.forEach(visit)
        }
        visit(root)
        #expect(kinds == ["pem", "der", "field", "number"])
        #expect(root.count > 200)
    }

    @Test func `a change deep inside leaves everything around it readable`() throws {
        let bytes = try Self.bytes("envelope/rich")
        var root = PieceReading.read(bytes)
        let before = root.count
        root.change(before - 1) { piece in piece.content += [1, 2, 3] }
        #expect(PieceReading.read(root.bytes).count >= before - 1)
        #expect(root.bytes != bytes)
    }

    @Test func `a lie about a length is written as one`() {
        var root = PieceReading.read([0x0A, 2, 0x41, 0x42])
        root.change(1) { $0.lie = 3 }
        #expect(root.bytes == [0x0A, 5, 0x41, 0x42])
    }

    @Test func `mutations keep to the limit, mostly differ, and follow from the seed`() throws {
        let bytes = try Self.bytes("configuration/envelope")
        let donor = try Self.bytes("rwset/rich")
        let mutator = Mutator(maximumBytes: 30_000)
        func outputs(_ seed: UInt64) -> [[UInt8]] {
            var random = FuzzRandom(seed: seed)
            return (0..<200).map { _ in mutator.mutate(bytes, donor: donor, &random) }
        }
        let first = outputs(5)
        #expect(first.allSatisfy { $0.count <= 30_000 })
        #expect(Set(first).count > 120)
        #expect(first == outputs(5))
        #expect(first != outputs(6))
    }

    @Test func `nothing and single bytes can be mutated`() {
        var random = FuzzRandom(seed: 3)
        for input in [[], [0x30], [0x0A], [0xFF, 0xFF]] as [[UInt8]] {
            for _ in 0..<300 { #expect(Mutator(maximumBytes: 1_000).mutate(input, donor: input, &random).count <= 1_000) }
        }
    }
}
