import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import LedgerModel
import Testing

@testable import Validation

/// Which namespaces are judged, and by whose policy (interop 8.1 point 6, 8.2).
@Suite struct NamespacePolicyTests {
    private typealias Bench = RuleBench

    private var bench: RuleBench

    init() throws {
        self.bench = try RuleBench()
    }

    /// One write of every kind.
    private static func writes(_ namespace: Namespace) -> [(String, NamespaceReadWriteSet)] {
        [
            ("put", Bench.put(namespace, "k")), ("delete", Bench.delete(namespace, "k")), ("metadata", Bench.metadata(namespace, "k", [])),
            ("hashed", Bench.hashedWrite(namespace, "_implicit_org_Org1MSP")),
            ("hashed metadata", Bench.hashedMetadata(namespace, "_implicit_org_Org1MSP", [])),
        ]
    }

    @Test func `a write of any kind has its namespace judged, a read of any kind does not`() async throws {
        for (kind, write) in Self.writes("x") {
            #expect(try await self.bench.code([write]) == .invalidChaincode, "\(kind)")
        }
        let hashedRead = CollectionReadWriteSet(collection: "c", reads: [.init(keyHash: [1], version: nil)])
        let reads = NamespaceReadWriteSet(
            namespace: "x", reads: [KeyRead(key: "k", version: nil)],
            rangeQueries: [RangeQuery(start: "a", end: "b", isExhausted: true, results: .raw([]))], collections: [hashedRead])
        #expect(try await self.bench.code([reads]) == .valid)
        for name: Namespace in ["lscc", "qscc", "cscc", "", "undefined"] {
            #expect(try await self.bench.code([Bench.put(name, "k")]) == .invalidChaincode)
        }
    }

    @Test func `every written namespace is judged by its own policy, the invoked one first`() async throws {
        // `b` is content with one, `a` is not.
        #expect(try await self.bench.code([Bench.put("a", "k"), Bench.put("b", "k")], of: "b", endorsers: [0]) == .endorsementPolicyFailure)
        #expect(try await self.bench.code([Bench.put("a", "k"), Bench.put("b", "k")], of: "b") == .valid)
        #expect(try await self.bench.code([NamespaceReadWriteSet(namespace: "a"), Bench.put("b", "k")], of: "b", endorsers: [0]) == .valid)
        // The invoked one counts though it writes nothing, and before one without a definition.
        #expect(try await self.bench.code([Bench.put("b", "k")], of: "a", endorsers: [0]) == .endorsementPolicyFailure)
        #expect(try await self.bench.code([Bench.put("x", "k")], of: "a", endorsers: [0]) == .endorsementPolicyFailure)
        #expect(try await self.bench.code([Bench.put("x", "k"), Bench.put("a", "k")], of: "b", endorsers: [0]) == .invalidChaincode)
    }

    @Test func `what was endorsed counts, not how the contract ended, and bad endorsements beside good ones do no harm`() async throws {
        let write = [Bench.put("a", "k")]
        #expect(try await self.bench.code(write) { $0.action = { $0.response = ChaincodeResponse(status: 500, message: "no") } } == .valid)
        #expect(try await self.bench.code(write) { $0.action = { $0.chaincodeVersion = "77" } } == .valid)
        let peer = self.bench.channel.peers[1].serialized
        for garbage in [
            Endorsement(endorser: [1, 2, 3], signature: [1]), Endorsement(endorser: peer, signature: [2]), Endorsement(endorser: [], signature: []),
        ] {
            #expect(try await self.bench.code(write) { $0.moreEndorsements = [garbage] } == .valid)
            #expect(try await self.bench.code(write, endorsers: [0]) { $0.moreEndorsements = [garbage] } == .endorsementPolicyFailure)
        }
        // A client is no peer, and nobody counts twice.
        let client = Endorsement(endorser: self.bench.channel.client.serialized, signature: ToyVerifier.good)
        #expect(try await self.bench.code(write, endorsers: [1]) { $0.moreEndorsements = [client] } == .endorsementPolicyFailure)
        #expect(try await self.bench.code(write, endorsers: [0, 0]) == .endorsementPolicyFailure)
        // Who may write at all is the orderer's affair: a peer or an orderer may be the creator.
        let (peers, orderers) = (self.bench.channel.peers, self.bench.channel.orderers)
        for creator in [peers[0].serialized, orderers[0].serialized] {
            #expect(try await self.bench.code(write) { $0.creator = creator } == .valid)
        }
    }

    @Test func `a definition without a policy is none, one that cannot be read is met by nobody`() async throws {
        var bench = self.bench
        bench.define(ChaincodeDefinition(name: "none", version: "1", sequence: 1, validationParameter: []))
        bench.define(ChaincodeDefinition(name: "garbage", version: "1", sequence: 1, validationParameter: [0xFF]))
        bench.define(ChaincodeDefinition(name: "untyped", version: "1", sequence: 1, validationParameter: [0x1A, 0]))
        let missing = EndorsementPolicy.reference("/Channel/Application/NoSuchPolicy").serialized()
        bench.define(ChaincodeDefinition(name: "missing", version: "1", sequence: 1, validationParameter: missing))
        let parameter = try Bench.parameter("OR('Org1MSP.peer')")
        bench.define(ChaincodeDefinition(name: "plugin", version: "1", sequence: 1, validationParameter: parameter, validationPlugin: "other"))
        let channel = ChaincodeDefinition.defaultValidationParameter
        bench.define(ChaincodeDefinition(name: "channel", version: "1", sequence: 1, validationParameter: channel))
        for (name, expected) in [
            ("none", .invalidChaincode), ("garbage", .endorsementPolicyFailure), ("untyped", .endorsementPolicyFailure),
            ("missing", .endorsementPolicyFailure), ("plugin", .invalidChaincode), ("channel", .valid),
        ] as [(Namespace, ValidationCode)] {
            #expect(try await bench.code([Bench.put(name, "k")], of: name) == expected, "\(name)")
        }
        #expect(try await bench.code([Bench.put("channel", "k")], of: "channel", endorsers: [1]) == .endorsementPolicyFailure)
    }

    @Test func `a collection's policy stands for its keys alone, and one that cannot be read is met by nobody`() async throws {
        var bench = self.bench
        var package = try Protos_CollectionConfigPackage.decode(
            Bench.collections([("own", "OR('Org2MSP.peer')"), ("plain", ""), ("broken", "OR('Org2MSP.peer')")]), as: "collections")
        package.config[2].staticCollectionConfig.endorsementPolicy.signaturePolicy.version = 7
        bench.define(
            ChaincodeDefinition(
                name: "c", version: "1", sequence: 1, validationParameter: try Bench.parameter("OR('Org1MSP.peer')"),
                collections: package.encoded()))
        func code(_ collections: [CollectionName], public keys: [StateKey] = [], metadata: Bool = false, _ endorsers: [Int]) async throws
            -> ValidationCode
        {
            var part = NamespaceReadWriteSet(namespace: "c", writes: keys.map { KeyWrite(key: $0, isDelete: false, value: [1]) })
            for collection in collections {
                part.collections += (metadata ? Bench.hashedMetadata("c", collection, []) : Bench.hashedWrite("c", collection)).collections
            }
            return try await bench.code([part], of: "c", endorsers: endorsers)
        }
        for metadata in [false, true] {
            #expect(try await code(["own"], metadata: metadata, [1]) == .valid)
            #expect(try await code(["own"], metadata: metadata, [0]) == .endorsementPolicyFailure)
            #expect(try await code(["plain"], metadata: metadata, [0]) == .valid)
            #expect(try await code(["plain"], metadata: metadata, [1]) == .endorsementPolicyFailure)
            #expect(try await code(["own", "plain"], metadata: metadata, [1]) == .endorsementPolicyFailure)
            #expect(try await code(["own", "plain"], metadata: metadata, [0, 1]) == .valid)
            #expect(try await code(["broken"], metadata: metadata, [0, 1]) == .endorsementPolicyFailure)
            #expect(try await code(["none"], metadata: metadata, [0, 1]) == .endorsementPolicyFailure)
        }
        // A public key beside it asks for the namespace's policy too; a broken collection harms only those who write it.
        #expect(try await code(["own"], public: ["k"], [1]) == .endorsementPolicyFailure)
        #expect(try await code(["own"], public: ["k"], [0, 1]) == .valid)
        #expect(try await code([], public: ["k"], [0]) == .valid)
    }

    @Test func `an implicit collection asks its organisation, by its policy or else by any member`() async throws {
        for member in [false, true] {
            var bench = self.bench
            if member { bench.bundle = try self.bundle { $0.groups["Org1MSP"]?.policies["Endorsement"] = nil } }
            for write in [Bench.hashedWrite("a", "_implicit_org_Org1MSP"), Bench.hashedMetadata("a", "_implicit_org_Org1MSP", [])] {
                #expect(try await bench.code([write], endorsers: [0]) == .valid)
                #expect(try await bench.code([write], endorsers: [1]) == .endorsementPolicyFailure)
            }
            // A client is a member, but no peer.
            let client = Endorsement(endorser: bench.channel.client.serialized, signature: ToyVerifier.good)
            let code = try await bench.code([Bench.hashedWrite("a", "_implicit_org_Org1MSP")], endorsers: []) { $0.moreEndorsements = [client] }
            #expect(code == (member ? .valid : .endorsementPolicyFailure))
        }
    }

    @Test func `definitions are written as LifecycleEndorsement says, and without it by a strict majority of organisations`() async throws {
        let write = Bench.put("_lifecycle", "namespaces/fields/x/Sequence")
        let client = Endorsement(endorser: self.bench.channel.client.serialized, signature: ToyVerifier.good)
        for isFallback in [false, true] {
            var bench = self.bench
            if isFallback { bench.bundle = try self.bundle { $0.policies["LifecycleEndorsement"] = nil } }
            for invoked: Namespace in ["_lifecycle", "b"] {
                #expect(try await bench.code([write], of: invoked) == .valid)
                // One of two is no majority.
                #expect(try await bench.code([write], of: invoked, endorsers: [0]) == .endorsementPolicyFailure)
                #expect(try await bench.code([write], of: invoked, endorsers: [0, 0]) == .endorsementPolicyFailure)
            }
            // The fallback asks for members, the policy for peers.
            let code = try await bench.code([write], of: "_lifecycle", endorsers: [1]) { $0.moreEndorsements = [client] }
            #expect(code == (isFallback ? .valid : .endorsementPolicyFailure))
            // It has no collections but the implicit ones.
            #expect(try await bench.code([Bench.hashedWrite("_lifecycle", "own")], of: "_lifecycle") == .endorsementPolicyFailure)
            #expect(try await bench.code([Bench.hashedWrite("_lifecycle", "_implicit_org_Org2MSP")], of: "_lifecycle", endorsers: [1]) == .valid)
        }
    }

    /// The channel with another application group.
    private func bundle(_ change: (inout Common_ConfigGroup) -> Void) throws -> ChannelBundle {
        let genesis = self.bench.channel.genesis
        let envelope = try Envelope(serialized: genesis.envelopes[0])
        let payload = try Payload(serialized: envelope.payload)
        var content = try Common_ConfigEnvelope.decode(payload.data, as: "configuration")
        change(&content.config.channelGroup.groups["Application", default: Common_ConfigGroup()])
        let changed = Payload(
            channelHeaderBytes: payload.channelHeaderBytes, signatureHeaderBytes: payload.signatureHeaderBytes, data: content.encoded())
        let block = OrderedBlock(
            number: 0, previousHash: [], envelopes: [Envelope(payload: changed.serialized(), signature: envelope.signature).serialized()])
        return try ChannelBundle(block: block, verifier: ToyVerifier())
    }
}
