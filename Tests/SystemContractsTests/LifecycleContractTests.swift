import Chaincode
import ContractVM
import CryptoPrimitives
import FabricMessages
import LedgerModel
import Testing

@testable import SystemContracts

@Suite struct LifecycleContractTests {
    private static func arguments(_ change: (inout Lifecycle_CommitChaincodeDefinitionArgs) -> Void = { _ in }) -> [UInt8] {
        var arguments = Lifecycle_CommitChaincodeDefinitionArgs()
        arguments.name = "notebook"
        arguments.version = "1.0"
        arguments.sequence = 1
        change(&arguments)
        return arguments.encoded()
    }

    private static let definition = ChaincodeDefinition(
        name: "notebook", version: "1.0", sequence: 1, validationParameter: ChaincodeDefinition.defaultValidationParameter)

    /// A channel of one organisation or more, whose nodes are asked as `organization` says.
    private func channel(_ organizations: [MSPID] = ["Org1MSP"]) -> InMemoryChannel {
        let channel = InMemoryChannel(organizations: organizations)
        channel.installSystem(LifecycleContract(packages: SpecPackages()))
        return channel
    }

    /// Has the organisation of the channel's node approve; the message has the same fields as that of a commit.
    @discardableResult
    private func approve(
        _ channel: InMemoryChannel, _ organization: MSPID = "Org1MSP", package: String = "",
        _ change: (inout Lifecycle_CommitChaincodeDefinitionArgs) -> Void = { _ in }
    ) throws -> InMemoryChannel.Outcome {
        channel.organization = organization
        var arguments = try Lifecycle_ApproveChaincodeDefinitionForMyOrgArgs(serializedBytes: Self.arguments(change))
        if !package.isEmpty { arguments.source.localPackage.packageID = package }
        return try call(channel, "ApproveChaincodeDefinitionForMyOrg", arguments.encoded())
    }

    /// Approves and commits.
    private func define(
        _ channel: InMemoryChannel, _ change: (inout Lifecycle_CommitChaincodeDefinitionArgs) -> Void = { _ in }
    ) throws -> InMemoryChannel.Outcome {
        try approve(channel, "Org1MSP", change)
        return try call(channel, "CommitChaincodeDefinition", Self.arguments(change))
    }

    private func call(_ channel: InMemoryChannel, _ function: String, _ arguments: [UInt8]...) throws -> InMemoryChannel.Outcome {
        try channel.submit("_lifecycle", arguments: [Array(function.utf8)] + arguments, as: InMemoryChannel.client("admin"))
    }

    @Test func `a commit writes the five public entries with the defaults filled in`() throws {
        let channel = channel()
        let outcome = try define(channel)
        #expect(outcome.isCommitted && outcome.response.payload.isEmpty)
        let writes = outcome.result.readWriteSet.namespaces.first { $0.namespace == "_lifecycle" }?.writes ?? []
        let expected = ChaincodeDefinitionFormat.encode(Self.definition)
        #expect(writes.map(\.key) == expected.map(\.key) && writes.count == 5)
        #expect(writes.map(\.value) == expected.map(\.value))
        #expect(try ChaincodeDefinition.read("notebook", from: channel.state) == Self.definition)
    }

    @Test(arguments: [-1, 0, 2, Int64.max])
    func `a commit must have the next sequence`(_ sequence: Int64) throws {
        let outcome = try call(channel(), "CommitChaincodeDefinition", Self.arguments { $0.sequence = sequence })
        #expect(outcome.response.status == 500)
        #expect(outcome.response.message.contains("new definition must be sequence 1"))
    }

    @Test func `the second definition has sequence 2, and only what it changes is written`() throws {
        let channel = channel()
        #expect(try define(channel).isCommitted)
        #expect(try define(channel).response.status == 500)
        let outcome = try define(channel) {
            $0.sequence = 2
            $0.version = "2.0"
        }
        #expect(outcome.isCommitted)
        let writes = outcome.result.readWriteSet.namespaces.first { $0.namespace == "_lifecycle" }?.writes ?? []
        #expect(writes.map(\.key.text) == ["namespaces/fields/notebook/EndorsementInfo", "namespaces/fields/notebook/Sequence"])
        #expect(try ChaincodeDefinition.read("notebook", from: channel.state)?.version == "2.0")
    }

    @Test func `a node whose organisation has not approved refuses, and says what differs`() throws {
        let channel = channel(["Org1MSP", "Org2MSP"])
        let missing = try call(channel, "CommitChaincodeDefinition", Self.arguments())
        #expect(missing.response.status == 500 && missing.response.message.contains("not agreed to by this organization (Org1MSP)"))
        try approve(channel, "Org2MSP")
        channel.organization = "Org1MSP"
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments()).response.status == 500)
        try approve(channel, "Org1MSP")
        let differs = try call(channel, "CommitChaincodeDefinition", Self.arguments { $0.version = "1.1" })
        #expect(differs.response.message.contains("EndorsementInfo"))
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments()).isCommitted)
    }

    @Test func `a node of an organisation without peers on the channel commits nothing`() throws {
        let channel = channel()
        try approve(channel)
        channel.organization = "Org9MSP"
        let outcome = try call(channel, "CommitChaincodeDefinition", Self.arguments())
        #expect(outcome.response.message.hasPrefix("not-a-member: "))
    }

    @Test(arguments: [(-1, "first definable"), (0, "first definable"), (2, "next available"), (.max, "next available")] as [(Int64, String)])
    func `an approval is for the committed sequence or the next`(_ sequence: Int64, _ reason: String) throws {
        let outcome = try approve(channel()) { $0.sequence = sequence }
        #expect(outcome.response.status == 500 && outcome.response.message.contains(reason), "\(outcome.response.message)")
    }

    @Test func `an approval with unchanged content is an error, one with another package or policy is not`() throws {
        let channel = channel()
        #expect(try approve(channel).isCommitted)
        let again = try approve(channel)
        #expect(again.response.message.hasPrefix("unchanged: "))
        let package = try approve(channel, package: "label:00")
        #expect(package.isCommitted)
        // Only the package differs, so only it is written.
        #expect(package.result.readWriteSet.namespaces.first?.collections.first?.writes.count == 1)
        #expect(try approve(channel, package: "label:00") { $0.initRequired = true }.isCommitted)
    }

    @Test func `the committed sequence is approved again only as it was committed`() throws {
        let channel = channel()
        #expect(try define(channel).isCommitted)
        let other = try approve(channel) { $0.version = "1.1" }
        #expect(other.response.message.hasPrefix("other-parameters: ") && other.response.message.contains("EndorsementInfo"))
        #expect(try approve(channel, package: "label:01").isCommitted)
        #expect(try define(channel) { $0.sequence = 2 }.isCommitted)
        let old = try approve(channel)
        #expect(old.response.message.contains("larger than requested sequence 1"))
    }

    @Test func `an approval writes hashes only, and the plaintext hashes to what is written`() throws {
        let channel = channel()
        let result = try approve(channel, package: "secret-label:77").result
        let part = try #require(result.readWriteSet.namespaces.first { $0.namespace == "_lifecycle" })
        #expect(part.writes.isEmpty)
        let collection = try #require(part.collections.first)
        #expect(collection.collection == "_implicit_org_Org1MSP" && collection.writes.count == 6)
        let set = try #require(result.privateWriteSets.first)
        #expect(collection.privateHash == SHA256.hash(set.bytes))
        #expect(!String(decoding: result.action.serialized(), as: UTF8.self).contains("secret-label"))
    }

    @Test func `a node that did not see the approval cannot show or renew it, and says so`() throws {
        let channel = channel()
        try approve(channel)
        channel.privateData.forget("_implicit_org_Org1MSP", in: "_lifecycle")
        #expect(try approve(channel).response.message.hasPrefix("private-data-missing: "))
        // Hashes suffice for the rest.
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments()).isCommitted)
    }

    @Test func `approvals are queried, the newest for sequence 0, and an unknown one is 404`() throws {
        let channel = channel()
        func query(_ sequence: Int64) throws -> ChaincodeResponse {
            var arguments = Lifecycle_QueryApprovedChaincodeDefinitionArgs()
            arguments.name = "notebook"
            arguments.sequence = sequence
            return try call(channel, "QueryApprovedChaincodeDefinition", arguments.encoded()).response
        }
        #expect(try query(0).status == 404)
        #expect(try define(channel).isCommitted)
        try approve(channel, package: "label:02") { $0.sequence = 2 }
        let newest = try Lifecycle_QueryApprovedChaincodeDefinitionResult(serializedBytes: query(0).payload)
        #expect(newest.sequence == 2 && newest.source.localPackage.packageID == "label:02")
        let first = try Lifecycle_QueryApprovedChaincodeDefinitionResult(serializedBytes: query(1).payload)
        #expect(first.sequence == 1 && first.source.type == .unavailable(.init()))
        #expect(try query(3).status == 404)
        let all = try Lifecycle_QueryApprovedChaincodeDefinitionsResult(
            serializedBytes: call(channel, "QueryApprovedChaincodeDefinitions", []).response.payload)
        #expect(all.approvedChaincodeDefinitions.map(\.sequence) == [1, 2])
    }

    @Test(arguments: ["", "-a", "a-", "a--b", "a_-b", "a b", "a/b", "ä", "_lifecycle", "qscc", "a\u{0}", String(repeating: "a", count: 129)])
    func `a bad chaincode name is refused`(_ name: String) throws {
        let outcome = try call(channel(), "CommitChaincodeDefinition", Self.arguments { $0.name = name })
        #expect(outcome.response.status == 500 && outcome.response.message.hasPrefix("invalid-name: "))
    }

    @Test(arguments: ["", "1 0", "1/0", "é"])
    func `a bad version is refused`(_ version: String) throws {
        let outcome = try call(channel(), "CommitChaincodeDefinition", Self.arguments { $0.version = version })
        #expect(outcome.response.status == 500 && outcome.response.message.hasPrefix("invalid-version: "))
    }

    @Test func `good names and versions are taken`() throws {
        for (name, version) in [("a", "1"), ("a-b_c", "1.0+build_2-rc"), ("A1", "v")] {
            let arguments = Self.arguments {
                $0.name = name
                $0.version = version
            }
            let channel = channel()
            #expect(
                try call(channel, "ApproveChaincodeDefinitionForMyOrg", arguments).isCommitted
                    && call(channel, "CommitChaincodeDefinition", arguments).isCommitted)
        }
    }

    private func refusal(_ change: (inout Lifecycle_CommitChaincodeDefinitionArgs) -> Void) throws -> String? {
        let channel = channel()
        let outcome = try approve(channel, "Org1MSP", change)
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments(change)).isCommitted == outcome.isCommitted)
        guard !outcome.isCommitted else { return nil }
        #expect(outcome.response.status == 500)
        return outcome.response.message
    }

    @Test(arguments: [[1], [0xFF, 0xFF], [0x0A, 0x00]] as [[UInt8]])
    func `an endorsement policy that cannot be read is refused before it is committed`(_ policy: [UInt8]) throws {
        let message = try #require(try refusal { $0.validationParameter = policy.data })
        #expect(message.hasPrefix("invalid-policy: the endorsement policy of chaincode notebook cannot be read: "))
    }

    private static func collection(_ change: (inout Protos_StaticCollectionConfig) -> Void) -> Protos_CollectionConfig {
        var collection = Protos_StaticCollectionConfig()
        collection.name = "notes"
        change(&collection)
        var entry = Protos_CollectionConfig()
        entry.staticCollectionConfig = collection
        return entry
    }

    @Test func `collections that cannot be read are refused, and the part that is wrong is named`() throws {
        let cases: [(Protos_CollectionConfig, String)] = [
            (Protos_CollectionConfig(), "collection 2 of chaincode notebook"),
            (
                Self.collection { $0.endorsementPolicy = Protos_ApplicationPolicy() },
                "the endorsement policy of collection notes of chaincode notebook"
            ),
            (
                Self.collection { $0.memberOrgsPolicy = Protos_CollectionPolicyConfig() },
                "the member policy of collection notes of chaincode notebook"
            ),
            (
                Self.collection { $0.memberOrgsPolicy.signaturePolicy = Common_SignaturePolicyEnvelope() },
                "the member policy of collection notes of chaincode notebook"
            ),
        ]
        for (entry, item) in cases {
            let message = try #require(try refusal { $0.collections.config = [Self.collection { _ in }, entry] }, "\(item)")
            #expect(message.hasPrefix("invalid-policy: \(item) cannot be read: "), "\(message)")
        }
        #expect(try refusal { $0.collections.config = [Self.collection { _ in }] } == nil)
    }

    @Test func `collections have one name each, possible numbers of peers, and are kept by the next definition`() throws {
        let twice = try #require(try refusal { $0.collections.config = [Self.collection { _ in }, Self.collection { _ in }] })
        #expect(twice.hasPrefix("invalid-collection: ") && twice.contains("appears twice"))
        let peers = try #require(try refusal { $0.collections.config = [Self.collection { $0.requiredPeerCount = 1 }] })
        #expect(peers.contains("1 to 0 peers"))
        #expect(try #require(try refusal { $0.collections.config = [Self.collection { $0.name = "-x" }] }).hasPrefix("invalid-collection: "))
        let channel = channel()
        #expect(try define(channel) { $0.collections.config = [Self.collection { $0.blockToLive = 5 }] }.isCommitted)
        let dropped = try approve(channel) { $0.sequence = 2 }
        #expect(dropped.response.message.contains("missing in the new one"))
        let shorter = try approve(channel) {
            $0.sequence = 2
            $0.collections.config = [Self.collection { $0.blockToLive = 4 }]
        }
        #expect(shorter.response.message.contains("for 5 blocks"))
    }

    @Test func `anything but two arguments, an unreadable message and an unknown function are errors of status 500`() throws {
        let channel = channel()
        #expect(try call(channel, "CommitChaincodeDefinition").response.message.contains("exactly two arguments"))
        #expect(try call(channel, "CommitChaincodeDefinition", [], []).response.status == 500)
        #expect(try call(channel, "CommitChaincodeDefinition", [0xFF, 0xFF]).response.message.hasPrefix("invalid-arguments: "))
        #expect(try call(channel, "InstallChaincode", []).response.message.hasPrefix("invalid-package: "))
        #expect(try call(channel, "Approve", []).response.message.hasPrefix("unknown-function: "))
        #expect(try call(channel, "QueryChaincodeDefinitions", Array(repeating: 0, count: 1 << 20 + 1)).response.status == 500)
    }

    @Test func `the lifecycle runs as a contract of the node only, not under a definition of its own`() throws {
        let channel = InMemoryChannel()
        channel.install(LifecycleContract(), as: "impostor")
        let outcome = try channel.submit(
            "impostor", arguments: [Array("ApproveChaincodeDefinitionForMyOrg".utf8), Self.arguments()], as: InMemoryChannel.client("admin"))
        #expect(outcome.response.message.hasPrefix("host-unsuitable: "))
    }

    @Test func `readiness is answered for every organisation from the hashes on the ledger`() throws {
        let channel = channel(["Org1MSP", "Org2MSP", "Org3MSP"])
        func readiness(_ arguments: [UInt8]) throws -> Lifecycle_CheckCommitReadinessResult {
            try Lifecycle_CheckCommitReadinessResult(
                serializedBytes: try call(channel, "CheckCommitReadiness", arguments).response.payload)
        }
        #expect(try readiness(Self.arguments()).approvals == ["Org1MSP": false, "Org2MSP": false, "Org3MSP": false])
        try approve(channel, "Org2MSP")
        try approve(channel, "Org3MSP") { $0.initRequired = true }
        channel.organization = "Org1MSP"
        let ready = try readiness(Self.arguments())
        #expect(ready.approvals == ["Org1MSP": false, "Org2MSP": true, "Org3MSP": false])
        #expect(ready.mismatches.mapValues(\.items) == ["Org3MSP": ["EndorsementInfo"]])
        let other = try readiness(Self.arguments { $0.validationParameter = ChaincodeDefinition.defaultValidationParameter.data + [0x50, 1] })
        #expect(other.mismatches["Org2MSP"]?.items == ["ValidationInfo"])
        #expect(try call(channel, "CheckCommitReadiness", Self.arguments { $0.sequence = 3 }).response.status == 500)
    }

    @Test func `definitions can be queried, one or all, and an undefined one is 404`() throws {
        let channel = channel()
        var query = Lifecycle_QueryChaincodeDefinitionArgs()
        query.name = "notebook"
        #expect(try call(channel, "QueryChaincodeDefinition", query.encoded()).response.status == 404)
        #expect(try define(channel).isCommitted)
        #expect(try define(channel) { $0.name = "album" }.isCommitted)
        let one = try Lifecycle_QueryChaincodeDefinitionResult(
            serializedBytes: call(channel, "QueryChaincodeDefinition", query.encoded()).response.payload)
        #expect(one.sequence == 1 && one.version == "1.0" && one.endorsementPlugin == "escc" && one.validationPlugin == "vscc")
        #expect(one.approvals == ["Org1MSP": true] && one.collections.config.isEmpty)
        let all = try Lifecycle_QueryChaincodeDefinitionsResult(
            serializedBytes: call(channel, "QueryChaincodeDefinitions", []).response.payload)
        #expect(all.chaincodeDefinitions.map(\.name) == ["album", "notebook"])
    }
}
