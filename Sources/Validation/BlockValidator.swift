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
    private let plans: PolicyPlans?

    /// Prepares validation under a configuration.
    ///
    /// Signature checks go through the verifier that the bundle was made with: a host that remembers answers puts its memory there.
    ///
    /// - Parameter plans: Of the block before, see `PolicyPlans.after(_:)`; without them every block's rules are read anew.
    package init(bundle: ChannelBundle, transactionsPerTask: Int = Limits.transactionsPerTask, plans: PolicyPlans? = nil) {
        self.bundle = bundle
        self.plans = plans
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
        let state = BlockStateCache(state)
        let rules = NamespaceRules(bundle: self.bundle, state: state, plans: self.plans ?? PolicyPlans())
        let inspector = TransactionInspector(bundle: self.bundle, transactions: transactions, rules: rules)
        let inspections: [TransactionInspection]
        do {
            inspections = try await self.inspect(block.envelopes, inspector)
        } catch {
            throw .state(error)
        }
        return try self.conclude(block, inspections, state: state, previousCommitHash: previousCommitHash)
    }

    /// Phase A of all transactions, spread over the machine's cores; in block order whatever finished first.
    private func inspect(
        _ envelopes: [[UInt8]], _ inspector: TransactionInspector
    ) async throws(StateReadError) -> [TransactionInspection] {
        let chunk = self.chunk
        guard envelopes.count > chunk else { return try Self.inspect(envelopes[...], inspector).get() }
        let results = await withTaskGroup(
            of: (Int, Result<[TransactionInspection], StateReadError>).self,
            returning: [(Int, Result<[TransactionInspection], StateReadError>)].self
        ) { group in
            for start in stride(from: 0, to: envelopes.count, by: chunk) {
                let part = envelopes[start..<min(start + chunk, envelopes.count)]
                group.addTask { (start, Self.inspect(part, inspector)) }
            }
            var results: [(Int, Result<[TransactionInspection], StateReadError>)] = []
            for await result in group { results.append(result) }
            return results
        }
        var inspections: [TransactionInspection] = []
        inspections.reserveCapacity(envelopes.count)
        for (_, result) in results.sorted(by: { $0.0 < $1.0 }) { inspections += try result.get() }
        return inspections
    }

    private static func inspect(
        _ envelopes: ArraySlice<[UInt8]>, _ inspector: TransactionInspector
    ) -> Result<[TransactionInspection], StateReadError> {
        do throws(StateReadError) {
            var inspections: [TransactionInspection] = []
            inspections.reserveCapacity(envelopes.count)
            for envelope in envelopes { inspections.append(try inspector.inspect(envelope)) }
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
