import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

/// The configuration changes of two real networks, with the signatures of their administrators.
@Suite struct RealUpdateTests {
    struct Change: Sendable, CustomTestStringConvertible {
        /// Block with the configuration before, block with the change, and the update as Fabric's tool computed it.
        let before: String
        let block: String
        let update: String
        /// On the envelope, and of different signers: who hands an update in signs it again.
        let signatures: Int
        var signers = 4
        /// The first element that is not authorised when nobody signs.
        let guarded: ConfigurationElement
        /// Whether the committee's policy has the size that this implementation writes.
        let hasOurQuorum: Bool

        var testDescription: String { self.block }
    }

    static let changes = [
        Change(
            before: "fabric/genesis_block.pb", block: "fabric/block_064.pb", update: "fabric/update_064.pb", signatures: 2, signers: 1,
            guarded: ConfigurationElement(.value, "/Channel/Orderer/BatchSize"), hasOurQuorum: true),
        Change(
            before: "fabric-bft/0000.pb", block: "fabric-bft/0019.pb", update: "fabric-bft/update_0019.pb", signatures: 4,
            guarded: ConfigurationElement(.value, "/Channel/Orderer/BatchSize"), hasOurQuorum: true),
        Change(
            before: "fabric-bft/0019.pb", block: "fabric-bft/0032.pb", update: "fabric-bft/update_0032.pb", signatures: 4,
            guarded: ConfigurationElement(.policy, "/Channel/Orderer/BlockValidation"), hasOurQuorum: false),
        Change(
            before: "fabric-bft/0032.pb", block: "fabric-bft/0036.pb", update: "fabric-bft/update_0036.pb", signatures: 4,
            guarded: ConfigurationElement(.group, "/Channel/Orderer"), hasOurQuorum: true),
        Change(
            before: "fabric-bft/0036.pb", block: "fabric-bft/0040.pb", update: "fabric-bft/update_0040.pb", signatures: 4,
            guarded: ConfigurationElement(.policy, "/Channel/Orderer/BlockValidation"), hasOurQuorum: true),
        Change(
            before: "fabric-bft/0040.pb", block: "fabric-bft/0044.pb", update: "fabric-bft/update_0044.pb", signatures: 4,
            guarded: ConfigurationElement(.group, "/Channel/Orderer"), hasOurQuorum: true),
    ]

    private func configEnvelope(_ name: String) throws -> [UInt8] {
        try Payload(serialized: Envelope(serialized: block(name).envelopes[0]).payload).data
    }

    @Test(arguments: changes)
    func `a real change is authorised and leads to the tree in its block`(change: Change) throws {
        let before = try ChannelBundle(block: block(change.before))
        let bytes = try self.configEnvelope(change.block)
        let after = try before.successor(verifying: bytes)
        #expect(after.sequence == before.sequence + 1)
        let written = try Common_ConfigEnvelope.decode(bytes, as: "test").config
        #expect(after.config.encoded() == written.encoded())
        let update = try ConfigurationTransaction.update(in: bytes)
        #expect(update.signatures.count == change.signatures)
        #expect(before.membership.acceptedIdentities(try update.signedMessages()).count == change.signers)
        #expect(after.consenters == (try ChannelBundle(block: block(change.block))).consenters)
    }

    @Test(arguments: changes)
    func `the update computed from both trees is the one that Fabric's tool computed`(change: Change) throws {
        let before = try ChannelBundle(block: block(change.before))
        let after = try ChannelBundle(block: block(change.block))
        let computed = try ConfigurationUpdate.compute(from: before.config, to: after.config, channelID: before.channelID)
        let tool = try Common_ConfigUpdate.decode(resource(change.update), as: "test")
        #expect(computed.updateBytes == tool.encoded())
        let signed = try ConfigurationTransaction.update(in: self.configEnvelope(change.block))
        #expect(try computed.updateBytes == signed.message().encoded())
        #expect(computed.updateBytes.count == signed.updateBytes.count)
    }

    @Test(arguments: changes)
    func `without its signatures a real change is refused at the first guarded element`(change: Change) throws {
        let before = try ChannelBundle(block: block(change.before))
        var update = try ConfigurationTransaction.update(in: self.configEnvelope(change.block))
        update.signatures = []
        do {
            _ = try before.successor(applying: update, strictness: .replay)
            Issue.record("accepted without a signature")
        } catch {
            guard case .unauthorized(change.guarded, let policy, _) = error else { throw error }
            #expect(policy.hasPrefix("/Channel/Orderer/"))
        }
    }

    @Test(arguments: changes)
    func `a real change does not apply twice, nor to an older configuration`(change: Change) throws {
        let update = try ConfigurationTransaction.update(in: self.configEnvelope(change.block))
        let after = try ChannelBundle(block: block(change.block))
        #expect(throws: ConfigurationUpdateError.self) { try after.successor(applying: update, strictness: .replay) }
        #expect(throws: ConfigurationUpdateError.self) { try after.successor(verifying: self.configEnvelope(change.block)) }
    }

    @Test(arguments: changes)
    func `what is ordered here must have a block policy of n - f members`(change: Change) throws {
        let before = try ChannelBundle(block: block(change.before))
        let update = try ConfigurationTransaction.update(in: self.configEnvelope(change.block))
        if change.hasOurQuorum {
            _ = try before.successor(applying: update)
        } else {
            let policy = ConfigurationElement(.policy, "/Channel/Orderer/BlockValidation")
            #expect(throws: ConfigurationUpdateError.forbiddenChange(policy, reason: "it must ask for 3 of the consenters")) {
                try before.successor(applying: update)
            }
        }
    }

    /// As it was sent for signing: the administrator who hands it in, Ord1's, has not added his own signature yet.
    @Test func `administrators of an organisation that is gone do not count`() throws {
        let update = try ConfigurationUpdate(envelope: Envelope(serialized: resource("fabric-bft/refused_update.pb")))
        #expect(update.signatures.count == 3)
        let bundle = try ChannelBundle(block: block("fabric-bft/0044.pb"))
        let expected = ConfigurationUpdateError.unauthorized(
            ConfigurationElement(.value, "/Channel/Orderer/Orderers"), policy: "/Channel/Orderer/Admins",
            missing: "1 of: /Channel/Orderer/Ord1/Admins (1 more signature: 'Ord1MSP.admin'); "
                + "/Channel/Orderer/Ord5/Admins (1 more signature: 'Ord5MSP.admin')")
        #expect(throws: expected) { try bundle.successor(applying: update, strictness: .replay) }
    }

    /// Stock peers have no rule against it; the stock ordering service refused it too.
    @Test(.enabled(if: SharedData.contains("vectors/fabric-bft/crypto"), SharedData.reason))
    func `a change of consenters that forgets the block policy is refused where it would be ordered`() throws {
        let folder = "vectors/fabric-bft/crypto/ordererOrganizations/ord1.lab/users/Admin@ord1.lab/msp"
        func pem(_ part: String) throws -> [UInt8] {
            let name = try #require(SharedData.list("\(folder)/\(part)").first)
            return try #require(SharedData.read("\(folder)/\(part)/\(name)"))
        }
        let admin = try SigningIdentity(
            mspID: "Ord1MSP", certificate: Certificate(pem: pem("signcerts")), key: SigningKey(pem: String(decoding: pem("keystore"), as: UTF8.self)))
        var update = try ConfigurationUpdate(envelope: Envelope(serialized: resource("fabric-bft/refused_update.pb")))
        try update.sign(by: admin, nonce: [1])
        let bundle = try ChannelBundle(block: block("fabric-bft/0044.pb"))
        let policy = ConfigurationElement(.policy, "/Channel/Orderer/BlockValidation")
        #expect(try bundle.successor(applying: update, strictness: .replay).consenters.count == 3)
        #expect(throws: ConfigurationUpdateError.forbiddenChange(policy, reason: "it must ask for 3 of the consenters")) {
            try bundle.successor(applying: update)
        }
    }

    @Test func `a request as it was sent is the one that its block holds`() throws {
        let before = try RealNetwork.committee()
        let bytes = try self.configEnvelope("fabric-bft/0019.pb")
        let lastUpdate = try Common_ConfigEnvelope.decode(bytes, as: "test").lastUpdate
        let request = Envelope(payload: lastUpdate.payload.byteArray, signature: lastUpdate.signature.byteArray)
        let transaction = try ConfigurationTransaction(request: request, to: before)
        #expect(transaction.bundle.batch.maxMessageCount != before.batch.maxMessageCount)
        // The real block's map entries stand in another order; the content is the same.
        #expect(try Common_ConfigEnvelope.decode(bytes, as: "test").encoded() == transaction.configEnvelope)
        let header = try ChannelHeader(
            serialized: Payload(serialized: Envelope(serialized: block("fabric-bft/0019.pb").envelopes[0]).payload).channelHeaderBytes)
        #expect(header.transactionID.isEmpty && header.version == 0 && header.epoch == 0)
    }

    @Test(arguments: changes)
    func `a changed element of the tree in the block is named`(change: Change) throws {
        let before = try ChannelBundle(block: block(change.before))
        var envelope = try Common_ConfigEnvelope.decode(self.configEnvelope(change.block), as: "test")
        envelope.config.channelGroup.groups["Application"]?.groups["Org1MSP"]?.policies["Admins"]?.modPolicy = "Readers"
        let expected = ConfigurationElement(.policy, "/Channel/Application/Org1MSP/Admins")
        #expect(throws: ConfigurationUpdateError.differentResult(expected)) { try before.successor(verifying: envelope.encoded()) }
    }

    // MARK: - The whole ledgers, where the data is

    @Test(
        .enabled(if: SharedData.contains("vectors/fabric-bft/blocks_peer1"), SharedData.reason),
        arguments: ["fabric/blocks", "fabric/blocks_orderer", "fabric-bft/blocks_peer1", "fabric-bft/blocks_peer2", "fabric-bft/blocks_orderer1"])
    func `every configuration block of a ledger follows from the one before`(folder: String) throws {
        var bundle: ChannelBundle?
        var changes = 0
        for name in SharedData.list("vectors/\(folder)") where name.hasSuffix(".pb") {
            let block = try OrderedBlock(serialized: #require(SharedData.read("vectors/\(folder)/\(name)")))
            guard let current = bundle else {
                bundle = try ChannelBundle(block: block)
                continue
            }
            let payload = try Payload(serialized: Envelope(serialized: block.envelopes[0]).payload)
            guard try ChannelHeader(serialized: payload.channelHeaderBytes).kind == .config else { continue }
            bundle = try current.successor(verifying: payload.data)
            changes += 1
        }
        #expect(changes == (folder.hasPrefix("fabric/") ? 1 : 5))
    }
}
