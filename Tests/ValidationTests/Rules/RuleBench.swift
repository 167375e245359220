import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel

@testable import Validation

/// A block of drafted transactions judged under a channel: what the suites of this folder share.
struct RuleBench {
    let channel: TestChannel
    var bundle: ChannelBundle
    var state: MemoryState

    /// Chaincode `a` asks for both organisations, `b` for one of them.
    init() throws {
        self.channel = try TestChannel()
        self.bundle = self.channel.bundle
        self.state = try TestChannel.state([
            ("a", "AND('Org1MSP.peer','Org2MSP.peer')"), ("b", "OR('Org1MSP.peer','Org2MSP.peer')"),
        ])
    }

    func outcome(_ drafts: [TestChannel.Draft], number: BlockNumber = 5) async throws -> ValidationOutcome {
        let block = OrderedBlock(number: number, previousHash: [], envelopes: drafts.map { self.channel.envelope($0) })
        return try await BlockValidator(bundle: self.bundle).validate(
            block, state: self.state, transactions: self.state, previousCommitHash: self.state.commitHash)
    }

    func codes(_ drafts: [TestChannel.Draft]) async throws -> [ValidationCode] {
        try await self.outcome(drafts).block.codes
    }

    /// The code of one transaction that does these things.
    func code(
        _ parts: [NamespaceReadWriteSet], of chaincode: Namespace = "a", endorsers: [Int] = [0, 1],
        _ change: (inout TestChannel.Draft) -> Void = { _ in }
    ) async throws -> ValidationCode {
        var draft = Self.draft("n", parts, of: chaincode, endorsers: endorsers)
        change(&draft)
        return try await self.codes([draft])[0]
    }

    /// Judges a block and commits it.
    mutating func commit(_ drafts: [TestChannel.Draft], number: BlockNumber) async throws -> [ValidationCode] {
        let block = try await self.outcome(drafts, number: number).block
        self.state.commit(block)
        return block.codes
    }

    static func draft(
        _ nonce: String, _ parts: [NamespaceReadWriteSet], of chaincode: Namespace = "a", endorsers: [Int] = [0, 1]
    ) -> TestChannel.Draft {
        var draft = TestChannel.Draft(nonce)
        draft.chaincode = chaincode
        draft.readWriteSet = ReadWriteSet(namespaces: parts)
        draft.endorsers = endorsers
        return draft
    }

    /// Defines a chaincode with the given bytes.
    mutating func define(_ definition: ChaincodeDefinition) {
        for entry in ChaincodeDefinitionFormat.encode(definition) {
            self.state.set(
                .key(ChaincodeDefinition.lifecycleNamespace, entry.key),
                VersionedValue(value: entry.value, version: StateVersion(block: 1, transaction: 0)))
        }
    }

    static func put(_ namespace: Namespace, _ keys: StateKey..., value: [UInt8] = [7]) -> NamespaceReadWriteSet {
        NamespaceReadWriteSet(namespace: namespace, writes: keys.map { KeyWrite(key: $0, isDelete: false, value: value) })
    }

    static func delete(_ namespace: Namespace, _ key: StateKey) -> NamespaceReadWriteSet {
        NamespaceReadWriteSet(namespace: namespace, writes: [KeyWrite(key: key, isDelete: true, value: [])])
    }

    static func metadata(_ namespace: Namespace, _ key: StateKey, _ entries: [MetadataEntry]) -> NamespaceReadWriteSet {
        NamespaceReadWriteSet(namespace: namespace, metadataWrites: [MetadataWrite(key: key, entries: entries)])
    }

    static func hashedWrite(
        _ namespace: Namespace, _ collection: CollectionName, key: UInt8 = 1, isDelete: Bool = false, valueHash: [UInt8] = [2]
    ) -> NamespaceReadWriteSet {
        let write = CollectionReadWriteSet.HashedWrite(keyHash: [key], isDelete: isDelete, valueHash: valueHash, isPurge: false)
        return NamespaceReadWriteSet(namespace: namespace, collections: [CollectionReadWriteSet(collection: collection, writes: [write])])
    }

    static func hashedMetadata(
        _ namespace: Namespace, _ collection: CollectionName, key: UInt8 = 1, _ entries: [MetadataEntry]
    ) -> NamespaceReadWriteSet {
        let write = CollectionReadWriteSet.HashedMetadataWrite(keyHash: [key], entries: entries)
        return NamespaceReadWriteSet(namespace: namespace, collections: [CollectionReadWriteSet(collection: collection, metadataWrites: [write])])
    }

    /// The metadata entry by which a key asks for the peers of these organisations.
    static func policy(_ text: String) throws -> MetadataEntry {
        MetadataEntry(name: MetadataEntry.validationParameter, value: try SignaturePolicy(text: text).envelope())
    }

    /// Collections with their policies as text; an empty text is a collection without one.
    static func collections(_ policies: [(String, String)]) throws -> [UInt8] {
        var package = Protos_CollectionConfigPackage()
        for (name, policy) in policies {
            var collection = Protos_StaticCollectionConfig()
            collection.name = name
            if !policy.isEmpty {
                let serialized = EndorsementPolicy.signature(try SignaturePolicy(text: policy)).serialized()
                collection.endorsementPolicy = try Protos_ApplicationPolicy.decode(serialized, as: "policy")
            }
            var config = Protos_CollectionConfig()
            config.staticCollectionConfig = collection
            package.config.append(config)
        }
        return package.encoded()
    }

    static func parameter(_ policy: String) throws -> [UInt8] {
        EndorsementPolicy.signature(try SignaturePolicy(text: policy)).serialized()
    }
}
