import LedgerModel

extension LedgerFolder {
    /// Mends what a check finds: damaged blocks with those of another ledger, the state database by building it anew.
    ///
    /// A block of the other ledger is taken only if its own hashes hold and it fits between its neighbours. Each file is replaced when
    /// its successor is whole and durable. The result has been checked.
    ///
    /// - Parameter source: The folder of another ledger of the channel, or a folder with files of one serialised block each.
    /// - Throws: `LedgerToolError`; nothing has been changed then, or each change was whole.
    package func repair(
        from source: String? = nil, temporary: String, progress: @escaping @Sendable (LedgerProgress) -> Void = { _ in }
    ) throws(LedgerToolError) -> LedgerRepairReport {
        var report = LedgerRepairReport()
        var check = try self.check(temporary: temporary, progress: progress)
        report.before = check.findings
        try self.requireBase(check)
        if let finding = check.findings.first(where: { $0.kind == .privateData }) { throw .privateDataDamaged(place: finding.description) }
        if check.findings.contains(where: { $0.kind == .blockFile || $0.kind == .block }) {
            try BlockFileRepair(ledger: self, source: source, stateHeight: check.stateHeight, damagedBlocks: check.damagedBlocks).run(&report)
            check = try self.check(temporary: temporary, progress: progress)
            if let block = check.findings.first(where: { $0.kind == .blockFile || $0.kind == .block }) {
                throw .unexpected(reason: "after the repair of the block files: \(block)")
            }
        }
        if check.findings.contains(where: { [.databaseFile, .database, .entry].contains($0.kind) }) {
            report.height = try self.rebuildState(expecting: check.height - check.firstBlock, progress: progress)
            report.didRebuildState = true
        }
        try self.settle(&report, progress: progress)
        let after = try self.check(temporary: temporary, progress: progress)
        if let finding = after.findings.first { throw .unexpected(reason: "after the repair: \(finding)") }
        return report
    }

    /// Builds the state database anew from the blocks, whatever it holds.
    package func rebuild(progress: @escaping @Sendable (LedgerProgress) -> Void = { _ in }) throws(LedgerToolError) -> LedgerRepairReport {
        var report = LedgerRepairReport()
        report.height = try self.rebuildState(expecting: 0, progress: progress)
        report.didRebuildState = true
        try self.settle(&report, progress: progress)
        return report
    }

    /// Opens the ledger once, which ends what a crash left unfinished.
    private func settle(_ report: inout LedgerRepairReport, progress: (LedgerProgress) -> Void) throws(LedgerToolError) {
        let ledger = try self.open(progress: progress)
        report.droppedBytes = ledger.recovery.droppedBytes
        report.replayedBlocks = ledger.recovery.replayedBlocks
        report.height = ledger.height
    }

    private func requireBase(_ check: LedgerCheckReport) throws(LedgerToolError) {
        guard check.findings.contains(where: { $0.kind == .base }), let base = try self.base() else { return }
        do { try base.verifyHashes() } catch { throw .baseDamaged(error) }
    }
}

extension LedgerCheckReport {
    /// The blocks whose frames are whole and whose content does not hold.
    var damagedBlocks: Set<UInt64> { Set(self.findings.filter { $0.kind == .block }.compactMap(\.block)) }
}

/// Writes anew the segment files that are damaged.
private struct BlockFileRepair {
    let ledger: LedgerFolder
    let source: String?
    let stateHeight: UInt64?
    let damagedBlocks: Set<UInt64>

    /// A segment file and what is to be in it.
    private struct Segment {
        var firstBlock: UInt64
        var blocks: [UInt64: BlockLocation] = [:]
        var isDamaged = false
    }

    func run(_ report: inout LedgerRepairReport) throws(LedgerToolError) {
        let base = try self.ledger.base()?.metadata
        let first = base.map { $0.lastBlockNumber + 1 } ?? 0
        var (segments, height) = try self.survey(first)
        height = max(height, self.stateHeight ?? 0)
        // Where a file begins is where the one before it ends, whatever its header says.
        for index in segments.indices { segments[index].firstBlock = index == 0 ? first : self.start(of: index, in: segments, height: height) }
        var needed: [UInt64] = []
        for index in segments.indices {
            let end = index + 1 < segments.count ? segments[index + 1].firstBlock : height
            for number in segments[index].firstBlock..<max(end, segments[index].firstBlock) where segments[index].blocks[number] == nil {
                needed.append(number)
                segments[index].isDamaged = true
            }
        }
        let replacements = try self.fetch(needed, segments: segments, base: base)
        for index in segments.indices where segments[index].isDamaged {
            let end = index + 1 < segments.count ? segments[index + 1].firstBlock : height
            try self.rewrite(UInt32(index), segments[index], upTo: end, replacements)
            report.rewrittenFiles.append(LedgerLayout.blocks + "/" + BlockFileFormat.fileName(segment: UInt32(index)))
        }
        report.fetchedBlocks = needed
    }

    private func survey(_ first: UInt64) throws(LedgerToolError) -> ([Segment], UInt64) {
        var segments: [Segment] = []
        func segment(_ number: UInt32) -> Int {
            while segments.count <= Int(number) { segments.append(Segment(firstBlock: 0)) }
            return Int(number)
        }
        var survey = try toolFiles { () throws(FileError) in
            try BlockFileSurvey(folder: self.ledger.blocksPath, files: self.ledger.files, firstBlock: first)
        }
        var height = first
        while let item = try toolFiles({ () throws(FileError) in try survey.next() }) {
            switch item {
            case .block(let stored):
                height = stored.number + 1
                let index = segment(stored.location.position.segment)
                if self.damagedBlocks.contains(stored.number) {
                    segments[index].isDamaged = true
                } else {
                    segments[index].blocks[stored.number] = stored.location
                }
            case .damage(let damage, let lost):
                // A last frame that the state does not know was never acknowledged: it is dropped, and counts for nothing.
                if let lost, !damage.isLastFrame { height = max(height, lost.upperBound + 1) }
                if damage.isLastFrame, self.stateHeight == nil { height = max(height, damage.block + 1) }
                if let number = BlockFileFormat.segment(fileName: damage.file) { segments[segment(number)].isDamaged = true }
            case .missing(let number): segments[segment(number)].isDamaged = true
            case .torn(let file, _, _): if let number = BlockFileFormat.segment(fileName: file) { _ = segment(number) }
            }
        }
        return (segments, height)
    }

    /// The first block of a file: the lowest that it holds, unless the file before it reaches further or its own header says otherwise.
    private func start(of index: Int, in segments: [Segment], height: UInt64) -> UInt64 {
        let path = self.ledger.blocksPath + "/" + BlockFileFormat.fileName(segment: UInt32(index))
        if let header = try? self.ledger.files.open(path, for: .reading).read(BlockFileFormat.fileHeaderSizeBytes, at: 0),
            let fields = BlockFileFormat.readFileHeader(header), fields.segment == UInt32(index)
        {
            return fields.firstBlock
        }
        if let lowest = segments[index].blocks.keys.min() { return lowest }
        // A file that is gone: what is missing before the next one is put into it.
        let before = segments[..<index].last { !$0.blocks.isEmpty }?.blocks.keys.max()
        return before.map { $0 + 1 } ?? height
    }

    /// The blocks that are missing, from the source, each verified against its neighbours.
    private func fetch(_ numbers: [UInt64], segments: [Segment], base: SnapshotMetadata?) throws(LedgerToolError) -> [UInt64: [UInt8]] {
        guard !numbers.isEmpty else { return [:] }
        guard let path = self.source else { throw .blocksNeeded(numbers: Self.ranges(numbers), reason: "no other ledger was given") }
        let source = try toolFiles { () throws(FileError) in try BlockSource(path, files: self.ledger.files, numbers: Set(numbers)) }
        var fetched: [UInt64: [UInt8]] = [:]
        var missing: [UInt64] = []
        var blocks: [UInt64: OrderedBlock] = [:]
        for number in numbers {
            guard let bytes = try toolFiles({ () throws(FileError) in try source.block(number) }) else {
                missing.append(number)
                continue
            }
            do { blocks[number] = try OrderedBlock(serialized: bytes) } catch { throw .foreignBlock(number: number, reason: error.description) }
            fetched[number] = bytes
        }
        guard missing.isEmpty else { throw .blocksNeeded(numbers: Self.ranges(missing), reason: "\(path) does not hold it either") }
        for number in numbers {
            guard let block = blocks[number] else { continue }
            if let problem = ChainCheck.problemInside(block) { throw .foreignBlock(number: number, reason: problem) }
            let before: [UInt8]
            if let base, number == base.lastBlockNumber + 1 {
                before = base.lastBlockHash
            } else if number == 0 {
                before = []
            } else {
                let parent: OrderedBlock?
                if let block = blocks[number - 1] { parent = block } else { parent = try self.stored(number - 1, segments) }
                before = parent?.headerHash ?? []
            }
            guard block.previousHash == before else {
                throw .foreignBlock(number: number, reason: "it does not name the hash of the block before it")
            }
            guard blocks[number + 1] == nil, let after = try self.stored(number + 1, segments) else { continue }
            guard after.previousHash == block.headerHash else {
                throw .foreignBlock(number: number, reason: "the block behind it names another hash")
            }
        }
        return fetched
    }

    private func stored(_ number: UInt64, _ segments: [Segment]) throws(LedgerToolError) -> OrderedBlock? {
        guard let location = segments.lazy.compactMap({ $0.blocks[number] }).first else { return nil }
        return try? OrderedBlock(serialized: try self.bytes(at: location))
    }

    private func bytes(at location: BlockLocation) throws(LedgerToolError) -> [UInt8] {
        let path = self.ledger.blocksPath + "/" + BlockFileFormat.fileName(segment: location.position.segment)
        return try toolFiles { () throws(FileError) in
            try self.ledger.files.open(path, for: .reading)
                .read(Int(location.lengthBytes), at: location.position.offset + UInt64(BlockFileFormat.frameHeadSizeBytes))
        }
    }

    /// Writes a file beside the damaged one and then gives it its name.
    private func rewrite(_ number: UInt32, _ segment: Segment, upTo end: UInt64, _ replacements: [UInt64: [UInt8]]) throws(LedgerToolError) {
        let path = self.ledger.blocksPath + "/" + BlockFileFormat.fileName(segment: number)
        let unfinished = path + LedgerLayout.unfinished
        let files = self.ledger.files
        let file = try toolFiles { () throws(FileError) in
            do throws(FileError) { try files.removeFile(unfinished) } catch { if !error.isMissing { throw error } }
            let file = try files.create(unfinished)
            try file.write(BlockFileFormat.fileHeader(segment: number, firstBlock: segment.firstBlock), at: 0)
            return file
        }
        var offset = UInt64(BlockFileFormat.fileHeaderSizeBytes)
        for block in segment.firstBlock..<max(end, segment.firstBlock) {
            let content: [UInt8]
            if let replacement = replacements[block] {
                content = replacement
            } else if let location = segment.blocks[block] {
                content = try self.bytes(at: location)
            } else {
                throw .unexpected(reason: "block \(block) was lost while its file was written anew")
            }
            try toolFiles { () throws(FileError) in
                try file.write(BlockFileFormat.frameHead(number: block, block: content), at: offset)
                try file.write(content, at: offset + UInt64(BlockFileFormat.frameHeadSizeBytes))
            }
            offset += UInt64(BlockFileFormat.frameHeadSizeBytes + content.count)
        }
        try toolFiles { () throws(FileError) in
            try file.sync()
            try files.rename(unfinished, to: path)
            try files.syncFolder(self.ledger.blocksPath)
        }
    }

    private static func ranges(_ numbers: [UInt64]) -> [ClosedRange<UInt64>] {
        var ranges: [ClosedRange<UInt64>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges
    }
}
