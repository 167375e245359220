import Chaincode
import ContractVM
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

    private func channel(_ approvals: any ApprovalReading = ApproveAll(organization: "Org1MSP")) -> InMemoryChannel {
        let channel = InMemoryChannel()
        channel.installSystem(LifecycleContract(approvals: approvals))
        return channel
    }

    private func call(_ channel: InMemoryChannel, _ function: String, _ arguments: [UInt8]...) throws -> InMemoryChannel.Outcome {
        try channel.submit("_lifecycle", arguments: [Array(function.utf8)] + arguments, as: InMemoryChannel.client("admin"))
    }

    @Test func `a commit writes the five public entries with the defaults filled in`() throws {
        let channel = channel()
        let outcome = try call(channel, "CommitChaincodeDefinition", Self.arguments())
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

    @Test func `the second definition has sequence 2`() throws {
        let channel = channel()
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments()).isCommitted)
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments()).response.status == 500)
        let outcome = try call(
            channel, "CommitChaincodeDefinition",
            Self.arguments {
                $0.sequence = 2
                $0.version = "2.0"
            })
        #expect(outcome.isCommitted)
        #expect(try ChaincodeDefinition.read("notebook", from: channel.state)?.version == "2.0")
    }

    @Test func `a node whose organisation has not approved refuses, and says what differs`() throws {
        let approvals = LocalApprovals(organization: "Org1MSP")
        let channel = channel(approvals)
        let missing = try call(channel, "CommitChaincodeDefinition", Self.arguments())
        #expect(missing.response.status == 500 && missing.response.message.contains("not agreed to by this organization (Org1MSP)"))
        approvals.approve(Self.definition, channel: "otherchannel")
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments()).response.status == 500)
        approvals.approve(Self.definition, channel: "testchannel")
        let differs = try call(channel, "CommitChaincodeDefinition", Self.arguments { $0.version = "1.1" })
        #expect(differs.response.message.contains("EndorsementInfo"))
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments()).isCommitted)
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
            #expect(try call(channel(), "CommitChaincodeDefinition", arguments).isCommitted)
        }
    }

    @Test func `anything but two arguments, an unreadable message and an unknown function are errors of status 500`() throws {
        let channel = channel()
        #expect(try call(channel, "CommitChaincodeDefinition").response.message.contains("exactly two arguments"))
        #expect(try call(channel, "CommitChaincodeDefinition", [], []).response.status == 500)
        #expect(try call(channel, "CommitChaincodeDefinition", [0xFF, 0xFF]).response.message.hasPrefix("invalid-arguments: "))
        #expect(try call(channel, "InstallChaincode", []).response.status == 500)
        #expect(try call(channel, "QueryChaincodeDefinitions", Array(repeating: 0, count: 1 << 20 + 1)).response.status == 500)
    }

    @Test func `approval is refused as a transaction and said to be local`() throws {
        let outcome = try call(channel(), "ApproveChaincodeDefinitionForMyOrg", Self.arguments())
        #expect(outcome.response.status == 500 && outcome.response.message.contains("local operation"))
    }

    @Test func `readiness is answered from the approvals of the node`() throws {
        let approvals = LocalApprovals(organization: "Org1MSP")
        let channel = channel(approvals)
        func readiness(_ arguments: [UInt8]) throws -> Lifecycle_CheckCommitReadinessResult {
            try Lifecycle_CheckCommitReadinessResult(
                serializedBytes: try call(channel, "CheckCommitReadiness", arguments).response.payload)
        }
        #expect(try readiness(Self.arguments()).approvals == ["Org1MSP": false])
        approvals.approve(Self.definition, channel: "testchannel")
        #expect(try readiness(Self.arguments()).approvals == ["Org1MSP": true])
        let other = try readiness(Self.arguments { $0.validationParameter = [1].data })
        #expect(other.approvals == ["Org1MSP": false] && other.mismatches["Org1MSP"]?.items == ["ValidationInfo"])
        #expect(try call(channel, "CheckCommitReadiness", Self.arguments { $0.sequence = 3 }).response.status == 500)
    }

    @Test func `definitions can be queried, one or all, and an undefined one is 404`() throws {
        let channel = channel()
        var query = Lifecycle_QueryChaincodeDefinitionArgs()
        query.name = "notebook"
        #expect(try call(channel, "QueryChaincodeDefinition", query.encoded()).response.status == 404)
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments()).isCommitted)
        #expect(try call(channel, "CommitChaincodeDefinition", Self.arguments { $0.name = "album" }).isCommitted)
        let one = try Lifecycle_QueryChaincodeDefinitionResult(
            serializedBytes: call(channel, "QueryChaincodeDefinition", query.encoded()).response.payload)
        #expect(one.sequence == 1 && one.version == "1.0" && one.endorsementPlugin == "escc" && one.validationPlugin == "vscc")
        #expect(one.approvals == ["Org1MSP": true] && !one.hasCollections)
        let all = try Lifecycle_QueryChaincodeDefinitionsResult(
            serializedBytes: call(channel, "QueryChaincodeDefinitions", []).response.payload)
        #expect(all.chaincodeDefinitions.map(\.name) == ["album", "notebook"])
    }
}
