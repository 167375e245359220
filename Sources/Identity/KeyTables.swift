import CryptoPrimitives
import Synchronization

/// Checks signatures, with a table for each key that is asked for often: an endorser's, an orderer's, a busy client's.
///
/// An answer is the same with and without a table, and none is remembered: every signature is computed. A key gets its table after about as
/// many checks as the table needs to pay for itself, so a key that is seen rarely costs nothing more; while a table is made other threads
/// check without it. Verifiers are asked only for keys that an organisation of the channel vouches for; counts and tables are bounded all the
/// same, and the table that was used least makes room for a new one.
package final class KeyTables: SignatureVerifying {
    private enum Entry {
        case counted(Int)
        case inTheMaking
        /// The number tells how often it was used since a table last made room.
        case prepared(PreparedPublicKey, uses: Int)
        /// There is none for this kind of key.
        case impossible
    }

    private struct State {
        var entries: [PublicKey: Entry] = [:]
        var tables = 0
    }

    private let checksBeforeTable: Int
    private let tableLimit: Int
    private let prepare: @Sendable (PublicKey) -> PreparedPublicKey?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - checksBeforeTable: How often a key is asked for before it gets a table.
    ///   - tableLimit: Tables kept at once, at 150 kB each.
    package init(
        checksBeforeTable: Int = Limits.checksBeforeKeyTable, tableLimit: Int = Limits.keyTables,
        prepare: @escaping @Sendable (PublicKey) -> PreparedPublicKey? = { PreparedPublicKey($0) }
    ) {
        self.checksBeforeTable = checksBeforeTable
        self.tableLimit = max(1, tableLimit)
        self.prepare = prepare
    }

    /// Tables that are there now.
    package var count: Int { self.state.withLock { $0.tables } }

    package func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        let (table, isDue) = self.state.withLock { self.use(key, &$0) }
        if let table { return table.isValid(signature: signature, for: message) }
        if isDue { self.keep(self.prepare(key), of: key) }
        return key.isValid(signature: signature, for: message)
    }

    private func use(_ key: PublicKey, _ state: inout State) -> (table: PreparedPublicKey?, isDue: Bool) {
        switch state.entries[key] {
        case .prepared(let table, let uses):
            state.entries[key] = .prepared(table, uses: uses &+ 1)
            return (table, false)
        case .inTheMaking, .impossible: return (nil, false)
        case .counted(let count) where count >= self.checksBeforeTable:
            state.entries[key] = .inTheMaking
            return (nil, true)
        case .counted(let count): state.entries[key] = .counted(count + 1)
        case nil:
            if state.entries.count >= Limits.countedKeys { self.forgetCounts(&state) }
            state.entries[key] = .counted(1)
        }
        return (nil, false)
    }

    /// Who is asked for often is soon counted again.
    private func forgetCounts(_ state: inout State) {
        state.entries = state.entries.filter { _, entry in
            switch entry {
            case .prepared, .inTheMaking: true
            case .counted, .impossible: false
            }
        }
    }

    private func keep(_ table: PreparedPublicKey?, of key: PublicKey) {
        self.state.withLock { state in
            guard let table else {
                state.entries[key] = .impossible
                return
            }
            if state.tables >= self.tableLimit { self.dropLeastUsed(&state) }
            state.entries[key] = .prepared(table, uses: 0)
            state.tables += 1
        }
    }

    private func dropLeastUsed(_ state: inout State) {
        var least: (key: PublicKey, uses: Int)?
        for (key, entry) in state.entries {
            guard case .prepared(let table, let uses) = entry else { continue }
            if uses < least?.uses ?? .max { least = (key, uses) }
            // What counts is how much a table is used from now on.
            state.entries[key] = .prepared(table, uses: 0)
        }
        guard let least else { return }
        state.entries[least.key] = nil
        state.tables -= 1
    }
}
