import CryptoPrimitives
import FabricMessages
import LedgerModel
import Testing

/// Every row of the interoperability vectors that concerns messages and formulas; the policy rows are in the tests of Identity.
@Suite struct FabricVectorTests {
    private static let creator = SerializedIdentity(mspID: "Org1MSP", certificatePEM: Array("cert".utf8))
    private static let nonce = [UInt8](0..<24)
    private static let transactionID: TransactionID = "9b509b14e9418ff403128c815509476925771dc21a7c77e2899e7c170e960a45"
    private static let proposalPayload = ProposalPayload(chaincode: "basic", arguments: [Array("ReadAsset".utf8), Array("asset1".utf8)])

    private func hex(_ bytes: [UInt8]) -> String { Base16.encode(bytes) }

    private static var channelHeader: ChannelHeader {
        var extensionMessage = Protos_ChaincodeHeaderExtension()
        extensionMessage.chaincodeID.name = "basic"
        return ChannelHeader(
            kind: .endorserTransaction, timestamp: Timestamp(seconds: 1_700_000_000, nanoseconds: 5), channelID: "mychannel",
            transactionID: Self.transactionID, extensionBytes: extensionMessage.encoded())
    }

    @Test func `a serialised identity has Fabric's bytes`() {
        #expect(self.hex(Self.creator.serialized()) == "0a074f7267314d5350120463657274")
    }

    @Test func `a transaction id is the hash of nonce, then creator`() {
        #expect(Formulas.transactionID(nonce: Self.nonce, creator: Self.creator.serialized()) == Self.transactionID)
    }

    @Test func `a signature header has Fabric's bytes`() {
        let header = SignatureHeader(creator: Self.creator.serialized(), nonce: Self.nonce)
        #expect(
            self.hex(header.serialized())
                == "0a0f0a074f7267314d53501204636572741218000102030405060708090a0b0c0d0e0f1011121314151617")
    }

    @Test func `a channel header has Fabric's bytes`() {
        let expected =
            "08031a080880e2cfaa06100522096d796368616e6e656c2a40" + self.hex(Self.transactionID.utf8) + "3a09120712056261736963"
        #expect(self.hex(Self.channelHeader.serialized()) == expected)
    }

    @Test func `a proposal payload without transient data has Fabric's bytes`() {
        #expect(
            self.hex(Self.proposalPayload.withoutTransient)
                == "0a200a1e1207120562617369631a130a095265616441737365740a06617373657431")
    }

    @Test func `transient data never changes the hashed payload`() throws {
        let withTransient = ProposalPayload(input: Self.proposalPayload.input, transient: [TransientEntry(name: "k", value: [1])])
        #expect(withTransient.serialized() != Self.proposalPayload.serialized())
        #expect(withTransient.withoutTransient == Self.proposalPayload.withoutTransient)
        let received = try ProposalPayload(serialized: withTransient.serialized())
        #expect(received.withoutTransient == Self.proposalPayload.withoutTransient)
    }

    @Test func `the proposal hash covers both headers and the payload back to back`() {
        let hash = Formulas.proposalHash(
            channelHeader: Self.channelHeader.serialized(),
            signatureHeader: SignatureHeader(creator: Self.creator.serialized(), nonce: Self.nonce).serialized(),
            payload: Self.proposalPayload.withoutTransient)
        #expect(self.hex(hash) == "92987d52f1e36a5a1c5291c5c7c2cc106f3bc7a97d42faf095b974a97b3ad7ee")
    }

    @Test func `the data hash is flat`() {
        #expect(
            self.hex(Formulas.dataHash(of: [[0xAA], [0xBB, 0xCC]])) == "fa22dfe1da9013b3c1145040acae9089e0c08bc1c1a0719614f4b73add6f6ef5")
    }

    @Test func `the header of a first block has Fabric's DER`() {
        let bytes = BlockHeaderFormat.encode(number: 0, previousHash: [], dataHash: SHA256.hash([UInt8]()))
        #expect(self.hex(bytes) == "302702010004000420e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(self.hex(SHA256.hash(bytes)) == "9cae6f5c10756febc407bba95fc23853774c1f65f10354895bfdab6443d66ed3")
    }

    @Test(arguments: [
        (BlockNumber(127), "2f27a5afe5ec48de6fcc86dd4cbb37f36086e0414dc2e56655fe61dc3768cc14"),
        (BlockNumber(128), "c27767b427898d8d4193098c5eb3584a44e19eaa2dfe84e83df348ef21d7f192"),
    ])
    func `a block number is a minimal signed integer`(number: BlockNumber, hash: String) {
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(self.hex(SHA256.hash(BlockHeaderFormat.encode(number: number, previousHash: zeros, dataHash: zeros))) == hash)
    }

    @Test func `the hash of a header covers number, previous hash and data hash`() {
        let block = OrderedBlock(number: 1, previousHash: [UInt8](0..<32), dataHash: SHA256.hash(Array("abc".utf8)), envelopes: [])
        #expect(self.hex(block.headerHash) == "156123157efeae4a89095f7001fc923c1da0db7752ea38d4293edfeda160509d")
    }

    @Test func `slots 0 and 1 of a genesis block have Fabric's bytes`() {
        let metadata = OrdererBlockMetadata(lastConfig: 0, consenterMetadata: [])
        // In genesis the presence of the inner message alone is written.
        #expect(self.hex(BlockSignatures(value: metadata.serialized(), entries: []).slot()) == "0a020a00")
        #expect(metadata.lastConfigSlot.isEmpty)
        #expect(self.hex(OrdererBlockMetadata(lastConfig: 4, consenterMetadata: []).lastConfigSlot) == "0a020804")
    }

    @Test func `the commit hash of a configuration block covers its filter alone`() {
        let hash = CommitHashFormat.hash(filter: [0], updates: [], previous: [])
        #expect(self.hex(hash) == "47dc540c94ceb704a23875c11273e16bb0b8a87aed84de911f2133568115f254")
        #expect(hash == SHA256.hash([0x01, 0x00]))
    }

    @Test(arguments: [(UInt64(0), "00"), (1, "0101"), (255, "01ff"), (256, "020100")])
    func `version numbers are length-prefixed without leading zeros`(value: UInt64, bytes: String) {
        #expect(self.hex(CommitHashFormat.orderPreservingBytes(value)) == bytes)
    }

    @Test func `the default endorsement policy is the reference to the channel's`() {
        #expect(
            self.hex(ChaincodeDefinition.defaultValidationParameter)
                == "12202f4368616e6e656c2f4170706c69636174696f6e2f456e646f7273656d656e74")
    }

    private static let basic = NamespaceReadWriteSet(
        namespace: "basic",
        reads: [KeyRead(key: "k1", version: nil), KeyRead(key: "k2", version: StateVersion(block: 7, transaction: 0))],
        writes: [KeyWrite(key: "k1", isDelete: false, value: Array("v1".utf8)), KeyWrite(key: "k3", isDelete: true, value: [])])
    private static let keyValueBytes = "0a040a026b310a080a026b32120208071a080a026b311a0276311a060a026b331001"

    @Test func `a read-write set has Fabric's bytes and reads back`() throws {
        let set = ReadWriteSet(namespaces: [Self.basic])
        #expect(self.hex(set.serialized()) == "122b0a0562617369631222" + Self.keyValueBytes)
        #expect(try ReadWriteSet(serialized: set.serialized()) == set)
    }

    @Test func `a version of block 0 is present, a missing version is absent`() throws {
        let genesis = NamespaceReadWriteSet(
            namespace: "n", reads: [KeyRead(key: "a", version: StateVersion(block: 0, transaction: 0)), KeyRead(key: "b", version: nil)])
        let set = ReadWriteSet(namespaces: [genesis])
        #expect(self.hex(set.serialized()) == "12110a016e120c" + "0a050a01611200" + "0a030a0162")
        #expect(try ReadWriteSet(serialized: set.serialized()) == set)
    }

    @Test func `the digest of 60 results has a leaf of 51 and a leaf of 9`() {
        var builder = RangeResultsBuilder()
        for index in 0..<60 {
            let digits = String(index)
            let key = "key" + String(repeating: "0", count: 3 - digits.count) + digits
            builder.append(KeyRead(key: StateKey(key), version: StateVersion(block: 5, transaction: UInt64(index))))
        }
        guard case .merkle(let digest) = builder.finish() else {
            Issue.record("60 results must be digested")
            return
        }
        #expect(digest.maxLevel == 1 && digest.maxDegree == 50)
        #expect(
            digest.hashes.map(self.hex) == [
                "d905ac223a9742f22a1db674325f073c49b95157d55a5b69b24a10f525770ab8",
                "58fa1c54173274f3f2dfdc0814eb3ac4a062ee5fdade4ee8cce575dc4a65c2cd",
            ])
    }

    @Test(arguments: [0, 1, 50])
    func `up to 50 results stay as they are`(count: Int) {
        let reads = (0..<count).map { KeyRead(key: StateKey("k\($0)"), version: nil) }
        var builder = RangeResultsBuilder()
        for read in reads { builder.append(read) }
        #expect(builder.finish() == .raw(reads))
    }

    @Test func `a range query without results writes neither member of its choice`() throws {
        let query = RangeQuery(start: "a", end: "b", isExhausted: true, results: .raw([]))
        let set = ReadWriteSet(namespaces: [NamespaceReadWriteSet(namespace: "n", rangeQueries: [query])])
        #expect(self.hex(set.serialized()) == "120f0a016e120a1208" + "0a0161" + "120162" + "1801")
        #expect(try ReadWriteSet(serialized: set.serialized()) == set)
    }

    @Test func `seek positions and ranges have Fabric's bytes`() {
        var newestForever = Orderer_SeekInfo()
        newestForever.start.newest = Orderer_SeekNewest()
        newestForever.stop.specified.number = .max
        #expect(self.hex(newestForever.encoded()) == "0a020a00120d1a0b08ffffffffffffffffff01")
        var first = Orderer_SeekInfo()
        first.start.specified = Orderer_SeekSpecified()
        first.stop.specified = Orderer_SeekSpecified()
        #expect(self.hex(first.encoded()) == "0a021a0012021a00")
    }

    @Test func `a composite key joins its parts with zero bytes`() throws {
        let key = try CompositeKeyFormat.encode(objectType: "color~name", attributes: ["blue", "marble100"])
        #expect(key.utf8 == [0] + Array("color~name".utf8) + [0] + Array("blue".utf8) + [0] + Array("marble100".utf8) + [0])
        let parts = CompositeKeyFormat.decode(key)
        #expect(parts?.objectType == "color~name")
        #expect(parts?.attributes == ["blue", "marble100"])
        #expect(throws: MessageError.self) { try CompositeKeyFormat.encode(objectType: "a\u{0}b", attributes: []) }
    }

    @Test func `the hash of an implicit collection's key is the SHA-256 of its text`() {
        #expect(self.hex(SHA256.hash(Array("namespaces/metadata/marblesp#1".utf8))).hasPrefix("27f22c31"))
    }

    @Test func `a chaincode definition is stored in Fabric's fields`() {
        let definition = ChaincodeDefinition(
            name: "basic", version: "1.0", sequence: 1, validationParameter: ChaincodeDefinition.defaultValidationParameter)
        let entries = ChaincodeDefinitionFormat.encode(definition)
        #expect(
            entries.map(\.key.text) == [
                "namespaces/fields/basic/Collections", "namespaces/fields/basic/EndorsementInfo", "namespaces/fields/basic/Sequence",
                "namespaces/fields/basic/ValidationInfo", "namespaces/metadata/basic",
            ])
        #expect(self.hex(entries[2].value) == "0801")
        #expect(self.hex(entries[1].value) == "120b0a03312e301a0465736363")
    }
}
