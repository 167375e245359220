import CryptoPrimitives
import Foundation
import Ledger
import LedgerModel
import TestSupport

/// What tests do to the files of a ledger behind its back.
enum LedgerFiles {
    static let firstSegment = BlockFileFormat.fileName(segment: 0)

    /// The stored blocks.
    static func blocks(of ledger: String) throws -> [OrderedBlock] {
        var scan = try BlockScan(folder: ledger + "/blocks", files: SystemFiles())
        var blocks: [OrderedBlock] = []
        while let stored = try scan.next() { blocks.append(try OrderedBlock(serialized: stored.bytes)) }
        return blocks
    }

    /// Where the frame of each block begins, and where the last one ends.
    static func offsets(of ledger: String) throws -> [UInt64] {
        var scan = try BlockScan(folder: ledger + "/blocks", files: SystemFiles())
        var offsets: [UInt64] = []
        while let stored = try scan.next() { offsets.append(stored.location.position.offset) }
        return offsets + [scan.position.offset]
    }

    /// Writes blocks as they are, with right checksums, into a new ledger folder.
    static func write(_ blocks: [[UInt8]], to ledger: String, segmentSizeBytes: UInt64 = LedgerLimits.segmentSizeBytes) throws {
        try FileManager.default.createDirectory(atPath: ledger, withIntermediateDirectories: true)
        let store = try BlockStore(folder: ledger + "/blocks", files: SystemFiles(), segmentSizeBytes: segmentSizeBytes)
        for (number, block) in blocks.enumerated() { _ = try store.append(block, number: UInt64(number)) }
    }

    /// A copy of a ledger with changed blocks; the state database stays as it was.
    static func copy(_ ledger: String, to copy: String, _ change: (inout [OrderedBlock]) throws -> Void) throws {
        var blocks = try self.blocks(of: ledger)
        try change(&blocks)
        try self.write(blocks.map { $0.serialized() }, to: copy)
        try FileManager.default.copyItem(atPath: ledger + "/state", toPath: copy + "/state")
    }

    /// A digest of all names, contents and times of change below a folder.
    static func fingerprint(_ folder: String) throws -> String {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        var text = ""
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            let content = FileManager.default.contents(atPath: folder + "/" + name).map { [UInt8]($0) } ?? []
            text += "\(name) \(attributes[.modificationDate] ?? "") \(Base16.encode(SHA256.hash(content)))\n"
        }
        return text
    }
}

extension OrderedBlock {
    /// The same block with other codes in slot 2.
    func with(codes: [ValidationCode]) -> OrderedBlock { self.with(.transactionsFilter, codes.map(\.rawValue)) }
}
