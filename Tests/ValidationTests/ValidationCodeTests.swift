import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Validation

/// One transaction for every way to fail; what the real ledger does not contain is only tested here.
@Suite struct ValidationCodeTests {
    private let channel: TestChannel
    private let state: MemoryState

    init() throws {
        self.channel = try TestChannel()
        self.state = try TestChannel.state([
            ("a", "AND('Org1MSP.peer','Org2MSP.peer')"), ("b", "OR('Org1MSP.peer','Org2MSP.peer')"),
        ])
    }

    private func outcome(_ envelopes: [[UInt8]], state: MemoryState? = nil, previous: [UInt8] = []) async throws -> ValidationOutcome {
        let state = state ?? self.state
        let block = OrderedBlock(number: 5, previousHash: [], envelopes: envelopes)
        return try await BlockValidator(bundle: self.channel.bundle).validate(
            block, state: state, transactions: state, previousCommitHash: previous)
    }

    private func verdict(_ change: (inout TestChannel.Draft) -> Void) async throws -> TransactionVerdict {
        var draft = TestChannel.Draft("n")
        draft.readWriteSet = Self.writes("a", ["k"])
        change(&draft)
        let verdict = try await self.outcome([self.channel.envelope(draft)]).verdicts[0]
        #expect((verdict.reason == nil) == (verdict.code == .valid))
        return verdict
    }

    private func code(_ change: (inout TestChannel.Draft) -> Void = { _ in }) async throws -> ValidationCode {
        try await self.verdict(change).code
    }

    static func writes(_ namespace: Namespace, _ keys: [StateKey]) -> ReadWriteSet {
        ReadWriteSet(namespaces: [
            NamespaceReadWriteSet(namespace: namespace, writes: keys.map { KeyWrite(key: $0, isDelete: false, value: [7]) })
        ])
    }

    @Test func `a transaction endorsed as its namespace asks is valid`() async throws {
        let outcome = try await self.outcome([self.channel.envelope(TestChannel.Draft("n"))])
        #expect(outcome.verdicts == [.valid])
        #expect(outcome.block.codes == [.valid])
        #expect(outcome.newBundle == nil)
    }

    @Test func `envelopes and payloads that do not parse`() async throws {
        let noHeader = Envelope(payload: [], signature: [1]).serialized()
        let badPayload = Envelope(payload: [0xFF], signature: [1]).serialized()
        let outcome = try await self.outcome([[0xFF], badPayload, noHeader, []])
        #expect(outcome.block.codes == [.invalidOtherReason, .badPayload, .badCommonHeader, .badCommonHeader])
        #expect(outcome.block.transactionIDs == [nil, nil, nil, nil])
    }

    @Test func `headers that are not those of a transaction`() async throws {
        for type: Int32 in [0, 4, 5, 6, 99] { #expect(try await self.code { $0.type = type } == .badCommonHeader) }
        #expect(try await self.code { $0.epoch = 1 } == .badCommonHeader)
        #expect(try await self.code { $0.nonce = [] } == .badCommonHeader)
        #expect(try await self.code { $0.creator = [] } == .badCommonHeader)
        let payload = self.channel.payload(TestChannel.Draft("n"))
        for broken in [
            Payload(channelHeaderBytes: [0xFF], signatureHeaderBytes: payload.signatureHeaderBytes, data: payload.data),
            Payload(channelHeaderBytes: payload.channelHeaderBytes, signatureHeaderBytes: [0xFF], data: payload.data),
        ] {
            let envelope = Envelope(payload: broken.serialized(), signature: [1]).serialized()
            #expect(try await self.outcome([envelope]).block.codes == [.badCommonHeader])
        }
    }

    @Test func `creators that are unknown, untrusted or did not sign`() async throws {
        #expect(try await self.code { $0.signature = [2] } == .badCreatorSignature)
        #expect(try await self.code { $0.signature = [] } == .badCreatorSignature)
        #expect(try await self.code { $0.creator = [1, 2, 3] } == .badCreatorSignature)
        let pem = self.channel.client.certificate.pem
        #expect(
            try await self.code { $0.creator = SerializedIdentity.bytes(mspID: "NoSuchMSP", pem: pem) } == .badCreatorSignature)
        #expect(try await self.code { $0.creator = SerializedIdentity.bytes(mspID: "Org2MSP", pem: pem) } == .badCreatorSignature)
    }

    @Test func `transactions of another channel and requests to change the configuration`() async throws {
        #expect(try await self.code { $0.channel = "other" } == .targetChainNotFound)
        #expect(try await self.code { $0.kind = .configUpdate } == .unsupportedTransactionPayload)
    }

    @Test func `ids and structures that do not fit`() async throws {
        #expect(try await self.code { $0.transactionID = "00" } == .badProposalTransactionID)
        #expect(try await self.code { $0.data = [0xFF] } == .invalidEndorserTransaction)
        #expect(try await self.code { $0.data = [] } == .invalidEndorserTransaction)
        #expect(try await self.code { $0.proposalHash = [1] } == .invalidEndorserTransaction)
    }

    @Test func `responses that do not parse, or lack their parts`() async throws {
        #expect(try await self.code { $0.headerExtension = [0xFF] } == .badHeaderExtension)
        #expect(try await self.code { $0.headerExtension = [] } == .invalidOtherReason)
        #expect(try await self.code { $0.actionBytes = [0xFF] } == .badResponsePayload)
        #expect(try await self.code { $0.actionBytes = [] } == .badResponsePayload)
        #expect(try await self.code { $0.action = { $0.results = [0xFF] } } == .badReadWriteSet)
        #expect(try await self.code { $0.action = { $0.chaincode = nil } } == .invalidOtherReason)
        #expect(try await self.code { $0.action = { $0.chaincode = "b" } } == .invalidChaincode)
        #expect(try await self.code { $0.action = { $0.chaincodeVersion = "" } } == .invalidChaincode)
        #expect(try await self.code { $0.action = { $0.chaincodeVersion = "other" } } == .valid)
        #expect(try await self.code { $0.chaincode = "" } == .invalidChaincode)
    }

    @Test func `events must be of the invoked chaincode`() async throws {
        func event(_ name: Namespace) -> [UInt8] { ChaincodeEvent(chaincode: name, transactionID: "t", name: "e", payload: []).serialized() }
        #expect(try await self.code { $0.action = { $0.events = event("a") } } == .valid)
        #expect(try await self.code { $0.action = { $0.events = event("b") } } == .invalidOtherReason)
        #expect(try await self.code { $0.action = { $0.events = [0xFF] } } == .invalidOtherReason)
    }

    @Test func `namespaces that appear twice or have no definition`() async throws {
        let twice = NamespaceReadWriteSet(namespace: "b")
        #expect(try await self.code { $0.readWriteSet.namespaces += [twice, twice] } == .illegalWriteSet)
        for name: Namespace in ["x", "qscc", "cscc", "lscc", "committee"] { #expect(try await self.code { $0.chaincode = name } == .invalidChaincode) }
        for name: Namespace in ["x", "qscc", ""] {
            #expect(try await self.code { $0.readWriteSet = Self.writes(name, ["k"]) } == .invalidChaincode)
        }
        #expect(try await self.code { $0.readWriteSet.namespaces += [NamespaceReadWriteSet(namespace: "x")] } == .valid)
    }

    @Test func `every written namespace asks for its own endorsements, and so does a transaction that writes nothing`() async throws {
        #expect(try await self.code { $0.endorsers = [0] } == .endorsementPolicyFailure)
        #expect(try await self.code { $0.endorsers = [] } == .endorsementPolicyFailure)
        #expect(try await self.code { $0.endorsers = [0, 0] } == .endorsementPolicyFailure)
        #expect(try await self.code { $0.endorsementSignature = [2] } == .endorsementPolicyFailure)
        #expect(try await self.code { $0.readWriteSet = ReadWriteSet(); $0.endorsers = [0] } == .endorsementPolicyFailure)
        #expect(try await self.code { $0.chaincode = "b"; $0.readWriteSet = ReadWriteSet(); $0.endorsers = [0] } == .valid)
        #expect(try await self.code { $0.chaincode = "b"; $0.endorsers = [0] } == .endorsementPolicyFailure)
        let verdict = try await self.verdict { $0.endorsers = [0] }
        #expect(verdict.reason?.contains("namespace 'a'") == true)
        #expect(verdict.reason?.contains("Org2MSP.peer") == true)
    }

    @Test func `definitions are changed by a majority of organisations`() async throws {
        let change = Self.writes("_lifecycle", ["namespaces/fields/x/Sequence"])
        #expect(try await self.code { $0.chaincode = "_lifecycle"; $0.readWriteSet = change } == .valid)
        #expect(try await self.code { $0.chaincode = "_lifecycle"; $0.readWriteSet = change; $0.endorsers = [0] } == .endorsementPolicyFailure)
    }

    private func hashedWrite(_ collection: CollectionName, in namespace: Namespace) -> ReadWriteSet {
        let write = CollectionReadWriteSet.HashedWrite(keyHash: [1], isDelete: false, valueHash: [2], isPurge: false)
        return ReadWriteSet(namespaces: [
            NamespaceReadWriteSet(namespace: namespace, collections: [CollectionReadWriteSet(collection: collection, writes: [write])])
        ])
    }

    @Test func `an organisation's implicit collection asks for that organisation alone`() async throws {
        for namespace: Namespace in ["a", "_lifecycle"] {
            let write = self.hashedWrite("_implicit_org_Org1MSP", in: namespace)
            #expect(try await self.code { $0.chaincode = namespace; $0.readWriteSet = write; $0.endorsers = [0] } == .valid)
            #expect(try await self.code { $0.chaincode = namespace; $0.readWriteSet = write; $0.endorsers = [1] } == .endorsementPolicyFailure)
        }
        let unknown = self.hashedWrite("_implicit_org_NoMSP", in: "a")
        #expect(try await self.code { $0.readWriteSet = unknown } == .endorsementPolicyFailure)
    }

    @Test func `an explicit collection asks for its own policy if it has one`() async throws {
        var package = Protos_CollectionConfigPackage()
        for (name, policy) in [("own", "OR('Org2MSP.peer')"), ("plain", "")] {
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
        let definition = ChaincodeDefinition(
            name: "c", version: "1", sequence: 1,
            validationParameter: EndorsementPolicy.signature(try SignaturePolicy(text: "OR('Org1MSP.peer')")).serialized(),
            collections: package.encoded())
        var state = self.state
        for entry in ChaincodeDefinitionFormat.encode(definition) {
            state.set(.key("_lifecycle", entry.key), VersionedValue(value: entry.value, version: StateVersion(block: 1, transaction: 0)))
        }
        for (collection, endorsers, expected) in [
            ("own", [1], .valid), ("own", [0], .endorsementPolicyFailure), ("plain", [0], .valid), ("plain", [1], .endorsementPolicyFailure),
            ("none", [0, 1], .endorsementPolicyFailure),
        ] as [(CollectionName, [Int], ValidationCode)] {
            var draft = TestChannel.Draft("n")
            draft.chaincode = "c"
            draft.readWriteSet = self.hashedWrite(collection, in: "c")
            draft.endorsers = endorsers
            let codes = try await self.outcome([self.channel.envelope(draft)], state: state).block.codes
            #expect(codes == [expected], "\(collection) \(endorsers)")
        }
    }

    @Test func `an id that the ledger holds, or an earlier valid transaction of the block, is a duplicate`() async throws {
        let envelope = self.channel.envelope(TestChannel.Draft("n"))
        let outcome = try await self.outcome([envelope, envelope])
        #expect(outcome.block.codes == [.valid, .duplicateTransactionID])
        var state = self.state
        state.commit(outcome.block)
        #expect(try await self.outcome([envelope], state: state).block.codes == [.duplicateTransactionID])
        // A first one that failed phase A does not take the id inside the block.
        var bad = TestChannel.Draft("n")
        bad.endorsers = []
        #expect(
            try await self.outcome([self.channel.envelope(bad), envelope]).block.codes == [.endorsementPolicyFailure, .valid])
    }

    @Test func `the state may be unreadable, and then there is no verdict`() async throws {
        struct Broken: StateReading, TransactionIndexReading {
            func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? { throw StateReadError(reason: "test") }
            func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
                throw StateReadError(reason: "test")
            }
            func contains(_ id: TransactionID) throws(StateReadError) -> Bool { throw StateReadError(reason: "test") }
        }
        let block = OrderedBlock(number: 5, previousHash: [], envelopes: [self.channel.envelope(TestChannel.Draft("n"))])
        for state in [true, false] {
            await #expect(throws: BlockValidationError.state(StateReadError(reason: "test"))) {
                let validator = BlockValidator(bundle: self.channel.bundle)
                _ = state
                    ? try await validator.validate(block, state: Broken(), transactions: self.state, previousCommitHash: [])
                    : try await validator.validate(block, state: self.state, transactions: Broken(), previousCommitHash: [])
            }
        }
    }

    @Test func `block 0 and later blocks are not taken for each other`() async throws {
        await #expect(throws: BlockValidationError.notTheGenesisBlock(0)) {
            _ = try await BlockValidator(bundle: self.channel.bundle).validate(
                self.channel.genesis, state: self.state, transactions: self.state, previousCommitHash: [])
        }
        #expect(throws: BlockValidationError.notTheGenesisBlock(5)) {
            try BlockValidator.acceptGenesis(OrderedBlock(number: 5, previousHash: [], envelopes: [[1]]))
        }
        #expect(throws: BlockValidationError.self) {
            try BlockValidator.acceptGenesis(OrderedBlock(number: 0, previousHash: [], envelopes: [[1]]))
        }
        let outcome = try BlockValidator.acceptGenesis(self.channel.genesis)
        #expect(outcome.newBundle?.channelID == "records")
        #expect(outcome.block.updates.map(\.address) == [.key("", ConfigurationState.key)])
    }
}
