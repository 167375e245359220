import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import LedgerModel
import Testing

@testable import Identity
@testable import Validation

/// A certificate that a configuration revokes is worth nothing from the next block on, whatever was remembered of it.
struct RevocationTests {
    private let channel: TestChannel

    init() throws {
        self.channel = try TestChannel()
    }

    /// A configuration block whose update adds a revocation list to Org1MSP, signed by its administrator.
    private func block(revoking serials: [[UInt8]], signer: [UInt8]? = nil) throws -> OrderedBlock {
        let list = try CertificateIssuing.revocationList(
            revoked: serials, authority: self.channel.authority.root, authorityKey: SigningKey(pem: self.channel.authority.keyPEMs.identities),
            number: 1, thisUpdate: TestChannel.time.seconds, nextUpdate: TestChannel.time.seconds + 86_400)
        var config = self.channel.bundle.config
        var msp = self.channel.authority.mspConfiguration()
        msp.revocationLists = [list.der]
        config.channelGroup.groups["Application"]?.groups["Org1MSP"]?.values["MSP"]?.value = msp.message().encoded().data
        var update = try ConfigurationUpdate.compute(from: self.channel.bundle.config, to: config, channelID: "records")
        let header = SignatureHeader(creator: signer ?? self.channel.admin.serialized, nonce: [1]).serialized()
        update.signatures = [ConfigurationSignature(signatureHeader: header, signature: ToyVerifier.good)]
        let request = try update.envelope(channel: "records", sender: self.channel.admin, nonce: [2], timestamp: TestChannel.time)
        let transaction = try ConfigurationTransaction(request: request, to: self.channel.bundle)
        let envelope = try transaction.envelope(signer: self.channel.orderers[0], nonce: [3], timestamp: TestChannel.time)
        return OrderedBlock(
            number: 7, previousHash: [], envelopes: [Envelope(payload: envelope.payload, signature: ToyVerifier.good).serialized()])
    }

    private func codes(_ drafts: [TestChannel.Draft], under bundle: ChannelBundle, number: BlockNumber = 8) async throws -> [ValidationCode] {
        let state = try TestChannel.state([("a", "AND('Org1MSP.peer', 'Org2MSP.peer')")])
        let block = OrderedBlock(number: number, previousHash: [], envelopes: drafts.map { self.channel.envelope($0) })
        return try await BlockValidator(bundle: bundle).validate(
            block, state: state, transactions: state, previousCommitHash: []
        ).block.codes
    }

    /// One transaction of Org1's client and one of Org2's peer, endorsed by both peers.
    private func drafts(_ nonce: String) -> [TestChannel.Draft] {
        var other = TestChannel.Draft("\(nonce)-2")
        other.creator = self.channel.peers[1].serialized
        return [TestChannel.Draft("\(nonce)-1"), other]
    }

    private func after(_ block: OrderedBlock) async throws -> ChannelBundle {
        let state = MemoryState()
        let outcome = try await BlockValidator(bundle: self.channel.bundle).validate(
            block, state: state, transactions: state, previousCommitHash: [])
        #expect(outcome.block.codes == [.valid])
        return try #require(outcome.newBundle)
    }

    @Test func `a revoked creator is refused from the block after, although it was known and good before`() async throws {
        // Judged before, so that it is remembered.
        #expect(try await self.codes(self.drafts("x"), under: self.channel.bundle, number: 6) == [.valid, .valid])
        let bundle = try await self.after(self.block(revoking: [self.channel.client.certificate.serialNumber]))
        #expect(try await self.codes(self.drafts("y"), under: bundle) == [.badCreatorSignature, .valid])
        // The configuration before it judges as it did: an audit of old blocks comes to the same codes.
        #expect(try await self.codes(self.drafts("z"), under: self.channel.bundle, number: 6) == [.valid, .valid])
    }

    @Test func `a revoked endorser no longer counts, and the others still do`() async throws {
        #expect(try await self.codes(self.drafts("x"), under: self.channel.bundle, number: 6) == [.valid, .valid])
        let bundle = try await self.after(self.block(revoking: [self.channel.peers[0].certificate.serialNumber]))
        #expect(try await self.codes(self.drafts("y"), under: bundle) == [.endorsementPolicyFailure, .endorsementPolicyFailure])
        #expect(bundle.membership.mspIDs == self.channel.bundle.membership.mspIDs)
    }

    @Test func `a list that revokes others changes nothing, and one that nobody with a say signed is refused`() async throws {
        let bundle = try await self.after(self.block(revoking: [[1, 2, 3]]))
        #expect(try await self.codes(self.drafts("y"), under: bundle) == [.valid, .valid])
        let element = ConfigurationElement(.value, "/Channel/Application/Org1MSP/MSP")
        do {
            _ = try self.block(revoking: [[1]], signer: self.channel.client.serialized)
            Issue.record("accepted")
        } catch ConfigurationUpdateError.unauthorized(let found, let policy, _) {
            #expect(found == element)
            #expect(policy == "/Channel/Application/Org1MSP/Admins")
        }
    }
}
