import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// Takes the signature `[1]` of everybody for good and every other for bad: an input can then be changed without signing it again.
///
/// The signatures of certificates are checked for real; what is replaced is the check that a host may replace by its memory.
package struct ToySignatures: SignatureVerifying {
    package static let good: [UInt8] = [1]

    package init() {}

    package func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool { signature == Self.good }
}

/// The channel that inputs are offered to: its configuration, a block in front of the next one, some people and a little state.
package struct FuzzChannel: Sendable {
    /// The files of the channel, by the names they have in the folder `channel` of the corpus.
    package static let files = ["genesis.block", "parent.block", "client.identity", "peer1.identity", "peer2.identity"]
    package static let name: ChannelID = "fuzzing"
    package static let time = Timestamp(seconds: 1_800_000_000)
    /// The chaincode with a plain policy, the one with key policies, and the one with a collection.
    package static let chaincodes: [Namespace] = ["assets", "guarded", "private"]
    package static let collection: CollectionName = "files"

    package let genesis: OrderedBlock
    package let parent: OrderedBlock
    package let bundle: ChannelBundle
    /// The same organisations, with every signature checked for real.
    package let membership: MembershipService
    package let afterGenesis: ChainPosition
    package let afterParent: ChainPosition
    package let client: [UInt8]
    package let peers: [[UInt8]]
    package let state: FuzzState

    /// Reads the channel's files; the closure gives the bytes of each by name.
    package init(_ file: (String) throws -> [UInt8]) throws {
        let genesis = try OrderedBlock(serialized: file("genesis.block"))
        self.genesis = genesis
        self.parent = try OrderedBlock(serialized: file("parent.block"))
        self.bundle = try ChannelBundle(block: genesis, verifier: ToySignatures())
        self.membership = try MembershipService(
            (self.bundle.applicationOrganizations + self.bundle.ordererOrganizations).map(\.msp), supportsEd25519: true)
        self.afterGenesis = ChainPosition(genesis: genesis)
        self.afterParent = try ChainPosition(after: self.parent, chain: genesis.headerHash)
        self.client = try file("client.identity")
        self.peers = [try file("peer1.identity"), try file("peer2.identity")]
        self.state = try Self.state()
    }

    /// Definitions of three chaincodes and a few keys of each.
    package static func state() throws -> FuzzState {
        let version = StateVersion(block: 1, transaction: 0)
        var values: [StateAddress: VersionedValue] = [:]
        for name in self.chaincodes {
            let definition = ChaincodeDefinition(
                name: name, version: "1", sequence: 1,
                validationParameter: EndorsementPolicy.signature(try SignaturePolicy(text: "OR('Org1MSP.peer', 'Org2MSP.peer')")).serialized(),
                collections: name == "private" ? try self.collections() : [])
            for entry in ChaincodeDefinitionFormat.encode(definition) {
                values[.key(ChaincodeDefinition.lifecycleNamespace, entry.key)] = VersionedValue(value: entry.value, version: version)
            }
            for index in 0..<60 {
                values[.key(name, self.key(index))] = VersionedValue(value: [UInt8(index)], version: version)
            }
        }
        let guardian = try EndorsementPolicy.signature(SignaturePolicy(text: "AND('Org1MSP.peer', 'Org2MSP.peer')")).serialized()
        values[.key("guarded", self.key(7))] = VersionedValue(
            value: [7], metadata: [MetadataEntry(name: MetadataEntry.validationParameter, value: guardian)], version: version)
        let keyHash = SHA256.hash(Array("patient".utf8))
        values[.hashed("private", self.collection, keyHash: keyHash)] = VersionedValue(value: SHA256.hash([1]), version: version)
        return FuzzState(values, ids: [TransactionID("taken")])
    }

    /// One collection, of which Org1 is a member.
    private static func collections() throws -> [UInt8] {
        var collection = Protos_CollectionConfig()
        collection.staticCollectionConfig.name = self.collection.text
        collection.staticCollectionConfig.memberOrgsPolicy.signaturePolicy = try SignaturePolicy(text: "OR('Org1MSP.member')").message()
        var package = Protos_CollectionConfigPackage()
        package.config = [collection]
        return package.encoded()
    }

    package static func key(_ index: Int) -> StateKey { StateKey("key\(index / 10)\(index % 10)") }

    /// A block of envelopes as the ordering service would make it after the genesis block.
    func block(_ envelopes: [[UInt8]]) -> OrderedBlock {
        OrderedBlock(number: 2, previousHash: self.afterParent.headerHash, envelopes: envelopes)
    }
}
