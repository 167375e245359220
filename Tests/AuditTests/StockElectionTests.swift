import CryptoPrimitives
import Foundation
import LedgerModel
import TestSupport
import Testing

@testable import Audit
@testable import SystemContracts

/// A channel through load, an election, an eviction and ten idle minutes, as a peer of Fabric v3.1.5 wrote it (`Resources/election`).
@Suite struct StockElectionTests {
    private static let blockCount = 2_557

    private static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: PackageRoot.path + "/Tests/AuditTests/Resources/election/" + name)))
    }

    private static func lines(_ name: String) throws -> [Substring] { try String(decoding: self.bytes(name), as: UTF8.self).split(separator: "\n") }

    /// The blocks of the file, each behind its length.
    private static func blocks() throws -> [[UInt8]] {
        let content = try GzipFile.content(self.bytes("stock-peer.blocks.gz"), limit: 64 << 20)
        var (blocks, index) = ([[UInt8]](), 0)
        while index < content.count {
            var (length, shift) = (0, 0)
            repeat {
                length |= Int(content[index] & 0x7F) << shift
                shift += 7
                index += 1
            } while content[index - 1] >= 0x80
            blocks.append(Array(content[index..<index + length]))
            index += length
        }
        return blocks
    }

    @Test func `a peer of Fabric that followed an election and an eviction wrote what our peer did, and what an audit computes`()
        async throws
    {
        let blocks = try Self.blocks()
        let own = try Self.lines("selvage-peer.txt")
        try #require(blocks.count == Self.blockCount && own.count == Self.blockCount)
        let folder = try TemporaryFolder("stock-election")
        for (number, bytes) in blocks.enumerated() {
            let block = try OrderedBlock(serialized: bytes)
            let hash = try block.storedCommitHash()
            let row = "\(number) \(Base16.encode(block.metadata(.transactionsFilter))) \(hash.isEmpty ? "-" : Base16.encode(hash))"
            #expect(own[number] == row)
            try folder.write(bytes, to: "blocks/\(number).pb")
        }
        guard case .fabric(let copies) = try AuditSubject.find(at: folder.path(of: "blocks")) else {
            Issue.record("the folder holds no blocks")
            return
        }
        let report = try await FabricAuditor().audit(copies)
        #expect(report.isGood)
        let copy = try #require(report.copies.first).report
        #expect(copy.findings == [])
        #expect(
            copy.agreement
                == AuditReport.Agreement(
                    headerHashes: Self.blockCount, dataHashes: Self.blockCount, codesRecorded: 3_523, codesEqual: 3_523,
                    commitHashesRecorded: Self.blockCount, commitHashesEqual: Self.blockCount))
        // The founders, the elected, and those after the eviction.
        #expect(copy.committees.map(\.firstBlock) == [1, 500, 789])
    }

    @Test func `every command ended well, and no transaction failed on either way`() throws {
        let lines = try Self.lines("commands.txt")
        let codes = lines.filter { $0.hasPrefix("exit code ") }
        #expect(codes.count == 20 && codes.allSatisfy { $0 == "exit code 0" })
        let loads = lines.filter { $0.contains("load through") }
        #expect(loads.count == 2 && loads.allSatisfy { $0.hasSuffix("failed 0") })
        #expect(lines.contains { $0.hasPrefix("epoch 1 begins with block 500: ") })
        #expect(lines.contains { $0.contains("kill -9 of orderer-epoch1.ord6.example.com") })
        #expect(lines.contains { $0.contains("block 787: Ord6MSP (producer) missed too much") })
    }
}
