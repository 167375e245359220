import CLevelDB

/// A key-value store in a folder, kept by LevelDB: the only file that calls it.
///
/// LevelDB locks the folder: a second open of it fails, in this process too. The database is closed when the store, its snapshots and
/// their scans are all released from memory.
package final class LevelDBStore: KeyValueStore {
    private let database: Database

    /// Opens the database in a folder, creating it if it is missing.
    ///
    /// - Parameter bufferSizeBytes: What is kept in memory, and in the log, before a sorted file is written.
    package init(folder: String, bufferSizeBytes: Int = LedgerLimits.stateBufferSizeBytes) throws(KeyValueError) {
        self.database = try Database(folder: folder, bufferSizeBytes: bufferSizeBytes)
    }

    /// Opens a database that may have been left by a crash, and makes the names of its files durable before anything is written.
    ///
    /// LevelDB renames its directory file and does not sync the folder. Came the old one back, with a log of which a part was never
    /// synced, then newer logs would be applied on top of it: a hole in the state.
    convenience init(
        recovering folder: String, files: any BlockFileIO, bufferSizeBytes: Int = LedgerLimits.stateBufferSizeBytes
    ) throws(KeyValueError) {
        try DatabaseRecovery(folder: folder, files: files).run()
        try self.init(folder: folder, bufferSizeBytes: bufferSizeBytes)
        do { try files.syncFolder(folder) } catch { throw KeyValueError(operation: "open \(folder)", reason: error.description) }
    }

    package func snapshot() -> any KeyValueSnapshot { LevelDBSnapshot(of: self.database) }

    package func write(_ batch: WriteBatch) throws(KeyValueError) {
        let native = leveldb_writebatch_create()
        defer { leveldb_writebatch_destroy(native) }
        for operation in batch.operations {
            withCharacters(of: operation.key) { key, keyCount in
                guard let value = operation.value else {
                    leveldb_writebatch_delete(native, key, keyCount)
                    return
                }
                withCharacters(of: value) { value, valueCount in leveldb_writebatch_put(native, key, keyCount, value, valueCount) }
            }
        }
        let options = leveldb_writeoptions_create()
        defer { leveldb_writeoptions_destroy(options) }
        leveldb_writeoptions_set_sync(options, 1)
        try reporting("write") { leveldb_write(self.database.pointer, options, native, $0) }
    }
}

/// Sizes that trade memory for speed.
private enum Tuning {
    static let cacheSizeBytes = 64 << 20
    /// About one false positive in a hundred.
    static let bloomBitsPerKey: Int32 = 10
}

/// The open database and what must outlive it.
///
/// `@unchecked Sendable`: the pointers never change, and LevelDB allows all calls made here on one database from any thread.
private final class Database: @unchecked Sendable {
    let pointer: OpaquePointer
    private let options: OpaquePointer?
    private let cache: OpaquePointer?
    private let filter: OpaquePointer?

    init(folder: String, bufferSizeBytes: Int) throws(KeyValueError) {
        let options = leveldb_options_create()
        let cache = leveldb_cache_create_lru(Tuning.cacheSizeBytes)
        let filter = leveldb_filterpolicy_create_bloom(Tuning.bloomBitsPerKey)
        leveldb_options_set_create_if_missing(options, 1)
        // Without this LevelDB drops damaged records of its log in silence and opens with a hole in the state.
        leveldb_options_set_paranoid_checks(options, 1)
        leveldb_options_set_write_buffer_size(options, bufferSizeBytes)
        leveldb_options_set_cache(options, cache)
        leveldb_options_set_filter_policy(options, filter)
        do throws(KeyValueError) {
            let opened = try reporting("open \(folder)") { leveldb_open(options, folder, $0) }
            guard let opened else { throw KeyValueError(operation: "open \(folder)", reason: "no reason given") }
            self.pointer = opened
        } catch {
            leveldb_options_destroy(options)
            leveldb_cache_destroy(cache)
            leveldb_filterpolicy_destroy(filter)
            throw error
        }
        self.options = options
        self.cache = cache
        self.filter = filter
    }

    deinit {
        // The order is LevelDB's: the database uses the filter and the cache until it is closed.
        leveldb_close(self.pointer)
        leveldb_options_destroy(self.options)
        leveldb_cache_destroy(self.cache)
        leveldb_filterpolicy_destroy(self.filter)
    }
}

/// A view of the database at one moment, with read options of its own.
///
/// `@unchecked Sendable`: the pointers never change, LevelDB only reads what they point to, and reads are allowed from any thread.
private final class LevelDBSnapshot: KeyValueSnapshot, @unchecked Sendable {
    private let database: Database
    private let pointer: OpaquePointer?
    fileprivate let options: OpaquePointer?

    init(of database: Database) {
        self.database = database
        self.pointer = leveldb_create_snapshot(database.pointer)
        self.options = leveldb_readoptions_create()
        leveldb_readoptions_set_snapshot(self.options, self.pointer)
        leveldb_readoptions_set_verify_checksums(self.options, 1)
    }

    deinit {
        leveldb_readoptions_destroy(self.options)
        leveldb_release_snapshot(self.database.pointer, self.pointer)
    }

    func value(for key: [UInt8]) throws(KeyValueError) -> [UInt8]? {
        var count = 0
        let found = try reporting("read") { error in
            withCharacters(of: key) { leveldb_get(self.database.pointer, self.options, $0, $1, &count, error) }
        }
        guard let found else { return nil }
        defer { leveldb_free(found) }
        return bytes(found, count)
    }

    func scan(from start: [UInt8], to end: [UInt8]) -> any KeyValueScan {
        LevelDBScan(leveldb_create_iterator(self.database.pointer, self.options), of: self, from: start, to: end)
    }
}

private final class LevelDBScan: KeyValueScan {
    private let iterator: OpaquePointer?
    /// Keeps the snapshot, and through it the database, alive.
    private let snapshot: LevelDBSnapshot
    private let end: [UInt8]

    init(_ iterator: OpaquePointer?, of snapshot: LevelDBSnapshot, from start: [UInt8], to end: [UInt8]) {
        self.iterator = iterator
        self.snapshot = snapshot
        self.end = end
        withCharacters(of: start) { leveldb_iter_seek(iterator, $0, $1) }
    }

    deinit { leveldb_iter_destroy(self.iterator) }

    func next() throws(KeyValueError) -> (key: [UInt8], value: [UInt8])? {
        guard leveldb_iter_valid(self.iterator) != 0 else {
            try reporting("walk over keys") { leveldb_iter_get_error(self.iterator, $0) }
            return nil
        }
        var keyCount = 0
        var valueCount = 0
        guard let keyStart = leveldb_iter_key(self.iterator, &keyCount) else { return nil }
        let key = bytes(keyStart, keyCount)
        guard key.lexicographicallyPrecedes(self.end) else { return nil }
        let value = leveldb_iter_value(self.iterator, &valueCount).map { bytes($0, valueCount) } ?? []
        leveldb_iter_next(self.iterator)
        return (key, value)
    }
}

/// Makes a call that reports failure through a text that the caller has to free.
private func reporting<Result>(
    _ operation: String, _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) throws(KeyValueError) -> Result {
    var text: UnsafeMutablePointer<CChar>?
    let result = call(&text)
    if let text {
        defer { leveldb_free(text) }
        throw KeyValueError(operation: operation, reason: String(cString: text))
    }
    return result
}

private func withCharacters<Result>(of bytes: [UInt8], _ body: (UnsafePointer<CChar>?, Int) -> Result) -> Result {
    bytes.withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
}

private func bytes(_ start: UnsafePointer<CChar>, _ count: Int) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: start, count: count))
}
