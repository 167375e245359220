import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel
import Testing

@testable import Node
@testable import Ordering

/// Configurations that clients asked for, as whoever has nothing but the blocks judges them.
@Suite struct ReplayUpdateTests {
    private let world: ElectedCommitteeWorld
    private let bundle: ChannelBundle

    init() throws {
        self.world = try ElectedCommitteeWorld.shared.get()
        self.bundle = try ChannelBundle(block: self.world.genesis)
    }

    private func request(signers: Int) throws -> Envelope {
        var config = self.bundle.config
        var timeout = Orderer_BatchTimeout()
        timeout.timeout = "3s"
        config.channelGroup.groups["Orderer"]?.values["BatchTimeout"]?.value = timeout.encoded().data
        var update = try ConfigurationUpdate.compute(from: self.bundle.config, to: config, channelID: "records")
        for administrator in self.world.administrators.prefix(signers) { try update.sign(by: administrator, nonce: [1]) }
        return try update.envelope(channel: "records", sender: self.world.client, nonce: [2], timestamp: self.world.environment.now())
    }

    /// Block 1 with a configuration, signed by three of four members, who need not have looked at it.
    private func block(_ config: Common_Config, request: Envelope) throws -> OrderedBlock {
        let chain = self.world.genesis.headerHash
        let header = ChannelHeader(kind: .config, timestamp: self.world.environment.now(), channelID: "records", transactionID: "")
        let payload = Payload(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: self.world.nodes[0].serialized, nonce: [3]).serialized(),
            data: ConfigurationTransaction.configEnvelope(config, lastUpdate: request)
        ).serialized()
        let envelope = CommitteeBlocks.checked(
            Envelope(payload: payload, signature: try self.world.nodes[0].sign(payload)), isConfiguration: true)
        let blocks = try CommitteeBlocks(genesis: self.bundle, chain: chain)
        let candidate = try blocks.candidate(
            [envelope], after: ChainPosition(genesis: self.world.genesis), parentCertificate: [], proposer: 1, now: self.world.environment.now())
        let choice = VoteChoice.precommit(candidate.id, lastConfig: candidate.form.lastConfig)
        let entries = try (1...3).map { number in
            let vote = Vote(height: 1, round: 0, kind: .precommit, choice: choice, signer: UInt32(number))
            let bytes = try #require(SignRequest.vote(vote, form: candidate.form).signedBytes(chain: chain, epoch: 0))
            return CommitCertificate.Entry(consenter: UInt32(number), signature: try self.world.nodes[number - 1].sign(bytes))
        }
        return try blocks.block(
            candidate, commit: VoteCertificate(height: 1, round: 0, kind: .precommit, choice: choice, form: candidate.form, entries: entries))
    }

    @Test func `an authorised update is followed, and told as one that leaves the committee as it is`() throws {
        let request = try self.request(signers: 3)
        let block = try self.block(ConfigurationTransaction(request: request, to: self.bundle).bundle.config, request: request)
        var replay = try GovernanceReplay(genesis: self.world.genesis)
        try replay.take(block)
        #expect(replay.changes.isEmpty)
        #expect(replay.updates.map(\.sequence) == [1])
        #expect(replay.plane.bundle.batch.timeoutMilliseconds == 3_000)
    }

    @Test func `a configuration that a quorum has signed and nobody has authorised is refused`() throws {
        let right = try self.request(signers: 3)
        var config = try ConfigurationTransaction(request: right, to: self.bundle).bundle.config
        func refusal(_ block: OrderedBlock) throws -> String {
            var replay = try GovernanceReplay(genesis: self.world.genesis)
            do throws(GovernanceReplayError) {
                try replay.take(block)
                return "taken"
            } catch {
                #expect(replay.height == 0)
                return error.description
            }
        }
        let weak = try refusal(self.block(config, request: self.request(signers: 2)))
        #expect(weak.contains("value /Channel/Orderer/BatchTimeout is guarded by /Channel/Orderer/Admins"), "\(weak)")
        config.channelGroup.groups["Orderer"]?.values["BatchTimeout"]?.modPolicy = "Readers"
        let other = try refusal(self.block(config, request: right))
        #expect(other.contains("value /Channel/Orderer/BatchTimeout is not what the update leads to"), "\(other)")
    }
}
