import ChannelConfiguration
import Identity
import LedgerModel

/// Gives every transaction of an ordered block its code and derives what the block changes (interop chapter 8).
///
/// The result depends on the block, the state and the configuration alone: not on time, thread count or scheduling. The block itself must
/// have passed `BlockVerifier`.
package struct BlockValidator: Sendable {
    private let bundle: ChannelBundle
    /// How many transactions one task inspects before it gives way; 1 task for all when there are no more.
    private let chunk: Int

    /// Prepares validation under a configuration.
    ///
    /// Signature checks go through the verifier that the bundle was made with: a host that remembers answers puts its memory there.
    package init(bundle: ChannelBundle, transactionsPerTask: Int = Limits.transactionsPerTask) {
        self.bundle = bundle
        self.chunk = max(1, transactionsPerTask)
    }

    /// Accepts block 0 as it is: whoever joins a channel trusts its genesis block.
    ///
    /// - Parameter verifier: Checks signatures in the channel from now on.
    package static func acceptGenesis(
        _ block: OrderedBlock, verifier: any SignatureVerifying = DirectSignatureVerifier()
    ) throws(BlockValidationError) -> ValidationOutcome {
        guard block.number == 0 else { throw .notTheGenesisBlock(block.number) }
        let bundle: ChannelBundle
        do {
            bundle = try ChannelBundle(block: block, verifier: verifier)
        } catch {
            throw .unusableConfiguration(block.number, error)
        }
        do {
            let validated = try BlockEffects.derive(from: block, codes: [.valid], state: EmptyState(), previousCommitHash: [])
            return ValidationOutcome(block: validated, verdicts: [.valid], newBundle: bundle)
        } catch {
            throw .unusableConfiguration(block.number, .notAConfigurationBlock(block.number, reason: error.description))
        }
    }

    /// Reads the transactions of a block after block 0, spread over the machine's cores: everything that neither state nor other blocks decide.
    package func read(_ block: OrderedBlock) async -> BlockReading {
        let reader = TransactionReader(bundle: self.bundle)
        let transactions = await self.spread(block.envelopes) { part in part.map { reader.read($0) } }
        return BlockReading(block: block, transactions: transactions.flatMap { $0 })
    }

    /// Validates a block after block 0.
    ///
    /// - Parameters:
    ///   - state: The state after the block before; it must not change meanwhile.
    ///   - transactions: The ids of all transactions of earlier blocks, valid or not.
    ///   - previousCommitHash: Of the block before; empty for block 1.
    /// - Throws: When no verdict can be given; the block must not be committed then.
    package func validate(
        _ block: OrderedBlock, state: any StateReading, transactions: any TransactionIndexReading, previousCommitHash: [UInt8]
    ) async throws(BlockValidationError) -> ValidationOutcome {
        guard block.number > 0 else { throw .notTheGenesisBlock(block.number) }
        return try await self.validate(
            await self.read(block), plans: PolicyPlans(), state: state, transactions: transactions, previousCommitHash: previousCommitHash)
    }

    /// Validates a block that was read under the same configuration.
    ///
    /// - Parameter plans: Of the block before, see `PolicyPlans.after(_:)`; with empty ones the rules are read anew.
    /// - Throws: As the other.
    package func validate(
        _ reading: BlockReading, plans: PolicyPlans, state: any StateReading, transactions: any TransactionIndexReading,
        previousCommitHash: [UInt8]
    ) async throws(BlockValidationError) -> ValidationOutcome {
        guard reading.block.number > 0 else { throw .notTheGenesisBlock(reading.block.number) }
        let state = BlockStateCache(state)
        let rules = NamespaceRules(bundle: self.bundle, state: state, plans: plans)
        let inspector = TransactionInspector(bundle: self.bundle, transactions: transactions, rules: rules)
        var inspections: [TransactionInspection] = []
        inspections.reserveCapacity(reading.transactions.count)
        do throws(StateReadError) {
            for part in await self.spread(reading.transactions, { Self.inspect($0, inspector) }) { inspections += try part.get() }
        } catch {
            throw .state(error)
        }
        return try self.conclude(reading.block, inspections, state: state, previousCommitHash: previousCommitHash)
    }

    /// Works on pieces of a list in tasks of their own; the results are in the list's order, whatever finished first.
    private func spread<Item: Sendable, Part: Sendable>(
        _ items: [Item], _ work: @escaping @Sendable (ArraySlice<Item>) -> Part
    ) async -> [Part] {
        let chunk = self.chunk
        guard items.count > chunk else { return [work(items[...])] }
        return await withTaskGroup(of: (Int, Part).self) { group in
            for start in stride(from: 0, to: items.count, by: chunk) {
                let part = items[start..<min(start + chunk, items.count)]
                group.addTask { (start, work(part)) }
            }
            var results: [(Int, Part)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map { $0.1 }
        }
    }

    private static func inspect(
        _ readings: ArraySlice<TransactionReading>, _ inspector: TransactionInspector
    ) -> Result<[TransactionInspection], StateReadError> {
        do throws(StateReadError) {
            var inspections: [TransactionInspection] = []
            inspections.reserveCapacity(readings.count)
            for reading in readings { inspections.append(try inspector.inspect(reading)) }
            return .success(inspections)
        } catch {
            return .failure(error)
        }
    }

    /// What depends on the order of the transactions: key policies changed in the block, repeated ids, and phase B.
    private func conclude(
        _ block: OrderedBlock, _ inspections: [TransactionInspection], state: any StateReading, previousCommitHash: [UInt8]
    ) throws(BlockValidationError) -> ValidationOutcome {
        var verdicts: [TransactionVerdict] = []
        verdicts.reserveCapacity(inspections.count)
        var changes = KeyPolicyChanges()
        var newBundle: ChannelBundle?
        for inspection in inspections {
            switch inspection.content {
            case .endorsed(let content): verdicts.append(changes.judge(content) ?? .valid)
            case .none: verdicts.append(inspection.failure ?? .valid)
            case .configuration(let bytes):
                newBundle = try self.configuration(bytes, in: block)
                verdicts.append(.valid)
            }
        }
        self.markRepeatedIDs(inspections, &verdicts)
        var overlay = BlockOverlay(base: state)
        do throws(StateReadError) {
            for (index, inspection) in inspections.enumerated() where verdicts[index].code == .valid {
                let version = StateVersion(block: block.number.rawValue, transaction: UInt64(index))
                switch inspection.content {
                case .none: break
                case .configuration(let bytes): overlay.applyConfiguration(bytes, version: version)
                case .endorsed(let content):
                    if let failure = try ReadSetCheck.failure(content.readWriteSet, overlay: overlay, state: state) {
                        verdicts[index] = failure
                    } else {
                        try overlay.apply(content.readWriteSet, version: version)
                    }
                }
            }
        } catch {
            throw .state(error)
        }
        let validated = ValidatedBlock(
            unchecked: block, codes: verdicts.map(\.code), transactionIDs: inspections.map(\.transactionID), overlay: overlay,
            previousCommitHash: previousCommitHash)
        return ValidationOutcome(block: validated, verdicts: verdicts, newBundle: newBundle)
    }

    /// Of several transactions with one id the first that is still valid wins.
    private func markRepeatedIDs(_ inspections: [TransactionInspection], _ verdicts: inout [TransactionVerdict]) {
        var seen: Set<TransactionID> = []
        for (index, inspection) in inspections.enumerated() where verdicts[index].code == .valid {
            guard case .endorsed = inspection.content, let id = inspection.transactionID else { continue }
            if !seen.insert(id).inserted {
                verdicts[index] = TransactionVerdict(
                    code: .duplicateTransactionID, reason: "an earlier transaction of the block has this id")
            }
        }
    }

    /// The configuration that a block brings: the update in it is applied again, and must be authorised and lead to the same tree.
    private func configuration(_ configEnvelope: [UInt8], in block: OrderedBlock) throws(BlockValidationError) -> ChannelBundle {
        guard block.envelopes.count == 1 else { throw .configurationNotAlone(block.number) }
        do {
            return try self.bundle.successor(verifying: configEnvelope)
        } catch {
            throw .configurationRefused(block.number, error)
        }
    }
}

/// The state before block 0.
private struct EmptyState: StateReading {
    private final class Nothing: StateScan {
        func next() -> (key: StateKey, value: VersionedValue)? { nil }
    }

    func value(at address: StateAddress) -> VersionedValue? { nil }

    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) -> any StateScan { Nothing() }
}
