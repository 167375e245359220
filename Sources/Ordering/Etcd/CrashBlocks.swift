import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// Why a block of the chain is not taken: which rule it breaks.
package struct CrashBlockFault: Error, Equatable, Sendable, CustomStringConvertible {
    package let block: BlockNumber
    package let reason: String

    package init(block: BlockNumber, reason: String) {
        self.block = block
        self.reason = reason
    }

    package var description: String { "block \(self.block) in etcd \(self.reason)" }
}

/// Makes and judges blocks that one orderer signs, under the configuration in force.
package protocol CrashBlocks: Sendable {
    var bundle: ChannelBundle { get }

    /// Makes the next block.
    ///
    /// - Throws: `OrderingError` when the key does not sign or numbers are used up.
    func block(_ envelopes: [CheckedEnvelope], after position: ChainPosition, leadership: Int64, now: Timestamp) throws(OrderingError) -> OrderedBlock

    /// The first rule that a block breaks; nil when it may follow.
    func fault(in block: OrderedBlock, after position: ChainPosition) -> CrashBlockFault?

    /// Goes on after a block, which may hold another configuration.
    mutating func adopt(_ block: OrderedBlock) throws(CrashBlockFault)

    /// Makes the configuration that a request leads to.
    func configuration(_ request: CheckedEnvelope, now: Timestamp) throws(BroadcastRefusal) -> CheckedEnvelope

    /// What the replay window remembers of a block.
    func orderedIDs(in block: OrderedBlock) -> [TransactionID]
}

/// Blocks as a Raft orderer of Fabric signs them: value, signature header with the orderer's identity, block header (interop 4.7).
package struct SignedCrashBlocks: CrashBlocks {
    private static let validationPolicy = "/Channel/Orderer/BlockValidation"

    package private(set) var bundle: ChannelBundle
    private let identity: SigningIdentity
    private let chain: [UInt8]

    /// - Parameter chain: The header hash of block 0.
    /// - Throws: `OrderingError.notTheCommittee` when the channel is not ordered on etcd, or this identity's blocks would not be valid.
    package init(bundle: ChannelBundle, identity: SigningIdentity, chain: [UInt8]) throws(OrderingError) {
        guard bundle.isOrderedOnEtcd else {
            throw .notTheCommittee(reason: "its consensus type is \(bundle.consensusType) without the mark of ordering on etcd")
        }
        let result: PolicyResult
        do {
            result = try bundle.evaluate(policy: Self.validationPolicy, identities: [try bundle.membership.identity(identity.serialized)])
        } catch {
            throw .notTheCommittee(reason: "\(error)")
        }
        if case .unsatisfied(let missing) = result { throw .notTheCommittee(reason: "its signature does not satisfy BlockValidation: \(missing)") }
        self.bundle = bundle
        self.identity = identity
        self.chain = chain
    }

    package func block(
        _ envelopes: [CheckedEnvelope], after position: ChainPosition, leadership: Int64, now: Timestamp
    ) throws(OrderingError) -> OrderedBlock {
        guard let number = position.number.next else { throw .exhausted(position.number) }
        if envelopes.isEmpty { throw .emptyBatch }
        let unsigned = OrderedBlock(number: number, previousHash: position.headerHash, envelopes: envelopes.map(\.serialized))
        let isConfiguration = ConfigurationBlock.configEnvelope(in: unsigned) != nil
        let metadata = OrdererBlockMetadata(
            lastConfig: isConfiguration ? number.rawValue : position.lastConfig,
            consenterMetadata: CrashCertificateFormat.encode(leadership: leadership, timeMs: now.millisecondsSince1970))
        let value = metadata.serialized()
        let headerBytes = unsigned.headerBytes
        // One block of one orderer is made once, so the hash of what it holds is nonce enough.
        let nonce = Array(SHA256.hash(concatenating: value, headerBytes).prefix(24))
        let header = SignatureHeader(creator: self.identity.serialized, nonce: nonce).serialized()
        let signature: [UInt8]
        do {
            signature = try self.identity.sign(value + header + headerBytes)
        } catch {
            throw .signing(error)
        }
        let entry = BlockSignatures.Entry(signer: .identity(self.identity.serialized, header: header), signature: signature)
        return unsigned.with(.signatures, BlockSignatures(value: value, entries: [entry]).slot()).with(.lastConfig, metadata.lastConfigSlot)
    }

    package func fault(in block: OrderedBlock, after position: ChainPosition) -> CrashBlockFault? {
        func refuse(_ reason: String) -> CrashBlockFault { CrashBlockFault(block: block.number, reason: reason) }
        guard let number = position.number.next, block.number == number else { return refuse("has another number than its place") }
        guard block.previousHash == position.headerHash else { return refuse("does not continue block \(position.number)") }
        guard !block.envelopes.isEmpty, Formulas.dataHash(of: block.envelopes) == block.dataHash else { return refuse("has a wrong data hash") }
        guard let signatures = try? BlockSignatures(slot: block.metadata(.signatures)), signatures.entries.count == 1,
            let value = try? OrdererBlockMetadata(serialized: signatures.value)
        else { return refuse("does not have one orderer's signature") }
        guard CrashCertificateFormat.decode(value.consenterMetadata) != nil else { return refuse("is not marked as one of an etcd cluster") }
        let isConfiguration = ConfigurationBlock.configEnvelope(in: block) != nil
        guard value.lastConfig == (isConfiguration ? number.rawValue : position.lastConfig) else {
            return refuse("names another block as the last configuration")
        }
        let entry = signatures.entries[0]
        guard case .identity(let creator, _) = entry.signer else { return refuse("does not carry its signer's identity") }
        let signed = SignedMessage(
            identity: creator, message: signatures.signedBytes(of: entry, blockHeader: block.headerBytes), signature: entry.signature)
        guard case .satisfied? = try? self.bundle.evaluate(policy: Self.validationPolicy, [signed]) else {
            return refuse("is not signed by an orderer of the channel")
        }
        return nil
    }

    package mutating func adopt(_ block: OrderedBlock) throws(CrashBlockFault) {
        guard let config = ConfigurationBlock.configEnvelope(in: block) else { return }
        do {
            self.bundle = try self.bundle.successor(verifying: config, strictness: .replay)
        } catch {
            throw CrashBlockFault(block: block.number, reason: "brings a configuration that does not follow: \(error)")
        }
    }

    package func configuration(_ request: CheckedEnvelope, now: Timestamp) throws(BroadcastRefusal) -> CheckedEnvelope {
        let transaction: ConfigurationTransaction
        do throws(ConfigurationUpdateError) {
            let envelope: Envelope
            do throws(MessageError) { envelope = try Envelope(serialized: request.serialized) } catch { throw .malformed(error) }
            transaction = try ConfigurationTransaction(request: envelope, to: self.bundle)
        } catch {
            throw .refusedUpdate(error)
        }
        guard transaction.bundle.isOrderedOnEtcd else {
            throw .refusedUpdate(
                .forbiddenChange(
                    ConfigurationElement(.value, "/Channel/Orderer/ConsensusType"), reason: "the channel is ordered on etcd, which its metadata says")
            )
        }
        let nonce = Array(SHA256.hash(concatenating: self.chain, transaction.configEnvelope).prefix(24))
        let envelope: Envelope
        do {
            envelope = try transaction.envelope(signer: self.identity, nonce: nonce, timestamp: now)
        } catch {
            throw .unavailable(reason: OrderingError.signing(error).description)
        }
        try BroadcastChecks(bundle: self.bundle, takesUpdates: true).checkOwnConfiguration(envelope, now: now)
        let serialized = envelope.serialized()
        return CheckedEnvelope(
            serialized: serialized, digest: SHA256.hash(serialized), sizeBytes: envelope.sizeBytes, isConfiguration: true,
            transactionID: request.transactionID, configurationSequence: self.bundle.sequence)
    }

    package func orderedIDs(in block: OrderedBlock) -> [TransactionID] { block.envelopes.compactMap { ConfigurationRequest.orderedID(in: $0) } }
}
