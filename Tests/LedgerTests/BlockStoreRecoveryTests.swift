import Ledger
import Testing

/// What crashes and damage may do to block files: lose nothing that was acknowledged, and never invent or alter a block.
@Suite struct BlockStoreRecoveryTests {
    static let samples: [[UInt8]] = [Array("genesis".utf8), [0], Array(repeating: 7, count: 40), [1, 2, 3], [255]]
    static let segmentSizeBytes: UInt64 = 90

    /// Reads all blocks of a folder.
    typealias Reader = (FaultyDisk) throws -> [[UInt8]]

    static func scanned(_ disk: FaultyDisk) throws -> [[UInt8]] {
        var scan = try BlockScan(folder: "b", files: disk)
        var blocks: [[UInt8]] = []
        while let block = try scan.next() { blocks.append(block.bytes) }
        return blocks
    }

    /// Appends the samples until something fails and returns how many were acknowledged.
    static func fill(_ disk: FaultyDisk) -> Int {
        guard let store = try? BlockStore(folder: "b", files: disk, segmentSizeBytes: self.segmentSizeBytes) else { return 0 }
        for (number, block) in self.samples.enumerated() {
            guard (try? store.append(block, number: UInt64(number))) != nil else { return number }
        }
        return self.samples.count
    }

    static func filledDisk() -> FaultyDisk {
        let disk = FaultyDisk()
        _ = self.fill(disk)
        return disk
    }

    /// Cuts the power at every byte and counts recoveries that lose an acknowledged block, fail, or show a block that was never written.
    static func violationsOfPowerFailure(ignoresSync: Bool) throws -> Int {
        let total = Self.filledDisk().writtenBytes
        var violations = 0
        for budget in 0...total {
            for loss in FaultyDisk.Loss.allCases {
                let disk = FaultyDisk(FaultyDisk.Faults(powerFailsAfterBytes: budget, ignoresSync: ignoresSync))
                let acknowledged = Self.fill(disk)
                let found = disk.afterPowerFailure(loss)
                guard let store = try? BlockStore(folder: "b", files: found, segmentSizeBytes: Self.segmentSizeBytes),
                    let blocks = try? Self.scanned(found), blocks.count >= acknowledged, blocks == Array(Self.samples.prefix(blocks.count))
                else {
                    violations += 1
                    continue
                }
                // The store goes on where it stopped.
                for number in blocks.count..<Self.samples.count { _ = try store.append(Self.samples[number], number: UInt64(number)) }
                if try Self.scanned(found) != Self.samples { violations += 1 }
            }
        }
        return violations
    }

    @Test func `a power failure at any byte loses no acknowledged block`() throws {
        #expect(try Self.violationsOfPowerFailure(ignoresSync: false) == 0)
    }

    @Test func `the same check catches a store whose syncs do nothing`() throws {
        #expect(try Self.violationsOfPowerFailure(ignoresSync: true) > 0)
    }

    @Test func `files cut at any byte give a prefix of the blocks, or name the damage`() throws {
        let disk = Self.filledDisk()
        let names = try disk.list("b").filter { BlockFileFormat.segment(fileName: $0) != nil }
        #expect(names.count > 1)
        for name in names {
            let content = disk["b/" + name]
            for size in 0..<content.count {
                let cut = disk.copy()
                cut["b/" + name] = Array(content.prefix(size))
                guard name == names.last else {
                    #expect(throws: BlockStoreError.self, "\(name) cut to \(size)") { try BlockStore(folder: "b", files: cut) }
                    continue
                }
                let store = try BlockStore(folder: "b", files: cut, segmentSizeBytes: Self.segmentSizeBytes)
                let blocks = try Self.scanned(cut)
                #expect(blocks == Array(Self.samples.prefix(blocks.count)), "cut to \(size)")
                #expect(store.height == UInt64(blocks.count))
            }
        }
    }

    @Test func `with a checkpoint, files that lost acknowledged blocks are refused`() throws {
        let disk = FaultyDisk()
        var end = BlockPosition(segment: 0, offset: 0)
        do {
            let store = try BlockStore(folder: "b", files: disk)
            for (number, block) in Self.samples.enumerated() { end = try store.append(block, number: UInt64(number)).end }
        }
        let checkpoint = BlockCheckpoint(height: UInt64(Self.samples.count), end: end)
        let path = "b/" + BlockFileFormat.fileName(segment: 0)
        for size in 0..<disk[path].count {
            let cut = disk.copy()
            cut[path] = Array(disk[path].prefix(size))
            let error = #expect(throws: BlockStoreError.self) { try BlockStore(folder: "b", files: cut, checkpoint: checkpoint) }
            guard case .blocksMissing = error else {
                Issue.record("cut to \(size): \(String(describing: error))")
                continue
            }
        }
        disk.removeFile(path)
        #expect(throws: BlockStoreError.self) { try BlockStore(folder: "b", files: disk, checkpoint: checkpoint) }
    }

    @Test func `a damaged last frame is dropped behind the checkpoint and reported below it`() throws {
        let disk = FaultyDisk()
        var locations: [BlockLocation] = []
        do {
            let store = try BlockStore(folder: "b", files: disk)
            for number in 0..<2 as Range<UInt64> { locations.append(try store.append([1, 2, 3], number: number)) }
        }
        let path = "b/" + BlockFileFormat.fileName(segment: 0)
        disk[path][disk[path].count - 1] ^= 1
        let damage = BlockDamage(
            file: BlockFileFormat.fileName(segment: 0), offset: locations[1].position.offset, block: 1, problem: .checksum, isLastFrame: true)
        #expect(throws: BlockStoreError.damaged(damage)) { try BlockStore(folder: "b", files: disk) }
        #expect(throws: BlockStoreError.damaged(damage)) {
            try BlockStore(folder: "b", files: disk, checkpoint: BlockCheckpoint(height: 0, end: BlockPosition(segment: 0, offset: 0)))
        }
        let store = try BlockStore(folder: "b", files: disk, checkpoint: BlockCheckpoint(height: 1, end: locations[0].end))
        #expect(store.height == 1)
        #expect(store.droppedBytes == UInt64(BlockFileFormat.frameHeadSizeBytes + 3))
        #expect(try store.append([4], number: 1).position == locations[1].position)
    }

    @Test func `a head of which a part did not reach the disk is dropped behind the checkpoint and reported below it`() throws {
        let disk = FaultyDisk()
        var locations: [BlockLocation] = []
        do {
            let store = try BlockStore(folder: "b", files: disk)
            for number in 0..<3 as Range<UInt64> { locations.append(try store.append(Array(repeating: 7, count: 40), number: number)) }
        }
        let path = "b/" + BlockFileFormat.fileName(segment: 0)
        for frame in [1, 2] {
            let start = Int(locations[frame].position.offset)
            for split in 0...BlockFileFormat.frameHeadSizeBytes {
                for missing in [start..<(start + split), (start + split)..<(start + BlockFileFormat.frameHeadSizeBytes)] where !missing.isEmpty {
                    let torn = disk.copy()
                    for index in missing { torn[path][index] = 0 }
                    guard torn[path] != disk[path] else { continue }
                    let checkpoint = BlockCheckpoint(height: UInt64(frame), end: locations[frame - 1].end)
                    if frame == 2 {
                        #expect(try BlockStore(folder: "b", files: torn, checkpoint: checkpoint).height == 2, "\(missing)")
                    } else {
                        #expect(throws: BlockStoreError.self, "\(missing)") { try BlockStore(folder: "b", files: torn, checkpoint: checkpoint) }
                    }
                }
            }
        }
    }

    @Test func `a block that was found but never synced is durable once the store is open`() throws {
        for failingSync in 0..<4 {
            let disk = FaultyDisk(FaultyDisk.Faults(syncsBeforeFailure: failingSync))
            do {
                let store = try BlockStore(folder: "b", files: disk)
                #expect(throws: BlockStoreError.self) {
                    for number in 0..<9 as Range<UInt64> { _ = try store.append([1, 2, 3], number: number) }
                }
            } catch {}
            disk.faults.syncsBeforeFailure = nil
            let found = try BlockStore(folder: "b", files: disk).height
            #expect(try BlockStore(folder: "b", files: disk.afterPowerFailure(.everything)).height == found, "sync \(failingSync)")
        }
    }

    /// Flips every bit of every file and counts flips after which a reader returns blocks, whichever they are, without an error.
    static func unnoticedFlips(_ read: Reader) throws -> Int {
        let disk = Self.filledDisk()
        var unnoticed = 0
        for path in try disk.list("b").map({ "b/" + $0 }) {
            let content = disk[path]
            for bit in 0..<content.count * 8 {
                var flipped = content
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                disk[path] = flipped
                if (try? read(disk)) != nil { unnoticed += 1 }
            }
            disk[path] = content
        }
        return unnoticed
    }

    @Test func `every flipped bit is noticed`() throws {
        #expect(try Self.unnoticedFlips(Self.scanned) == 0)
    }

    @Test func `the same check catches a reader that ignores checksums`() throws {
        #expect(try Self.unnoticedFlips(Self.scannedWithoutChecksums) > 0)
    }

    /// The planted bug: reads frames by their length and looks at no check.
    static func scannedWithoutChecksums(_ disk: FaultyDisk) throws -> [[UInt8]] {
        struct CutShort: Error {}
        var blocks: [[UInt8]] = []
        for name in try disk.list("b") where BlockFileFormat.segment(fileName: name) != nil {
            var rest = disk["b/" + name].dropFirst(BlockFileFormat.fileHeaderSizeBytes)
            while !rest.isEmpty {
                let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(BlockFileFormat.frameHeadSizeBytes)
                guard rest.count >= length else { throw CutShort() }
                blocks.append(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
        }
        return blocks
    }

    @Test func `a flipped bit is reported with file, offset and block`() throws {
        let disk = FaultyDisk()
        var location: BlockLocation?
        do {
            let store = try BlockStore(folder: "b", files: disk)
            for (number, block) in Self.samples.enumerated() {
                let stored = try store.append(block, number: UInt64(number))
                if number == 2 { location = stored }
            }
        }
        let offset = try #require(location).position.offset
        let path = "b/" + BlockFileFormat.fileName(segment: 0)
        for (delta, problem) in [(0, BlockDamage.Problem.frameHead), (27, .frameHead), (28, .checksum), (67, .checksum)] {
            let flipped = disk.copy()
            flipped[path][Int(offset) + delta] ^= 0x10
            let damage = BlockDamage(file: BlockFileFormat.fileName(segment: 0), offset: offset, block: 2, problem: problem)
            #expect(throws: BlockStoreError.damaged(damage)) { try Self.scanned(flipped) }
        }
    }

    @Test func `frames moved to another place are noticed`() throws {
        let disk = Self.filledDisk()
        let names = try disk.list("b").map { "b/" + $0 }
        let first = disk[names[0]]
        disk[names[0]] = disk[names[1]]
        disk[names[1]] = first
        #expect(throws: BlockStoreError.self) { try Self.scanned(disk) }
    }
}
