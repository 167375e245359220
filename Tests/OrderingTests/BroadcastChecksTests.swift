import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import Testing

@testable import Ordering

/// The table of interop 7.1, row by row.
struct BroadcastChecksTests {
    let network: TestNetwork

    init() throws {
        self.network = try TestNetwork.shared.get()
    }

    private func verdict(_ envelope: Envelope, now: Timestamp = TestNetwork.now, bundle: ChannelBundle? = nil) -> BroadcastVerdict {
        do {
            _ = try BroadcastChecks(bundle: bundle ?? self.network.bundle).check(envelope, now: now)
            return .accepted
        } catch {
            return error.verdict
        }
    }

    @Test func `a client's transaction is accepted, and stands in the block freshly encoded`() throws {
        let envelope = try self.network.envelope(1)
        let checked = try BroadcastChecks(bundle: self.network.bundle).check(envelope, now: TestNetwork.now)
        #expect(checked.serialized == envelope.serialized())
        #expect(checked.digest == SHA256.hash(envelope.serialized()))
        #expect(checked.sizeBytes == envelope.payload.count + envelope.signature.count)
        #expect(checked.transactionID == self.network.id(1))
        #expect(checked.hasDerivedID && !checked.isConfiguration)
        #expect(checked.timestamp == TestNetwork.now)
    }

    @Test func `without a channel header the answer is 400`() throws {
        let bare = Payload(channelHeaderBytes: [], signatureHeaderBytes: [], data: [1]).serialized()
        for payload in [[0xFF, 0xFF], bare, Payload(channelHeaderBytes: [0xFF], signatureHeaderBytes: [], data: []).serialized(), [0x12, 1, 1]] {
            let verdict = self.verdict(Envelope(payload: payload, signature: [1]))
            #expect(verdict.status == 400)
            #expect(verdict.info.hasPrefix("could not determine channel ID"))
        }
    }

    @Test func `an unknown channel is 400 with Fabric's words`() throws {
        #expect(self.verdict(try self.network.envelope(1, channel: "other")) == BroadcastVerdict(status: 400, info: "channel does not exist"))
        #expect(self.verdict(try self.network.envelope(1, channel: "")).status == 400)
    }

    @Test(arguments: [1, 4] as [Int32]) func `what only orderers make is 400`(type: Int32) throws {
        let verdict = self.verdict(try self.network.envelope(1, type: type))
        #expect(verdict.status == 400)
        #expect(verdict.info.contains("cannot be processed directly"))
    }

    @Test(arguments: [0, 2, 5, 6, 99, -1] as [Int32]) func `other types are not ordered`(type: Int32) throws {
        let verdict = self.verdict(try self.network.envelope(1, type: type))
        #expect(verdict.status == (type == 2 ? 501 : 400))
        if type == 2 { #expect(verdict.info == "this ordering service takes no configuration updates from clients") }
    }

    @Test func `an empty payload is 400`() {
        #expect(self.verdict(Envelope(payload: [], signature: [1])) == BroadcastVerdict(status: 400, info: "message payload is empty"))
    }

    @Test func `the absolute size is accepted, one byte more is 400`() throws {
        // Signatures differ in length by a few bytes, so the signature is cut to measure: size is judged before it.
        var envelope = try self.network.envelope(1, bytes: 19_000)
        envelope.signature += [UInt8](repeating: 0, count: 20_000 - envelope.sizeBytes)
        #expect(self.verdict(envelope).status == 403)
        envelope.signature.append(0)
        #expect(
            self.verdict(envelope) == BroadcastVerdict(status: 400, info: "message payload is 20001 bytes and exceeds maximum allowed 20000 bytes"))
    }

    @Test func `an expired certificate is 400, judged by the time that was passed in`() throws {
        let end = self.network.client.certificate.notAfter
        let envelope = try self.network.envelope(1)
        #expect(self.verdict(envelope, now: Timestamp(seconds: end)).isAccepted)
        let verdict = self.verdict(envelope, now: Timestamp(seconds: end + 1))
        #expect(verdict.status == 400)
        #expect(verdict.info.contains("expired"))
    }

    @Test func `who may not write gets 403`() throws {
        var changed = try self.network.envelope(1)
        changed.payload[changed.payload.count - 1] ^= 1
        var unsigned = try self.network.envelope(1)
        unsigned.signature = []
        let envelopes = [
            changed, unsigned, try self.network.envelope(1, by: self.network.stranger), try self.network.envelope(1, by: self.network.peer),
        ]
        for envelope in envelopes {
            let verdict = self.verdict(envelope)
            #expect(verdict.status == 403)
            #expect(verdict.info.contains("/Channel/Writers") && verdict.info.hasSuffix("permission denied"))
        }
    }

    @Test func `a signature header that does not parse is 400, an unknown creator 403`() throws {
        let header = ChannelHeader(kind: .endorserTransaction, timestamp: nil, channelID: "records", transactionID: "")
        func envelope(_ signer: [UInt8]) -> Envelope {
            Envelope(
                payload: Payload(channelHeaderBytes: header.serialized(), signatureHeaderBytes: signer, data: []).serialized(), signature: [1])
        }
        #expect(self.verdict(envelope([0xFF])).status == 400)
        #expect(self.verdict(envelope([])).status == 403)
        #expect(self.verdict(envelope(SignatureHeader(creator: [1, 2, 3], nonce: []).serialized())).status == 403)
    }

    @Test func `in maintenance mode a client gets 403 and an orderer's transaction 503`() throws {
        let bundle = try self.network.bundle { $0.state = .maintenance }
        let client = self.verdict(try self.network.envelope(1), bundle: bundle)
        #expect(client.status == 403)
        #expect(client.info.contains("/Channel/Orderer/Writers"))
        let orderer = self.verdict(try self.network.envelope(1, by: self.network.orderer), bundle: bundle)
        #expect(orderer.status == 503)
        #expect(orderer.info.contains("maintenance"))
    }

    @Test func `an id that is not derived from nonce and creator is noticed`() throws {
        let envelope = try self.network.envelope(1) { $0.transactionID = "aa" }
        #expect(try !BroadcastChecks(bundle: self.network.bundle).check(envelope, now: TestNetwork.now).hasDerivedID)
    }

    @Test func `cut or flipped envelopes are refused without a crash`() throws {
        let envelope = try self.network.envelope(1, bytes: 40)
        for length in 0..<envelope.payload.count {
            #expect(!self.verdict(Envelope(payload: Array(envelope.payload.prefix(length)), signature: envelope.signature)).isAccepted)
        }
        for index in stride(from: 0, to: envelope.payload.count, by: 3) {
            var changed = envelope
            changed.payload[index] ^= 0x55
            #expect(!self.verdict(changed).isAccepted)
        }
    }
}

/// The one way in beside the policy for writers: evidence of those in office.
@Suite struct ChargeAtTheDoorTests {
    private func checks(_ world: GovernanceWorld, holders: [UInt32]) throws -> BroadcastChecks {
        BroadcastChecks(
            bundle: world.plane.bundle,
            officeHolders: try holders.map { id in
                let key = try found(world.plane.key(id))
                return OfficeHolder(member: key.member, publicKey: key.publicKey)
            })
    }

    private func refusal(_ envelope: Envelope, _ checks: BroadcastChecks, now: Timestamp = GovernanceNetwork.now) -> BroadcastRefusal? {
        do throws(BroadcastRefusal) {
            _ = try checks.check(envelope, now: now)
            return nil
        } catch {
            return error
        }
    }

    private func isNotWriter(_ refusal: BroadcastRefusal?) -> Bool { if case .notWriter? = refusal { true } else { false } }

    @Test func `an audit node's evidence is taken with its key of office, and nothing else of it or of others`() throws {
        var world = try GovernanceWorld()
        try world.advance(to: 3)
        let auditor = try MemberWorldPeople.identity(5)
        let evidence = GovernanceTransaction.evidence(try world.doublePrevote(2, height: 3))
        func envelope(_ transaction: GovernanceTransaction, by creator: SigningIdentity) throws -> Envelope {
            try GovernanceEnvelope.make(
                transaction, channel: "records", creator: creator, nonce: [UInt8](repeating: 4, count: 24), timestamp: GovernanceNetwork.now)
        }
        let charge = try envelope(evidence, by: auditor)
        let checks = try self.checks(world, holders: [1, 2, 3, 4, 5, 6])
        #expect(self.refusal(charge, checks) == nil)
        // Neither without the office, nor by a standby, nor with another's key.
        #expect(self.isNotWriter(self.refusal(charge, try self.checks(world, holders: []))))
        #expect(self.isNotWriter(self.refusal(charge, try self.checks(world, holders: [1, 2, 3, 4, 6]))))
        #expect(self.isNotWriter(self.refusal(try envelope(evidence, by: MemberWorldPeople.identity(7)), checks)))
        // Not signed, signed over something else, expired.
        var forged = charge
        forged.signature = try MemberWorldPeople.identity(6).sign(charge.payload)
        #expect(self.isNotWriter(self.refusal(forged, checks)))
        forged.signature = []
        #expect(self.isNotWriter(self.refusal(forged, checks)))
        let late = Timestamp(seconds: GovernanceNetwork.now.seconds + 40 * 365 * 86_400)
        #expect(self.refusal(charge, checks, now: late) != nil)
        // Other governance, and ordinary transactions, of the same identity.
        #expect(self.isNotWriter(self.refusal(try envelope(.heartbeat(height: 4), by: auditor), checks)))
        let resignation = try GovernanceSigning.resignation(
            of: GovernanceNetwork.id(5), identity: found(world.network.identityKeys[GovernanceNetwork.id(5)]), epoch: 0, consenter: 5,
            chain: world.chain)
        #expect(self.isNotWriter(self.refusal(try envelope(resignation, by: auditor), checks)))
        let plain = try Envelope(serialized: try world.plainEnvelope())
        #expect(self.refusal(plain, checks) == nil)
        var changed = try Payload(serialized: plain.payload)
        changed = Payload(
            channelHeaderBytes: changed.channelHeaderBytes,
            signatureHeaderBytes: SignatureHeader(creator: auditor.serialized, nonce: [1]).serialized(), data: changed.data)
        let ordinary = Envelope(payload: changed.serialized(), signature: try auditor.sign(changed.serialized()))
        #expect(self.isNotWriter(self.refusal(ordinary, checks)))
    }
}
