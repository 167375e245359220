import Chaincode
import ContractVM
import CryptoPrimitives
import FabricMessages
import LedgerModel
import TestSupport
import Testing

@testable import SystemContracts

/// Lifecycle transactions that stock Fabric peers endorsed, run again by our contract: all bytes that peers sign must be theirs.
@Suite(.enabled(if: SharedData.contains("vectors/fabric/blocks"), SharedData.reason))
struct LifecycleVectorTests {
    /// A lifecycle transaction of the ledger, and the organisations whose peers endorsed it.
    private struct Recorded {
        let invocation: Invocation
        let payload: ProposalResponsePayload
        let proposalHash: [UInt8]
        let organizations: [MSPID]
    }

    /// The ledger up to some block, with the private data that our own runs of the transactions gave.
    private struct Replay {
        var state = InMemoryState()
        var privateData = InMemoryPrivateData()
        var commitHash: [UInt8] = []

        mutating func apply(_ block: OrderedBlock) throws {
            let codes = try #require(block.storedCodes)
            let validated = try BlockEffects.derive(from: block, codes: codes, state: self.state, previousCommitHash: self.commitHash)
            self.commitHash = validated.commitHash
            self.state.apply(validated.updates)
        }

        func node(_ organization: MSPID) -> NodeView {
            NodeView(organization: organization, channel: "labch", applicationOrganizations: ["Org1MSP", "Org2MSP"], privateData: self.privateData)
        }
    }

    private static func block(_ number: Int) throws -> OrderedBlock {
        let digits = String(number)
        let name = "vectors/fabric/blocks/block_" + String(repeating: "0", count: 3 - digits.count) + digits + ".pb"
        return try OrderedBlock(serialized: try #require(SharedData.read(name)))
    }

    private static func recorded(_ envelope: [UInt8]) throws -> Recorded? {
        guard let payload = try? Payload(serialized: Envelope(serialized: envelope).payload),
            let header = try? ChannelHeader(serialized: payload.channelHeaderBytes), header.kind == .endorserTransaction,
            let signer = try? SignatureHeader(serialized: payload.signatureHeaderBytes),
            let transaction = try? EndorserTransaction(serialized: payload.data),
            let call = try? ProposalPayload(serialized: transaction.proposalPayloadBytes).invocation(), call.chaincode == "_lifecycle"
        else { return nil }
        let caller = Caller(
            mspID: "", commonName: "", organizationalUnits: [], role: .admin, certificateFingerprint: [], serializedIdentity: signer.creator)
        return Recorded(
            invocation: Invocation(
                channel: header.channelID, transaction: header.transactionID, chaincode: call.chaincode, arguments: call.arguments, caller: caller,
                timestamp: try #require(header.timestamp)),
            payload: try ProposalResponsePayload(serialized: transaction.responsePayloadBytes),
            proposalHash: Formulas.proposalHash(
                channelHeader: payload.channelHeaderBytes, signatureHeader: transaction.signatureHeaderBytes,
                payload: transaction.proposalPayloadBytes),
            organizations: try transaction.endorsements.map { try SerializedIdentity(serialized: $0.endorser).mspID })
    }

    /// Runs every lifecycle transaction on every peer that endorsed it, block by block, and hands each result out before its block is applied.
    private static func replay(_ check: (Int, Recorded, InvocationResult) throws -> Void) throws -> Replay {
        let machine = ContractMachine(catalogue: SystemContracts.catalogue(contracts: []), now: { 0 })
        var replay = Replay()
        for number in 0..<74 {
            let block = try Self.block(number)
            var writes: [(StateVersion, PrivateWriteSet)] = []
            for (index, envelope) in block.envelopes.enumerated() {
                guard let recorded = try Self.recorded(envelope), block.storedCodes?[index] == .valid else { continue }
                for organization in recorded.organizations {
                    let result = try machine.invoke(recorded.invocation, state: replay.state, node: replay.node(organization))
                    try check(number, recorded, result)
                    let version = StateVersion(block: UInt64(number), transaction: UInt64(index))
                    for set in result.privateWriteSets { writes.append((version, set)) }
                }
            }
            try replay.apply(block)
            for (version, set) in writes { try replay.privateData.apply(set, version: version) }
        }
        return replay
    }

    @Test func `approvals, commits and the upgrade have the peers' read-write sets, and everything they signed, byte for byte`() throws {
        var functions: [String] = []
        _ = try Self.replay { number, recorded, result in
            let function = String(decoding: recorded.invocation.arguments[0], as: UTF8.self)
            functions.append("\(number) \(function)")
            let theirs = try ChaincodeAction(serialized: recorded.payload.actionBytes)
            #expect(result.response.status == 200, "\(number) \(result.response.message)")
            #expect(result.readWriteSet == (try ReadWriteSet(serialized: theirs.results)), "block \(number)")
            #expect(result.readWriteSet.serialized() == theirs.results, "block \(number)")
            #expect(result.action.serialized() == recorded.payload.actionBytes, "block \(number)")
            let payload = ProposalResponsePayload(proposalHash: recorded.proposalHash, actionBytes: result.action.serialized())
            #expect(payload.serialized() == recorded.payload.serialized(), "block \(number)")
        }
        let approve = "ApproveChaincodeDefinitionForMyOrg"
        let commit = "CommitChaincodeDefinition"
        #expect(
            functions == [
                "1 \(approve)", "2 \(approve)", "3 \(commit)", "3 \(commit)", "4 \(approve)", "5 \(approve)", "6 \(commit)", "6 \(commit)",
                "65 \(approve)", "66 \(approve)", "67 \(commit)", "67 \(commit)",
            ])
    }

    @Test func `the private plaintexts of approvals name the package whose id the peer computed`() throws {
        let replay = try Self.replay { _, _, _ in }
        let id = String(decoding: try #require(SharedData.read("vectors/fabric/package_id.txt")), as: UTF8.self).split(separator: "\n")[0]
        for organization in ["Org1MSP", "Org2MSP"] {
            for place in ["kvand#1", "kvor#1", "kvor#2"] {
                let value = try #require(
                    try replay.privateData.privateValue(
                        of: StateKey("chaincode-sources/fields/\(place)/PackageID"), collection: CollectionName("_implicit_org_\(organization)"),
                        in: "_lifecycle"))
                #expect(try Lifecycle_StateData(serializedBytes: value.value).string == String(id), "\(organization) \(place)")
            }
        }
    }

    private static func ask(_ replay: Replay, _ function: String, _ arguments: [UInt8]) throws -> InvocationResult {
        let packages = SpecPackages()
        try packages.keep(try ChaincodePackage(try #require(SharedData.read("vectors/fabric/labcc_ccaas_package.tar.gz"))))
        let machine = ContractMachine(catalogue: SystemContracts.catalogue(contracts: [], packages: packages), now: { 0 })
        let invocation = Invocation(
            channel: "labch", transaction: "t", chaincode: "_lifecycle", arguments: [Array(function.utf8), arguments],
            caller: InMemoryChannel.client("admin"), timestamp: Timestamp(seconds: 0))
        return try machine.invoke(invocation, state: replay.state, node: replay.node("Org1MSP"))
    }

    @Test func `queries give what the peer answered about definitions, approvals and packages`() throws {
        let replay = try Self.replay { _, _, _ in }
        let committed = try Lifecycle_QueryChaincodeDefinitionsResult(
            serializedBytes: try Self.ask(replay, "QueryChaincodeDefinitions", []).response.payload)
        #expect(committed.chaincodeDefinitions.map { "\($0.name) \($0.sequence) \($0.version)" } == ["kvand 1 1.0", "kvor 2 2.0"])
        #expect(committed.chaincodeDefinitions[0].collections.config.count == 1)
        #expect(committed.chaincodeDefinitions.allSatisfy { $0.endorsementPlugin == "escc" && $0.validationPlugin == "vscc" && $0.hasCollections })
        let policy = try #require(Base64.decode("CiwSDBIKCAISAggAEgIIARoNEgsKB09yZzFNU1AQAxoNEgsKB09yZzJNU1AQAw=="))
        #expect(committed.chaincodeDefinitions.allSatisfy { $0.validationParameter.byteArray == policy })

        let installed = try Lifecycle_QueryInstalledChaincodesResult(
            serializedBytes: try Self.ask(replay, "QueryInstalledChaincodes", []).response.payload)
        let package = try #require(installed.installedChaincodes.first)
        #expect(installed.installedChaincodes.count == 1)
        #expect(package.packageID == "labcc_1.0:073558592fe7952016abc735a2bf45befd331334674890078c14dd43a231db0a")
        #expect(package.label == "labcc_1.0")
        #expect(package.references.keys.sorted() == ["labch"])
        #expect(package.references["labch"]?.chaincodes.map { "\($0.name) \($0.version)" } == ["kvand 1.0", "kvor 2.0"])

        var arguments = Lifecycle_QueryApprovedChaincodeDefinitionArgs()
        arguments.name = "kvor"
        let approved = try Lifecycle_QueryApprovedChaincodeDefinitionResult(
            serializedBytes: try Self.ask(replay, "QueryApprovedChaincodeDefinition", arguments.encoded()).response.payload)
        #expect(approved.sequence == 2 && approved.version == "2.0" && approved.source.localPackage.packageID == package.packageID)
        let all = try Lifecycle_QueryApprovedChaincodeDefinitionsResult(
            serializedBytes: try Self.ask(replay, "QueryApprovedChaincodeDefinitions", []).response.payload)
        #expect(all.approvedChaincodeDefinitions.map { "\($0.name) \($0.sequence)" } == ["kvand 1", "kvor 1", "kvor 2"])

        var query = Lifecycle_QueryChaincodeDefinitionArgs()
        query.name = "kvor"
        let one = try Lifecycle_QueryChaincodeDefinitionResult(
            serializedBytes: try Self.ask(replay, "QueryChaincodeDefinition", query.encoded()).response.payload)
        #expect(one.approvals == ["Org1MSP": true, "Org2MSP": true])
    }
}
