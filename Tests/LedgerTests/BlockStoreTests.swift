import Glibc
import Ledger
import TestSupport
import Testing

@Suite struct BlockStoreTests {
    let samples: [[UInt8]] = [Array("genesis".utf8), [0], Array(repeating: 7, count: 300), [1, 2, 3]]

    /// Stores the samples, in segments of one or two blocks.
    private func filled(_ disk: FaultyDisk, segmentSizeBytes: UInt64 = 60) throws -> [BlockLocation] {
        let store = try BlockStore(folder: "b", files: disk, segmentSizeBytes: segmentSizeBytes)
        return try self.samples.enumerated().map { try store.append($0.element, number: UInt64($0.offset)) }
    }

    @Test func `blocks come back by location and by scan, across segments and after reopening`() throws {
        let disk = FaultyDisk()
        let locations = try self.filled(disk)
        #expect(Set(locations.map(\.position.segment)).count > 1)
        let store = try BlockStore(folder: "b", files: disk)
        #expect(store.height == 4)
        #expect(store.droppedBytes == 0)
        for (number, location) in locations.enumerated() {
            #expect(try store.read(UInt64(number), at: location) == self.samples[number])
        }
        var scan = try store.scan(from: BlockCheckpoint(height: 2, end: locations[1].end))
        #expect(try scan.next()?.bytes == self.samples[2])
        #expect(try scan.next()?.location == locations[3])
        #expect(try scan.next() == nil)
        #expect(scan.tail == .clean)
        #expect(try store.append([9], number: 4).lengthBytes == 1)
    }

    @Test func `the machine's files keep blocks and exclude a second store`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/blocks"
        do {
            let store = try BlockStore(folder: path, files: SystemFiles(), segmentSizeBytes: 60)
            for (number, block) in self.samples.enumerated() { _ = try store.append(block, number: UInt64(number)) }
            #expect(throws: BlockStoreError.locked(folder: path)) { try BlockStore(folder: path, files: SystemFiles()) }
        }
        let names = try SystemFiles().list(path)
        #expect(names.prefix(2) == ["LOCK", "blocks-00000000.segment"])
        let store = try BlockStore(folder: path, files: SystemFiles())
        var scan = try store.scan()
        for block in self.samples { #expect(try scan.next()?.bytes == block) }
        #expect(try scan.next() == nil)
    }

    @Test func `a missing folder is an error that names path and cause`() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: BlockStoreError.self) { try BlockStore(folder: folder.path + "/no/blocks", files: SystemFiles()) }
        #expect(error == .file(FileError(operation: "create the folder", path: folder.path + "/no/blocks", code: ENOENT)))
        #expect(error?.description.contains("No such file") == true)
    }

    @Test func `a block out of sequence, an empty one and one too large are refused and change nothing`() throws {
        let disk = FaultyDisk()
        let store = try BlockStore(folder: "b", files: disk)
        #expect(throws: BlockStoreError.outOfSequence(expected: 0, found: 1)) { try store.append([1], number: 1) }
        #expect(throws: BlockStoreError.sizeOutOfRange(number: 0, sizeBytes: 0)) { try store.append([], number: 0) }
        let size = LedgerLimits.maximumBlockSizeBytes + 1
        #expect(throws: BlockStoreError.sizeOutOfRange(number: 0, sizeBytes: size)) {
            try store.append([UInt8](repeating: 0, count: size), number: 0)
        }
        _ = try store.append([1], number: 0)
        #expect(throws: BlockStoreError.outOfSequence(expected: 1, found: 0)) { try store.append([1], number: 0) }
    }

    @Test func `a full disk is a clear error, keeps what was acknowledged, and a later try succeeds`() throws {
        for capacity in 0..<420 {
            let disk = FaultyDisk(FaultyDisk.Faults(capacityBytes: capacity))
            let store = try BlockStore(folder: "b", files: disk, segmentSizeBytes: 60)
            var stored = 0
            do {
                while stored < self.samples.count {
                    _ = try store.append(self.samples[stored], number: UInt64(stored))
                    stored += 1
                }
            } catch {
                guard case .file(let reason) = error, reason.isOutOfSpace else {
                    Issue.record("capacity \(capacity): \(error)")
                    continue
                }
                #expect(error.description.contains("make room"))
            }
            disk.faults = FaultyDisk.Faults()
            while stored < self.samples.count {
                _ = try store.append(self.samples[stored], number: UInt64(stored))
                stored += 1
            }
            var scan = try store.scan()
            for block in self.samples { #expect(try scan.next()?.bytes == block, "capacity \(capacity)") }
            #expect(try scan.next() == nil)
        }
    }

    @Test func `after a failed sync the store takes no more blocks until it is opened again`() throws {
        for syncs in 0..<6 {
            let disk = FaultyDisk(FaultyDisk.Faults(syncsBeforeFailure: syncs))
            var acknowledged = 0
            do {
                let store = try BlockStore(folder: "b", files: disk, segmentSizeBytes: 60)
                #expect(throws: BlockStoreError.self) {
                    while acknowledged < self.samples.count {
                        _ = try store.append(self.samples[acknowledged], number: UInt64(acknowledged))
                        acknowledged += 1
                    }
                }
                disk.faults = FaultyDisk.Faults()
                let error = #expect(throws: BlockStoreError.self) {
                    try store.append(self.samples[acknowledged], number: UInt64(acknowledged))
                }
                guard case .stopped = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
            let reopened = try BlockStore(folder: "b", files: disk)
            #expect(reopened.height >= acknowledged)
        }
    }

    @Test func `a failed write that cannot be undone stops the store`() throws {
        let disk = FaultyDisk()
        let store = try BlockStore(folder: "b", files: disk)
        _ = try store.append([1], number: 0)
        disk.faults = FaultyDisk.Faults(capacityBytes: 60, truncateFails: true)
        #expect(throws: BlockStoreError.self) { try store.append([1, 2, 3], number: 1) }
        let error = #expect(throws: BlockStoreError.self) { try store.append([1], number: 1) }
        #expect(error?.description.contains("open the ledger again") == true)
    }

    @Test func `a segment file missing between others is named`() throws {
        let disk = FaultyDisk()
        _ = try self.filled(disk)
        disk.removeFile("b/blocks-00000000.segment")
        #expect(throws: BlockStoreError.segmentMissing(file: "blocks-00000000.segment")) { try BlockStore(folder: "b", files: disk) }
    }

    @Test func `a read at a wrong place is reported, not answered`() throws {
        let disk = FaultyDisk()
        var locations = try self.filled(disk)
        let store = try BlockStore(folder: "b", files: disk)
        #expect(throws: BlockStoreError.self) { try store.read(1, at: locations[0]) }
        locations[0].position.offset += 1
        #expect(throws: BlockStoreError.self) { try store.read(0, at: locations[0]) }
        locations[0].position.offset = 1 << 40
        #expect(throws: BlockStoreError.self) { try store.read(0, at: locations[0]) }
    }

    @Test func `many threads read while one writes`() async throws {
        let disk = FaultyDisk()
        let store = try BlockStore(folder: "b", files: disk, segmentSizeBytes: 200)
        let first = try store.append([1, 2], number: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for number in 1..<200 as Range<UInt64> { _ = try store.append([UInt8(number)], number: number) } }
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<200 {
                        let block = try store.read(0, at: first)
                        #expect(block == [1, 2])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(store.height == 200)
    }
}
