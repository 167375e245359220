import Identity
import LedgerModel
import Testing

@testable import ContractVM
@testable import Endorsement

/// Which chaincodes, collections and policies of keys an endorser says that a proposal touched (interop 12.2).
@Suite struct ChaincodeInterestTests {
    private static let version = StateVersion(block: 1, transaction: 0)

    private static func policy(_ text: String) throws -> [UInt8] { try SignaturePolicy(text: text).envelope() }

    private static func state(_ entries: [(StateAddress, [UInt8])]) -> InMemoryState {
        var state = InMemoryState()
        state.apply(
            entries.map { address, policy in
                let metadata = policy.isEmpty ? [] : [MetadataEntry(name: MetadataEntry.validationParameter, value: policy)]
                return StateUpdate(address: address, change: .put(value: [1], metadata: metadata), version: self.version)
            })
        return state
    }

    private static func touches(
        _ namespaces: [NamespaceReadWriteSet], state: InMemoryState = InMemoryState(), privateReads: [PrivateRead] = []
    ) throws -> [ChaincodeInterest.Touch] {
        let result = InvocationResult(
            response: ChaincodeResponse(status: 200), event: nil, readWriteSet: ReadWriteSet(namespaces: namespaces), privateWriteSets: [],
            privateReads: privateReads, chaincode: "a", version: "1", replayObstacles: [])
        return try ChaincodeInterest(of: result, on: state) { $0 == "_lifecycle" }.touches
    }

    private static func write(_ key: StateKey) -> KeyWrite { KeyWrite(key: key, isDelete: false, value: [2]) }

    private static func hashed(_ name: CollectionName, _ hashes: [UInt8]...) -> CollectionReadWriteSet {
        CollectionReadWriteSet(
            collection: name, writes: hashes.map { .init(keyHash: $0, isDelete: false, valueHash: [3], isPurge: false) })
    }

    @Test func `every namespace is named but those of the node, read or written`() throws {
        let touches = try Self.touches([
            NamespaceReadWriteSet(namespace: "_lifecycle", reads: [KeyRead(key: "k", version: nil)]),
            NamespaceReadWriteSet(namespace: "a", writes: [Self.write("k")]),
            NamespaceReadWriteSet(namespace: "b", reads: [KeyRead(key: "k", version: nil)]),
        ])
        #expect(touches == [.init(chaincode: "a"), .init(chaincode: "b")])
    }

    @Test func `policies of written keys are named once, and replace the namespace's when all keys have one`() throws {
        let (one, two) = (try Self.policy("OR('A.peer')"), try Self.policy("OR('B.peer')"))
        let state = Self.state([(.key("a", "x"), one), (.key("a", "y"), two), (.key("a", "z"), one), (.key("a", "plain"), [])])
        func touches(_ keys: StateKey...) throws -> [ChaincodeInterest.Touch] {
            try Self.touches([NamespaceReadWriteSet(namespace: "a", writes: keys.map { Self.write($0) })], state: state)
        }
        #expect(try touches("x", "z") == [.init(chaincode: "a", keyPolicies: [one], disregardsNamespacePolicy: true)])
        #expect(try touches("x", "y") == [.init(chaincode: "a", keyPolicies: [one, two], disregardsNamespacePolicy: true)])
        #expect(try touches("plain", "x") == [.init(chaincode: "a", keyPolicies: [one])])
        #expect(try touches("new", "y") == [.init(chaincode: "a", keyPolicies: [two])])
        #expect(try touches("plain") == [.init(chaincode: "a")])
        // A change of the policy is a change of the key.
        let change = NamespaceReadWriteSet(namespace: "a", metadataWrites: [MetadataWrite(key: "x", entries: [])])
        #expect(try Self.touches([change], state: state) == [.init(chaincode: "a", keyPolicies: [one], disregardsNamespacePolicy: true)])
    }

    @Test func `collections are named one by one, with whether their values were read`() throws {
        let set = NamespaceReadWriteSet(
            namespace: "a",
            collections: [
                Self.hashed("c", [1]), Self.hashed("d", [1]), CollectionReadWriteSet(collection: "e", reads: [.init(keyHash: [1], version: nil)]),
            ])
        let read = [PrivateRead(namespace: "a", collection: "d"), PrivateRead(namespace: "b", collection: "c")]
        #expect(
            try Self.touches([set], privateReads: read) == [
                .init(chaincode: "a", collections: ["c"], hasNoPrivateReads: true), .init(chaincode: "a", collections: ["d"]),
            ])
        // The public part is written too.
        var both = set
        both.writes = [Self.write("k")]
        #expect(try Self.touches([both], privateReads: read).first == .init(chaincode: "a"))
        // A private key with a policy of its own counts among the namespace's, as in Fabric.
        let policy = try Self.policy("OR('A.peer')")
        let state = Self.state([(.hashed("a", "c", keyHash: [1]), policy)])
        #expect(
            try Self.touches([NamespaceReadWriteSet(namespace: "a", collections: [Self.hashed("c", [1])])], state: state) == [
                .init(chaincode: "a", keyPolicies: [policy], disregardsNamespacePolicy: true)
            ])
    }

    @Test func `a key whose policy does not parse is an error`() throws {
        let state = Self.state([(.key("a", "x"), [0xFF])])
        #expect(throws: MessageError.self) {
            _ = try Self.touches([NamespaceReadWriteSet(namespace: "a", writes: [Self.write("x")])], state: state)
        }
    }

    @Test func `an answer carries it in field 7 and gives it back`() throws {
        let interest = ChaincodeInterest(touches: [
            .init(chaincode: "a", keyPolicies: [try Self.policy("OR('A.peer')")], disregardsNamespacePolicy: true),
            .init(chaincode: "b", collections: ["c"], hasNoPrivateReads: true, hasNoPublicWrites: true),
        ])
        let response = ProposalResponse(response: ChaincodeResponse(status: 200), payload: [1], endorsement: nil, interest: interest)
        #expect(try ProposalResponse(serialized: response.serialized()).interest == interest)
        // As a stock peer says it of a chaincode without collections.
        let plain = ProposalResponse(
            response: ChaincodeResponse(status: 200), payload: [], endorsement: nil,
            interest: ChaincodeInterest(touches: [.init(chaincode: "kvand")]))
        #expect(plain.serialized().suffix(11) == [0x3A, 9, 0x0A, 7, 0x0A, 5] + Array("kvand".utf8))
        let none = ProposalResponse(response: ChaincodeResponse(status: 200), payload: [], endorsement: nil)
        #expect(try ProposalResponse(serialized: none.serialized()).interest == nil)
    }

    @Test func `a simulation that gave a payload says what it touched`() throws {
        let answer = try TestBench().process(ProposalParts("write", "monday", "rain"))
        #expect(answer.interest == ChaincodeInterest(touches: [.init(chaincode: "diary")]))
        var failing = ProposalParts("answer", "500")
        failing.target = "status"
        #expect(try TestBench().process(failing).interest == ChaincodeInterest(touches: [.init(chaincode: "status")]))
        failing = ProposalParts("answer", "404")
        failing.target = "status"
        #expect(try TestBench().process(failing).interest == nil)
    }
}
