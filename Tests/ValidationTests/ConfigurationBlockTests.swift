import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Validation

/// Blocks that change the configuration: the committee of four in office brings in a committee of three.
struct ConfigurationBlockTests {
    private let channel: TestChannel
    private let change: CommitteeChange

    init() throws {
        self.channel = try TestChannel(committee: 4, verifier: DirectSignatureVerifier())
        let organizations = self.channel.bundle.ordererOrganizations.map {
            GenesisProfile.Organization(groupName: $0.groupName, msp: $0.msp, endpoints: $0.endpoints)
        }
        self.change = try CommitteeChange(
            from: self.channel.bundle, to: Array(self.channel.bundle.consenters.prefix(3)), organizations: organizations)
    }

    private func request(signers: Int) throws -> Envelope {
        let signatures = try self.channel.orderers.prefix(signers).map { try self.change.signature(by: $0, nonce: [1]) }
        let update = ConfigurationUpdate(updateBytes: self.change.updateBytes, signatures: signatures)
        return try update.envelope(channel: "records", sender: self.channel.orderers[0], nonce: [2], timestamp: TestChannel.time)
    }

    private func envelope(_ configEnvelope: [UInt8], isSigned: Bool = true) throws -> [UInt8] {
        let header = ChannelHeader(kind: .config, timestamp: TestChannel.time, channelID: "records", transactionID: "")
        let signer = self.channel.orderers[0]
        let payload = Payload(
            channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: signer.serialized, nonce: [3]).serialized(),
            data: configEnvelope
        ).serialized()
        return Envelope(payload: payload, signature: isSigned ? try signer.sign(payload) : [1]).serialized()
    }

    private func configEnvelope(signers: Int, _ edit: (inout Common_Config) -> Void = { _ in }) throws -> [UInt8] {
        var config = self.change.successor.config
        edit(&config)
        return ConfigurationTransaction.configEnvelope(config, lastUpdate: try self.request(signers: signers))
    }

    private func validate(_ envelopes: [[UInt8]]) async throws -> ValidationOutcome {
        let state = MemoryState()
        return try await BlockValidator(bundle: self.channel.bundle).validate(
            OrderedBlock(number: 7, previousHash: [], envelopes: envelopes), state: state, transactions: state, previousCommitHash: [])
    }

    @Test func `an authorised change is valid, brings the new configuration and is written to the state`() async throws {
        let bytes = try self.configEnvelope(signers: 3)
        let outcome = try await self.validate([self.envelope(bytes)])
        #expect(outcome.block.codes == [.valid])
        #expect(outcome.newBundle?.sequence == 1)
        #expect(outcome.newBundle?.consenters.map(\.id) == [1, 2, 3])
        #expect(outcome.block.updates.map(\.address) == [.key("", ConfigurationState.key)])
        #expect(outcome.block.updates.first?.result?.value == bytes)
    }

    @Test func `a change with too few signatures stops the channel and names the element`() async throws {
        let envelope = try self.envelope(self.configEnvelope(signers: 2))
        do {
            _ = try await self.validate([envelope])
            Issue.record("accepted")
        } catch {
            guard
                case BlockValidationError.configurationRefused(
                    7, .unauthorized(ConfigurationElement(.policy, "/Channel/Orderer/BlockValidation"), "/Channel/Orderer/BlockValidation", _)) =
                    error
            else { throw error }
            #expect("\(error)".hasSuffix("the channel stops before this block"))
        }
    }

    @Test func `a tree that is not the update's stops the channel and names the element`() async throws {
        let batch = ConfigurationElement(.value, "/Channel/Orderer/BatchTimeout")
        let envelope = try self.envelope(
            self.configEnvelope(signers: 3) { $0.channelGroup.groups["Orderer"]?.values["BatchTimeout"]?.modPolicy = "Readers" })
        await #expect(throws: BlockValidationError.configurationRefused(7, .differentResult(batch))) { _ = try await self.validate([envelope]) }
        let skipped = try self.envelope(self.configEnvelope(signers: 3) { $0.sequence = 2 })
        await #expect(throws: BlockValidationError.configurationRefused(7, .outOfSequence(expected: 1, found: 2))) {
            _ = try await self.validate([skipped])
        }
        await #expect(throws: BlockValidationError.self) { _ = try await self.validate([self.envelope([0xFF])]) }
    }

    @Test func `a configuration stands alone in its block`() async throws {
        let envelope = try self.envelope(self.configEnvelope(signers: 3))
        await #expect(throws: BlockValidationError.configurationNotAlone(7)) { _ = try await self.validate([envelope, envelope]) }
    }

    @Test func `a configuration whose creator did not sign is an invalid transaction and changes nothing`() async throws {
        let outcome = try await self.validate([self.envelope(self.configEnvelope(signers: 3), isSigned: false)])
        #expect(outcome.block.codes == [.badCreatorSignature])
        #expect(outcome.newBundle == nil)
        #expect(outcome.block.updates.isEmpty)
    }
}

/// All blocks of a network whose committee changed four times, judged from block 0 on.
@Suite(.enabled(if: SharedData.contains("vectors/fabric-bft/blocks_peer1"), SharedData.reason))
struct CommitteeLedgerTests {
    @Test(arguments: ["blocks_peer1", "blocks_peer2"])
    func `every code and commit hash is the peer's, across all changes of the configuration`(folder: String) async throws {
        var state = MemoryState()
        var bundle: ChannelBundle?
        var (transactions, configurations) = (0, 0)
        for name in SharedData.list("vectors/fabric-bft/\(folder)") where name.hasSuffix(".pb") {
            let stored = try OrderedBlock(serialized: #require(SharedData.read("vectors/fabric-bft/\(folder)/\(name)")))
            let ordered = stored.with(.transactionsFilter, []).with(.commitHash, [])
            guard let current = bundle else {
                let outcome = try BlockValidator.acceptGenesis(ordered)
                state.commit(outcome.block)
                bundle = outcome.newBundle
                continue
            }
            let outcome = try await BlockValidator(bundle: current).validate(
                ordered, state: state, transactions: state, previousCommitHash: state.commitHash)
            #expect(outcome.block.codes == stored.storedCodes, "\(name)")
            #expect(outcome.block.block == stored, "\(name)")
            state.commit(outcome.block)
            transactions += outcome.verdicts.count
            if let new = outcome.newBundle {
                configurations += 1
                bundle = new
            }
        }
        #expect(configurations == 5)
        #expect(transactions >= 55)
    }
}
