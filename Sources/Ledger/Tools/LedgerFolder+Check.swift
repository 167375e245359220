import LedgerModel

extension LedgerFolder {
    /// Checks every byte of the ledger that has a meaning, and changes nothing.
    ///
    /// The block files against their checksums; the blocks against each other and their own hashes; the files of the state database against
    /// LevelDB's checksums; and all of the database's content, state, history and indexes, against a replay of the blocks.
    ///
    /// - Parameter temporary: A folder with room for a copy of the state database, and for a second one when the ledger is large.
    /// - Throws: `LedgerToolError` when the check cannot be made; what is wrong with the ledger is in the report.
    package func check(
        temporary: String, steps: LedgerCheckSteps = .all, progress: @escaping @Sendable (LedgerProgress) -> Void = { _ in }
    ) throws(LedgerToolError) -> LedgerCheckReport {
        var check = LedgerCheck(ledger: self, temporary: temporary, steps: steps, progress: progress)
        try check.run()
        return check.report
    }
}

/// One check of a ledger as it goes on.
private struct LedgerCheck {
    let ledger: LedgerFolder
    let temporary: String
    let steps: LedgerCheckSteps
    let progress: @Sendable (LedgerProgress) -> Void
    var report = LedgerCheckReport()
    /// What the snapshot says from which the ledger began.
    private var base: SnapshotMetadata?
    private var hasUnusableBase = false
    /// Where each of the last blocks ends, to find the place up to which the database goes.
    private var ends: [UInt64: BlockPosition] = [:]
    private var lastFrameDamage: LedgerFinding?

    init(ledger: LedgerFolder, temporary: String, steps: LedgerCheckSteps, progress: @escaping @Sendable (LedgerProgress) -> Void) {
        self.ledger = ledger
        self.temporary = temporary
        self.steps = steps
        self.progress = progress
    }

    mutating func run() throws(LedgerToolError) {
        self.checkBase()
        try self.checkBlocks()
        let hasDatabase = try self.checkDatabaseFiles()
        try self.checkPrivateData()
        let copy = try hasDatabase ? self.openDatabase() : nil
        let head = copy.flatMap { self.readHead($0.content) }
        self.report.stateHeight = head?.height
        self.judgeLastFrame(head)
        try self.compare(copy, head)
    }

    // MARK: The snapshot at the beginning

    private mutating func checkBase() {
        do {
            guard let base = try self.ledger.base() else { return }
            self.base = base.metadata
            do { try base.verifyHashes(progress: self.progress) } catch { throw LedgerToolError.baseDamaged(error) }
        } catch {
            self.hasUnusableBase = true
            guard case .baseDamaged(let error) = error as? LedgerToolError else {
                self.report.add(LedgerFinding(.base, file: LedgerLayout.base, text: "\(error)"))
                return
            }
            let place = Self.place(of: error)
            self.report.add(LedgerFinding(.base, file: LedgerLayout.base + "/" + place.file, offset: place.offset, text: error.description))
        }
    }

    private static func place(of error: SnapshotError) -> (file: String, offset: UInt64?) {
        switch error {
        case .damaged(let damage): (damage.file, damage.offset)
        case .wrongHash(let file, _): (file, 0)
        case .missing(let file): (file, nil)
        case .file(let error): (error.path, nil)
        default: ("", nil)
        }
    }

    // MARK: Blocks

    private mutating func checkBlocks() throws(LedgerToolError) {
        let first = try self.firstBlock()
        self.report.firstBlock = first
        var survey = try toolFiles { () throws(FileError) in
            try BlockFileSurvey(folder: self.ledger.blocksPath, files: self.ledger.files, firstBlock: first)
        }
        var chain = ChainCheck(base: self.base)
        while let item = try toolFiles({ () throws(FileError) in try survey.next() }) {
            switch item {
            case .block(let stored): self.checkBlock(stored, &chain)
            case .damage(let damage, _): self.add(damage)
            case .missing(let segment):
                let file = LedgerLayout.blocks + "/" + BlockFileFormat.fileName(segment: segment)
                self.report.add(LedgerFinding(.blockFile, file: file, block: survey.height, text: "the file is missing"))
            case .torn(let file, let offset, let size):
                let text = "\(size) bytes of a block that was never finished; opening the ledger removes them"
                self.report.add(
                    LedgerFinding(.unfinishedBlock, file: LedgerLayout.blocks + "/" + file, offset: offset, block: survey.height, text: text))
            }
        }
        self.report.height = survey.height
    }

    /// The number with which the files begin. Without the snapshot's word for it the first file's is taken.
    private func firstBlock() throws(LedgerToolError) -> UInt64 {
        if let base = self.base { return base.lastBlockNumber + 1 }
        guard self.hasUnusableBase else { return 0 }
        let path = self.ledger.blocksPath + "/" + BlockFileFormat.fileName(segment: 0)
        guard let header = try? self.ledger.files.open(path, for: .reading).read(BlockFileFormat.fileHeaderSizeBytes, at: 0) else { return 0 }
        return BlockFileFormat.readFileHeader(header)?.firstBlock ?? 0
    }

    private mutating func checkBlock(_ stored: StoredBlock, _ chain: inout ChainCheck) {
        self.report.blockBytes += UInt64(stored.bytes.count)
        self.ends[stored.number] = stored.location.end
        self.ends[stored.number &- LedgerLimits.rememberedBlockEnds] = nil
        self.progress(LedgerProgress(work: "check blocks", done: stored.number, total: 0, unit: "blocks"))
        guard self.steps.contains(.blocks) else { return }
        guard let problem = chain.problem(of: stored) else {
            self.report.goodBlocks += 1
            return
        }
        let file = LedgerLayout.blocks + "/" + BlockFileFormat.fileName(segment: stored.location.position.segment)
        self.report.add(LedgerFinding(.block, file: file, offset: stored.location.position.offset, block: stored.number, text: problem))
    }

    private mutating func add(_ damage: BlockDamage) {
        guard self.steps.contains(.blocks) else { return }
        let finding = LedgerFinding(
            .blockFile, file: LedgerLayout.blocks + "/" + damage.file, offset: damage.offset, block: damage.block, text: damage.problem.rawValue)
        // A crash can leave the last frame like this, if the database does not know its block.
        if damage.isLastFrame { self.lastFrameDamage = finding } else { self.report.add(finding) }
    }

    private mutating func judgeLastFrame(_ head: LedgerHead?) {
        guard var finding = self.lastFrameDamage else { return }
        if let head, let block = finding.block, block == head.height {
            finding.kind = .unfinishedBlock
            self.report.height = min(self.report.height, block)
        }
        self.report.add(finding)
    }

    // MARK: The database

    /// Checks the database's files; false when there is nothing that could be opened.
    private mutating func checkDatabaseFiles() throws(LedgerToolError) -> Bool {
        let (files, path) = (self.ledger.files, self.ledger.statePath)
        let names: [String]
        do { names = try files.list(path).filter(DatabaseCopy.belongsToDatabase) } catch {
            guard error.isMissing else { throw .file(error) }
            names = []
        }
        guard !names.isEmpty else {
            self.report.add(LedgerFinding(.database, file: LedgerLayout.state, text: "there is no state database; opening the ledger builds it"))
            return false
        }
        var check = DatabaseFileCheck(folder: path, files: files)
        try toolFiles { () throws(FileError) in try check.run() }
        self.report.databaseBytes = check.checkedBytes
        guard self.steps.contains(.databaseFiles) else { return names.contains("CURRENT") }
        for finding in check.findings { self.report.add(finding) }
        return names.contains("CURRENT")
    }

    /// Checks the files of the private data, which only an organisation's own nodes hold.
    private mutating func checkPrivateData() throws(LedgerToolError) {
        guard self.steps.contains(.databaseFiles), try self.ledger.hasPrivateData() else { return }
        var check = DatabaseFileCheck(
            folder: self.ledger.privatePath, name: LedgerLayout.privateData, kind: .privateData, files: self.ledger.files)
        try toolFiles { () throws(FileError) in try check.run() }
        self.report.databaseBytes += check.checkedBytes
        for finding in check.findings { self.report.add(finding) }
    }

    private mutating func openDatabase() throws(LedgerToolError) -> DatabaseCopy? {
        self.progress(LedgerProgress(work: "copy the database", done: 0, total: self.report.databaseBytes, unit: "bytes"))
        do { return try DatabaseCopy(of: self.ledger.statePath, under: self.temporary) } catch {
            guard case .ledger(.state(let reason)) = error else { throw error }
            self.report.add(LedgerFinding(.database, file: LedgerLayout.state, text: reason.description))
            return nil
        }
    }

    private mutating func readHead(_ content: any KeyValueSnapshot) -> LedgerHead? {
        do {
            let head = try Ledger.readHead(content)
            if head.height == 0, self.report.height > 0 {
                let key = StateDatabaseKey(StateKeyFormat.savepointKey)
                self.report.add(LedgerFinding(.entry, file: LedgerLayout.state, key: key, text: "it is missing"))
                return nil
            }
            return head
        } catch {
            self.report.add(LedgerFinding(.database, file: LedgerLayout.state, text: error.description))
            return nil
        }
    }

    // MARK: Comparing

    private mutating func compare(_ copy: DatabaseCopy?, _ head: LedgerHead?) throws(LedgerToolError) {
        guard self.steps.contains(.entries) else { return self.report.notComparedBecause = "switched off" }
        let isChainGood = !self.report.findings.contains { [.blockFile, .block, .base].contains($0.kind) }
        guard isChainGood else { return self.report.notComparedBecause = "the blocks are damaged" }
        guard !self.report.findings.contains(where: { $0.kind == .privateData }) else {
            return self.report.notComparedBecause = "the private data is damaged"
        }
        guard let copy, let head, head.height > 0 else {
            try self.replayOnly()
            return self.report.notComparedBecause = "the state database cannot be read"
        }
        guard head.height <= self.report.height else {
            let text = "blocks up to \(head.height - 1) were acknowledged and the files end before"
            self.report.add(LedgerFinding(.blockFile, file: LedgerLayout.blocks, block: self.report.height, text: text))
            return self.report.notComparedBecause = "blocks are missing"
        }
        if head.height < self.report.height { try self.judgeLag(head) }
        let first = self.report.firstBlock
        let end = head.height > first ? self.ends[head.height - 1] : BlockPosition(segment: 0, offset: 0)
        guard let end else { return self.report.notComparedBecause = "the state is too far behind the blocks" }
        guard let expected = try self.replayed(upTo: end, blocks: head.height - min(first, head.height)) else { return }
        try self.compare(copy.content, with: expected)
    }

    /// The database is behind the blocks: by one block after a crash, by more only after damage.
    private mutating func judgeLag(_ head: LedgerHead) throws(LedgerToolError) {
        let behind = self.report.height - head.height
        let text = "the state is \(behind) block\(behind == 1 ? "" : "s") behind the block files; opening the ledger replays what is missing"
        self.report.add(
            LedgerFinding(behind == 1 ? .unfinishedDatabaseWrite : .database, file: LedgerLayout.state, block: head.height, text: text))
        try self.replayOnly()
    }

    /// Replays all blocks for the sake of their commit hashes.
    private mutating func replayOnly() throws(LedgerToolError) {
        _ = try self.replayed(upTo: nil, blocks: self.report.height - self.report.firstBlock)
    }

    /// What the blocks up to a place give; nil when they give nothing, which is reported.
    private mutating func replayed(upTo end: BlockPosition?, blocks: UInt64) throws(LedgerToolError) -> ReplayedState? {
        let isLarge = self.report.blockBytes > LedgerLimits.maximumReplayInMemoryBytes
        let state = try ReplayedState(under: isLarge ? self.temporary : nil)
        let copy = try self.ledger.hasPrivateData() ? DatabaseCopy.files(of: self.ledger.privatePath, under: self.temporary) : nil
        do {
            _ = try self.ledger.replay(into: state.store, upTo: end, privateCopy: copy?.path, expecting: blocks, progress: self.progress)
            return state
        } catch {
            guard case .ledger(let reason) = error else { throw error }
            self.report.add(LedgerFinding(.block, file: LedgerLayout.blocks, block: Self.block(of: reason), text: reason.description))
            self.report.notComparedBecause = "the blocks cannot be replayed"
            return nil
        }
    }

    private static func block(of error: LedgerError) -> UInt64? {
        switch error {
        case .stateDiverged(let block), .blockUnusable(let block, _): block
        case .blocks(.damaged(let damage)): damage.block
        default: nil
        }
    }

    /// Walks over both contents side by side.
    private mutating func compare(_ found: any KeyValueSnapshot, with expected: ReplayedState) throws(LedgerToolError) {
        let range = StateKeyFormat.wholeRange
        var count: UInt64 = 0
        do {
            let left = try found.scan(from: range.start, to: range.end)
            let right = try expected.store.snapshot().scan(from: range.start, to: range.end)
            var (a, b) = (try left.next(), try right.next())
            while a != nil || b != nil {
                count += 1
                if count % 1024 == 0 { self.progress(LedgerProgress(work: "compare", done: count, total: 0, unit: "entries")) }
                if let x = a, let y = b, x.key == y.key {
                    if x.value != y.value { self.addEntry(x.key, "it differs from what the blocks give") }
                    (a, b) = (try left.next(), try right.next())
                } else if let y = b, a.map({ y.key.lexicographicallyPrecedes($0.key) }) ?? true {
                    self.addEntry(y.key, "it is missing")
                    b = try right.next()
                } else if let x = a {
                    self.addEntry(x.key, "it is there, and the blocks do not give it")
                    a = try left.next()
                }
            }
        } catch {
            self.report.add(LedgerFinding(.database, file: LedgerLayout.state, text: "\(error)"))
            return self.report.notComparedBecause = "the state database cannot be read to its end"
        }
        self.report.comparedEntries = count
    }

    private mutating func addEntry(_ key: [UInt8], _ text: String) {
        let key = StateDatabaseKey(key)
        var block: UInt64?
        if case .block(let number) = key { block = number }
        self.report.add(LedgerFinding(.entry, file: LedgerLayout.state, block: block, key: key, text: text))
    }
}

/// What a replay of the blocks gives, in memory or in a temporary database.
private struct ReplayedState {
    let store: any KeyValueStore
    private let folder: TemporaryDatabaseFolder?

    init(under temporary: String?) throws(LedgerToolError) {
        guard let temporary else {
            self.store = InMemoryStore()
            self.folder = nil
            return
        }
        let folder = try toolFiles { () throws(FileError) in try TemporaryDatabaseFolder(under: temporary) }
        self.folder = folder
        do { self.store = try LevelDBStore(folder: folder.path) } catch { throw .ledger(.state(error)) }
    }
}

/// Checks blocks one after the other against their own hashes and the block before.
struct ChainCheck {
    private var nextNumber: UInt64
    /// The header hash of the block before; nil behind a gap.
    private var previousHash: [UInt8]?

    init(base: SnapshotMetadata?) {
        self.nextNumber = base.map { $0.lastBlockNumber + 1 } ?? 0
        self.previousHash = base?.lastBlockHash ?? []
    }

    /// What is wrong with a block; nil when nothing is.
    mutating func problem(of stored: StoredBlock) -> String? {
        let block: OrderedBlock
        do { block = try OrderedBlock(serialized: stored.bytes) } catch {
            self.previousHash = nil
            self.nextNumber = stored.number + 1
            return "\(error)"
        }
        defer {
            self.previousHash = block.headerHash
            self.nextNumber = stored.number + 1
        }
        if block.number.rawValue != stored.number { return "its header has number \(block.number)" }
        if stored.number == self.nextNumber, let previousHash = self.previousHash, block.previousHash != previousHash {
            return "it does not name the hash of the block before it"
        }
        return Self.problemInside(block)
    }

    /// What is wrong with a block by itself.
    static func problemInside(_ block: OrderedBlock) -> String? {
        if Formulas.dataHash(of: block.envelopes) != block.dataHash { return "its transactions do not have the hash in its header" }
        guard let codes = block.storedCodes, !codes.contains(.notValidated) else { return "slot 2 does not hold one verdict for each transaction" }
        if block.number > 0, (try? block.storedCommitHash())?.isEmpty != false { return "slot 4 does not hold a commit hash" }
        return nil
    }
}
