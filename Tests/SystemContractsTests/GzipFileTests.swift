import Foundation
import TestSupport
import Testing

@testable import SystemContracts

/// Gzip files of all shapes, read as the gzip reader of Fabric's peers reads them, and beside the system's own program.
@Suite struct GzipFileTests {
    /// The other reader, which shares no code with ours.
    private static let program = ["/usr/bin/gzip", "/bin/gzip"].first { FileManager.default.isExecutableFile(atPath: $0) }

    private static func content(_ file: [UInt8], limit: Int = 1 << 20) -> [UInt8]? { try? GzipFile.content(file, limit: limit) }

    private static func error(_ file: [UInt8], limit: Int = 1 << 20) -> ChaincodePackageError? {
        do {
            _ = try GzipFile.content(file, limit: limit)
            return nil
        } catch {
            return error
        }
    }

    /// A member with the optional fields of a header in front of the same data.
    private static func member(flags: UInt8, fields: [UInt8], _ content: [UInt8]) -> [UInt8] {
        var file = PackageMaker.gzip(content)
        file[3] = flags
        return Array(file.prefix(10)) + fields + file.dropFirst(10)
    }

    @Test func `members follow one another, also empty ones, and together they keep the bound`() {
        let one = PackageMaker.gzip([1, 2, 3])
        let none = PackageMaker.gzip([])
        #expect(Self.content(none) == [])
        #expect(Self.content(one + none + one) == [1, 2, 3, 1, 2, 3])
        #expect(Self.content(one + one, limit: 6) == [1, 2, 3, 1, 2, 3])
        #expect(Self.error(one + one, limit: 5) == .tooLarge(what: "the content", limit: 5))
    }

    @Test func `what follows the last member and is none makes the file bad`() {
        let one = PackageMaker.gzip([1, 2, 3])
        for rest in [[0], [0, 0, 0, 0], [0x1f], [0x1f, 0x8b], Array("more than ten bytes".utf8)] as [[UInt8]] {
            #expect(Self.error(one + rest) == .gzip(reason: "it does not begin as one"), "\(rest)")
        }
        #expect(Self.error(one + one.prefix(9)) == .gzip(reason: "the compressed data end too early"))
        #expect(Self.error([]) == .gzip(reason: "it does not begin as one"))
    }

    @Test func `extra fields, a name, a comment and the header's check sum are passed over when they are right`() {
        let content: [UInt8] = [7, 7, 7]
        let name = Array("package".utf8) + [0]
        #expect(Self.content(Self.member(flags: 4, fields: [3, 0, 1, 2, 3], content)) == content)
        #expect(Self.content(Self.member(flags: 8, fields: name, content)) == content)
        #expect(Self.content(Self.member(flags: 16 | 8 | 4, fields: [0, 0] + name + [0], content)) == content)
        #expect(Self.content(Self.member(flags: 1, fields: [], content)) == content)
        // The low 16 bits of the check sum over the ten bytes of the header, as another program has computed them.
        #expect(Self.content(Self.member(flags: 2, fields: [0xa7, 0x77], content)) == content)
        #expect(Self.content(Self.member(flags: 2, fields: [0xa7, 0x76], content)) == nil)
        // Fields that reach beyond the file, and flags that nobody knows.
        #expect(Self.content(Self.member(flags: 4, fields: [255, 255], content)) == nil)
        #expect(Self.content(Array(Self.member(flags: 8, fields: name, content).prefix(14))) == nil)
        for flag in [32, 64, 128] as [UInt8] { #expect(Self.content(Self.member(flags: flag, fields: [], content)) == nil) }
    }

    @Test func `a check sum or length that is not that of the content is refused`() {
        let file = PackageMaker.gzip([1, 2, 3])
        for position in (file.count - 8)..<file.count {
            var wrong = file
            wrong[position] ^= 1
            #expect(Self.error(wrong) == .gzip(reason: "its data or check sum are damaged"))
        }
    }

    @Test func `many small members that unpack to much are refused at the bound, and what is held stays near it`() throws {
        // 20,000 zeros in 57 bytes.
        let bomb = try #require(PackageMaker.bomb)
        let bombs = [UInt8]((0..<2_000).map { _ in bomb }.joined())
        #expect(Self.error(bombs, limit: 1 << 20) == .tooLarge(what: "the content", limit: 1 << 20))
        #expect(Self.content(bombs, limit: 40_000_000)?.count == 40_000_000)
        // A step gives out no more than its piece, however much the data promise.
        guard var member = GzipMember() else {
            Issue.record("no memory")
            return
        }
        let step = member.step(PackageMaker.gzip([UInt8](repeating: 0, count: 300_000))[...])
        #expect(step.piece.count == GzipMember.pieceBytes && step.state == .goesOn)
    }

    @Test(.enabled(if: program != nil && SharedData.contains("vectors/fabric/package_id.txt"), SharedData.reason))
    func `the recorded package, what is in it, and damaged copies are read as the system's gzip reads them`() throws {
        let package = try #require(SharedData.read("vectors/fabric/labcc_ccaas_package.tar.gz"))
        let code = try ChaincodePackage(package).code
        let folder = try TemporaryFolder("gzip")
        var random = SeededGenerator(seed: 0x1952)
        var agreed = (taken: 0, refused: 0)
        for round in 0..<120 {
            var file = round % 2 == 0 ? package : code
            if round > 1 {
                if round % 5 == 0 { file.removeLast(Int.random(in: 1..<file.count, using: &random)) }
                if round % 7 == 0 { file += round % 2 == 0 ? package : code }
                // Every fourth time at bytes of the header that mean nothing, such as the time.
                let place = Int.random(in: round % 4 == 3 && file.count >= 10 ? 4..<10 : 0..<file.count, using: &random)
                file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            let ours = Self.content(file)
            #expect(ours == (try Self.unpacked(file, in: folder)), "round \(round), \(random)")
            if ours == nil { agreed.refused += 1 } else { agreed.taken += 1 }
        }
        #expect(agreed.taken >= 10 && agreed.refused >= 50, "\(agreed)")
    }

    /// What the other reader makes of a file; nil when it refuses it.
    private static func unpacked(_ file: [UInt8], in folder: TemporaryFolder) throws -> [UInt8]? {
        guard let program = self.program else { return nil }
        try folder.write(file, to: "file.gz")
        try folder.write([], to: "content")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["-dc", folder.path(of: "file.gz")]
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path(of: "content")))
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? folder.read("content") : nil
    }
}
