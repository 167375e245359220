import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

/// Every rule of interop 7.3, with the path that its error names.
@Suite struct UpdateRuleTests {
    private let network: UpdateNetwork

    init() throws {
        self.network = try UpdateNetwork.shared.get()
    }

    private var bundle: ChannelBundle { self.network.bundle }
    private var ordererAdmins: [SigningIdentity] { Array(self.network.memberAdmins.prefix(4)) }
    private var everybody: [SigningIdentity] { self.network.admins + self.ordererAdmins + self.network.members.prefix(4) }

    private func element(_ kind: ConfigurationElement.Kind, _ path: String) -> ConfigurationElement { ConfigurationElement(kind, path) }

    private func expect(
        _ error: ConfigurationUpdateError, _ update: ConfigurationUpdate, strictness: [ConfigurationUpdate.Strictness] = [.ordering, .replay],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for strictness in strictness {
            #expect(throws: error, sourceLocation: sourceLocation) { try self.bundle.successor(applying: update, strictness: strictness) }
        }
    }

    private func setBatch(_ count: UInt32) -> (inout Common_ConfigGroup) -> Void {
        { $0.groups["Orderer"]?.values["BatchSize"]?.value = UpdateNetwork.batchSize(count).data }
    }

    // MARK: - What is accepted

    @Test func `a majority of administrators changes a value, and only that`() throws {
        let update = try self.network.update(signers: Array(self.ordererAdmins.dropLast()), self.setBatch(7))
        let after = try self.bundle.successor(applying: update)
        #expect(after.sequence == 1)
        #expect(after.batch.maxMessageCount == 7)
        var expected = self.bundle.config
        self.setBatch(7)(&expected.channelGroup)
        expected.channelGroup.groups["Orderer"]?.values["BatchSize"]?.version = 1
        expected.sequence = 1
        #expect(after.config.encoded() == expected.encoded())
        let second = try self.network.update(from: after, signers: self.ordererAdmins, self.setBatch(8))
        #expect(try after.successor(applying: second).config.channelGroup.groups["Orderer"]?.values["BatchSize"]?.version == 2)
    }

    @Test func `an organisation changes what is its own, with relative names meaning its own policies`() throws {
        let change: (inout Common_ConfigGroup) -> Void = { channel in
            var anchors = Protos_AnchorPeers()
            anchors.anchorPeers = [Protos_AnchorPeer()]
            anchors.anchorPeers[0].host = "peer0.org1.example"
            anchors.anchorPeers[0].port = 7051
            var value = Common_ConfigValue()
            value.value = anchors.encoded().data
            value.modPolicy = "Admins"
            channel.groups["Application"]?.groups["Org1"]?.values["AnchorPeers"] = value
        }
        let after = try self.bundle.successor(applying: self.network.update(signers: [self.network.admins[0]], change))
        #expect(after.applicationOrganizations[0].anchorPeers == [AnchorPeer(host: "peer0.org1.example", port: 7051)])
        let group = self.element(.group, "/Channel/Application/Org1")
        let missing = "1 more signature: 'Org1MSP.admin'"
        self.expect(
            .unauthorized(group, policy: "/Channel/Application/Org1/Admins", missing: missing),
            try self.network.update(signers: [self.network.admins[1]], change))
    }

    @Test func `members that an update leaves out are gone, with everything below them`() throws {
        let update = try self.network.update(signers: self.everybody) { $0.groups["Application"]?.groups["Org2"] = nil }
        let after = try self.bundle.successor(applying: update)
        #expect(after.applicationOrganizations.map(\.groupName) == ["Org1"])
        #expect(!after.hasPolicy("/Channel/Application/Org2/Admins"))
        #expect(after.config.channelGroup.groups["Application"]?.version == 1)
        #expect(after.config.channelGroup.groups["Application"]?.groups["Org1"]?.version == 0)
    }

    @Test func `elements may be removed and come back as new ones`() throws {
        let policy = self.bundle.config.channelGroup.groups["Application"]?.policies["Endorsement"]
        let without = try self.bundle.successor(
            applying: self.network.update(signers: self.everybody) { $0.groups["Application"]?.policies["Endorsement"] = nil })
        #expect(!without.hasPolicy("/Channel/Application/Endorsement"))
        let again = try without.successor(
            applying: self.network.update(from: without, signers: self.everybody) { $0.groups["Application"]?.policies["Endorsement"] = policy })
        #expect(again.hasPolicy("/Channel/Application/Endorsement"))
        #expect(again.config.channelGroup.groups["Application"]?.version == 2)
        #expect(again.config.channelGroup.groups["Application"]?.policies["Endorsement"]?.version == 0)
    }

    // MARK: - Channel, read set, versions

    @Test func `an update for another channel is refused`() throws {
        var message = try self.network.update(signers: [], self.setBatch(7)).message()
        message.channelID = "recordz"
        self.expect(.otherChannel("recordz", expected: "records"), ConfigurationUpdate(updateBytes: message.encoded()))
    }

    @Test func `what the update depends on must be there at that version`() throws {
        let unknown = try self.network.update(signers: self.everybody) {
            $0.readSet.groups["Application"] = Common_ConfigGroup()
            $0.readSet.groups["Application"]?.values["Nothing"] = Common_ConfigValue()
        }
        self.expect(.unknownElement(self.element(.value, "/Channel/Application/Nothing")), unknown)
        let outdated = try self.network.update(signers: self.everybody) {
            $0.readSet.groups["Application"] = Common_ConfigGroup()
            $0.readSet.groups["Application"]?.policies["Admins", default: Common_ConfigPolicy()].version = 3
        }
        self.expect(.outdated(self.element(.policy, "/Channel/Application/Admins"), required: 3, current: 0), outdated)
        // A value is no policy, even under the same name.
        let otherKind = try self.network.update(signers: self.everybody) { $0.readSet.values["Admins"] = Common_ConfigValue() }
        self.expect(.unknownElement(self.element(.value, "/Channel/Admins")), otherKind)
    }

    @Test func `a changed element gets the next version and no other`() throws {
        for version in [2, 17, UInt64.max] {
            var message = try self.network.update(signers: [], self.setBatch(7)).message()
            message.writeSet.groups["Orderer"]?.values["BatchSize"]?.version = version
            let update = try self.network.update(signers: self.everybody) { $0 = message }
            self.expect(
                .changedElementVersion(self.element(.value, "/Channel/Orderer/BatchSize"), found: version, expected: 1), update)
        }
        // Without an entry in the read set the same version is no change of version.
        var message = try self.network.update(signers: [], self.setBatch(7)).message()
        message.writeSet.groups["Orderer"]?.values["BatchSize"]?.version = 0
        self.expect(
            .changedElementVersion(self.element(.value, "/Channel/Orderer/BatchSize"), found: 0, expected: 1),
            try self.network.update(signers: self.everybody) { $0 = message })
    }

    @Test func `a new element begins with version 0`() throws {
        var message = try self.network.update(signers: []) { channel in
            let admins = channel.policies["Admins"]
            channel.groups["Application"]?.policies["Extra"] = admins
        }.message()
        message.writeSet.groups["Application"]?.policies["Extra"]?.version = 1
        self.expect(
            .newElementVersion(self.element(.policy, "/Channel/Application/Extra"), found: 1),
            try self.network.update(signers: self.everybody) { $0 = message })
    }

    // MARK: - Authorisation

    @Test func `every changed element needs its own policy satisfied`() throws {
        let value = self.element(.value, "/Channel/Orderer/BatchSize")
        func expectMissing(_ signers: [SigningIdentity]) throws {
            let update = try self.network.update(signers: signers, self.setBatch(7))
            for strictness in [ConfigurationUpdate.Strictness.ordering, .replay] {
                do {
                    _ = try self.bundle.successor(applying: update, strictness: strictness)
                    Issue.record("accepted")
                } catch {
                    guard case .unauthorized(value, "/Channel/Orderer/Admins", _) = error else { throw error }
                }
            }
        }
        try expectMissing([])
        try expectMissing(Array(self.ordererAdmins.prefix(2)))
        try expectMissing(self.network.admins)
        try expectMissing(self.network.members)
        // Nobody counts twice.
        try expectMissing(Array(repeating: self.ordererAdmins[0], count: 4))
        // The waiting organisation is unknown to the channel.
        try expectMissing([self.ordererAdmins[0], self.ordererAdmins[1], self.network.memberAdmins[4]])
    }

    @Test func `signatures count for the update that they were made over`() throws {
        let other = try self.network.update(signers: self.everybody, self.setBatch(8))
        var update = try self.network.update(signers: [], self.setBatch(7))
        update.signatures = other.signatures
        #expect(throws: ConfigurationUpdateError.self) { try self.bundle.successor(applying: update) }
        // A header that was exchanged after signing.
        update = try self.network.update(signers: self.ordererAdmins, self.setBatch(7))
        let header = try SignatureHeader(serialized: update.signatures[0].signatureHeader)
        for index in update.signatures.indices {
            update.signatures[index].signatureHeader = SignatureHeader(creator: header.creator, nonce: [9]).serialized()
        }
        #expect(throws: ConfigurationUpdateError.self) { try self.bundle.successor(applying: update) }
    }

    @Test func `the present policy decides, not the one that the update brings`() throws {
        let committee = Array(self.network.members.prefix(3))
        let update = try self.network.update(signers: committee) { channel in
            self.setBatch(7)(&channel)
            channel.groups["Orderer"]?.values["BatchSize"]?.modPolicy = "/Channel/Orderer/BlockValidation"
        }
        do {
            _ = try self.bundle.successor(applying: update)
            Issue.record("the committee authorised itself")
        } catch {
            guard case .unauthorized(self.element(.value, "/Channel/Orderer/BatchSize"), "/Channel/Orderer/Admins", _) = error else { throw error }
        }
    }

    @Test func `absolute names mean the same everywhere, and a group's own policy is one of its own`() throws {
        let committee = Array(self.network.members.prefix(3))
        let add: (inout Common_ConfigGroup) -> Void = { channel in
            let admins = channel.groups["Orderer"]?.policies["Admins"]
            channel.groups["Orderer"]?.policies["Extra"] = admins
        }
        _ = try self.bundle.successor(applying: self.network.update(signers: committee, add))
        let refused = try self.network.update(signers: self.ordererAdmins, add)
        do {
            _ = try self.bundle.successor(applying: refused)
            Issue.record("administrators changed what the committee guards")
        } catch {
            guard case .unauthorized(self.element(.group, "/Channel/Orderer"), "/Channel/Orderer/BlockValidation", _) = error else { throw error }
        }
        // The group Org1 is guarded by its own Admins, not by those of Application.
        let own: (inout Common_ConfigGroup) -> Void = { channel in
            let admins = channel.policies["Admins"]
            channel.groups["Application"]?.groups["Org1"]?.policies["Extra"] = admins
        }
        _ = try self.bundle.successor(applying: self.network.update(signers: [self.network.admins[0]], own))
    }

    @Test func `what an unknown policy guards cannot be changed`() throws {
        var config = self.bundle.config
        config.channelGroup.groups["Orderer"]?.values["BatchSize"]?.modPolicy = "/Channel/Nowhere"
        config.channelGroup.groups["Orderer"]?.values["BatchTimeout"]?.modPolicy = ""
        let bundle = try ChannelBundle(config: config, channelID: "records")
        let update = try self.network.update(from: bundle, signers: self.everybody) { channel in
            self.setBatch(7)(&channel)
            channel.groups["Orderer"]?.values["BatchSize"]?.modPolicy = "Admins"
        }
        #expect(
            throws: ConfigurationUpdateError.unknownModificationPolicy(
                self.element(.value, "/Channel/Orderer/BatchSize"), policy: "/Channel/Nowhere")
        ) { try bundle.successor(applying: update) }
        let empty = try self.network.update(from: bundle, signers: self.everybody) { channel in
            channel.groups["Orderer"]?.values["BatchTimeout"]?.modPolicy = "Admins"
        }
        #expect(
            throws: ConfigurationUpdateError.unknownModificationPolicy(self.element(.value, "/Channel/Orderer/BatchTimeout"), policy: "")
        ) { try bundle.successor(applying: empty) }
    }

    @Test(arguments: ["", "/", "//Channel/Admins", "Admins/", "A b", "/Channel/Admins/..", "\u{212A}"])
    func `new and changed elements must name a possible policy`(policy: String) throws {
        let changed = try self.network.update(signers: self.everybody) { channel in
            channel.groups["Orderer"]?.values["BatchSize"]?.modPolicy = policy
        }
        self.expect(.invalidModificationPolicy(self.element(.value, "/Channel/Orderer/BatchSize"), policy), changed)
        let new = try self.network.update(signers: self.everybody) { channel in
            channel.groups["Orderer"]?.values["Extra", default: Common_ConfigValue()].modPolicy = policy
        }
        self.expect(.invalidModificationPolicy(self.element(.value, "/Channel/Orderer/Extra"), policy), new)
    }

    // MARK: - The result

    @Test func `a new element whose group stays as it is would have no effect`() throws {
        let update = try self.network.update(signers: []) {
            $0.readSet.groups["Application"] = Common_ConfigGroup()
            $0.writeSet.groups["Application"] = Common_ConfigGroup()
            $0.writeSet.groups["Application"]?.values["Extra", default: Common_ConfigValue()].modPolicy = "Admins"
        }
        self.expect(.withoutEffect(self.element(.value, "/Channel/Application/Extra")), update, strictness: [.ordering])
        // Fabric takes it, unsigned as it is: only the sequence goes on.
        let after = try self.bundle.successor(applying: update, strictness: .replay)
        #expect(after.sequence == 1)
        #expect(after.config.channelGroup.encoded() == self.bundle.config.channelGroup.encoded())
    }

    @Test func `elements without a modification policy get one when the tree is built again`() throws {
        var config = self.bundle.config
        config.channelGroup.groups["Application"]?.modPolicy = ""
        config.channelGroup.values["HashingAlgorithm"]?.modPolicy = ""
        config.channelGroup.policies["Readers"]?.modPolicy = ""
        for hasCapabilities in [true, false] {
            if !hasCapabilities { config.channelGroup.groups["Orderer"]?.values["Capabilities"] = nil }
            let bundle = try ChannelBundle(config: config, channelID: "records")
            let after = try bundle.successor(applying: self.network.update(from: bundle, signers: self.ordererAdmins, self.setBatch(7)))
            let channel = after.config.channelGroup
            let expected = hasCapabilities ? "Admins" : ""
            #expect(channel.groups["Application"]?.modPolicy == expected)
            #expect(channel.values["HashingAlgorithm"]?.modPolicy == expected)
            #expect(channel.policies["Readers"]?.modPolicy == expected)
            #expect(channel.values["HashingAlgorithm"]?.version == 0)
        }
    }

    @Test func `the MSP id of an organisation may not change`() throws {
        for (group, from, to, path) in [
            ("Application", "Org1", "Org1MSP", "/Channel/Application/Org1/MSP"), ("Orderer", "Ord1", "Ord1MSP", "/Channel/Orderer/Ord1/MSP"),
        ] {
            let update = try self.network.update(signers: self.everybody) { channel in
                guard let value = channel.groups[group]?.groups[from]?.values["MSP"],
                    var msp = try? Msp_MSPConfig.decode(value.value, as: "test"), var fabric = try? Msp_FabricMSPConfig.decode(msp.config, as: "test")
                else { return }
                fabric.name = "OtherMSP"
                msp.config = fabric.encoded().data
                channel.groups[group]?.groups[from]?.values["MSP"]?.value = msp.encoded().data
            }
            let reason = "the MSP id of an organisation may not change from '\(to)' to 'OtherMSP'"
            self.expect(.forbiddenChange(self.element(.value, path), reason: reason), update)
        }
    }

    @Test func `the consensus type may not change, and consortiums do not come later`() throws {
        var type = Orderer_ConsensusType()
        type.type = "etcdraft"
        let consensus = try self.network.update(signers: self.everybody) {
            $0.groups["Orderer"]?.values["ConsensusType"]?.value = type.encoded().data
        }
        self.expect(
            .forbiddenChange(
                self.element(.value, "/Channel/Orderer/ConsensusType"), reason: "the consensus type may not change from 'BFT' to 'etcdraft'"),
            consensus)
        let consortiums = try self.network.update(signers: self.everybody) {
            $0.groups["Consortiums", default: Common_ConfigGroup()].modPolicy = "Admins"
        }
        self.expect(
            .forbiddenChange(self.element(.group, "/Channel/Consortiums"), reason: "a channel does not get consortiums later"), consortiums)
    }

    @Test func `the result must be a configuration that a channel can have`() throws {
        func expectUnusable(_ error: ConfigurationError, _ change: (inout Common_ConfigGroup) -> Void) throws {
            self.expect(.unusableResult(error), try self.network.update(signers: self.everybody, change))
        }
        try expectUnusable(.unsupportedCapability(group: "Channel", reason: "'V9_0' is not known here: update this node")) {
            $0.values["Capabilities"]?.value = Capabilities.message(["V3_0", "V9_0"]).encoded().data
        }
        try expectUnusable(.missing(path: "/Channel/Application")) { $0.groups["Application"] = nil }
        try expectUnusable(.missing(path: "/Channel/Orderer/BatchSize")) { $0.groups["Orderer"]?.values["BatchSize"] = nil }
        try expectUnusable(.missing(path: "/Channel/Orderer/Ord2/Endpoints")) { $0.groups["Orderer"]?.groups["Ord2"]?.values["Endpoints"] = nil }
        try expectUnusable(
            .invalidValue(path: "/Channel/OrdererAddresses", reason: "with V3_0 only organisations of the ordering service name endpoints")
        ) { channel in
            var addresses = Common_OrdererAddresses()
            addresses.addresses = ["localhost:7050"]
            channel.values["OrdererAddresses", default: Common_ConfigValue()].modPolicy = "Admins"
            channel.values["OrdererAddresses"]?.value = addresses.encoded().data
        }
        try expectUnusable(.invalidPolicy(path: "/Channel/Application/Writers", reason: "it is empty")) {
            $0.groups["Application"]?.policies["Writers"]?.clearPolicy()
        }
    }

    // MARK: - Bytes

    @Test func `bytes and envelopes that are no update are refused`() throws {
        #expect(throws: ConfigurationUpdateError.self) { try ConfigurationUpdate(serialized: [0xFF]) }
        self.expect(.otherChannel("", expected: "records"), ConfigurationUpdate(updateBytes: []))
        #expect(throws: ConfigurationUpdateError.self) { try self.bundle.successor(applying: ConfigurationUpdate(updateBytes: [0xFF])) }
        var update = try self.network.update(signers: self.everybody, self.setBatch(7))
        update.signatures.append(ConfigurationSignature(signatureHeader: [0xFF], signature: []))
        self.expect(.malformed(MessageError(part: "signature header", reason: "does not parse as common.SignatureHeader")), update)
        update.signatures = Array(repeating: ConfigurationSignature(signatureHeader: [], signature: []), count: Limits.configurationSignatures + 1)
        let bytes = update.serialized()
        #expect(throws: ConfigurationUpdateError.tooManySignatures(limit: Limits.configurationSignatures)) {
            try ConfigurationUpdate(serialized: bytes)
        }
        #expect(throws: ConfigurationUpdateError.notAnUpdate(type: 1)) {
            try ConfigurationUpdate(envelope: Envelope(serialized: self.network.genesis.envelopes[0]))
        }
        #expect(throws: ConfigurationUpdateError.self) { try ConfigurationUpdate(envelope: Envelope(payload: [0xFF], signature: [])) }
    }

    @Test func `names and depth are limited in both sets`() throws {
        func nested(_ depth: Int) -> Common_ConfigGroup {
            (0..<depth).reduce(Common_ConfigGroup()) { group, _ in
                var outer = Common_ConfigGroup()
                outer.groups["g"] = group
                return outer
            }
        }
        for isReadSet in [true, false] {
            func update(_ set: Common_ConfigGroup) throws -> ConfigurationUpdate {
                try self.network.update(signers: []) { if isReadSet { $0.readSet = set } else { $0.writeSet = set } }
            }
            for name in ["", "..", "a b", "a/b", String(repeating: "a", count: 250), "\u{212A}"] {
                var set = Common_ConfigGroup()
                set.groups["Application", default: Common_ConfigGroup()].values[name] = Common_ConfigValue()
                self.expect(.invalidElement(self.element(.group, "/Channel/Application"), .invalidName(name)), try update(set))
            }
            let deepest = "/Channel" + String(repeating: "/g", count: Limits.groupDepth + 1)
            self.expect(
                .invalidElement(self.element(.group, deepest), .tooLarge(what: "nested groups", limit: Limits.groupDepth)),
                try update(nested(Limits.groupDepth + 1)))
        }
    }

    @Test func `an update reads back as it was written`() throws {
        let update = try self.network.update(signers: self.everybody, self.setBatch(7))
        #expect(try ConfigurationUpdate(serialized: update.serialized()) == update)
        let envelope = try update.envelope(channel: "records", sender: self.network.admins[0], nonce: [1], timestamp: UpdateNetwork.time)
        #expect(try ConfigurationUpdate(envelope: envelope) == update)
        #expect(try creatorSignature(envelope.serialized()).identity == self.network.admins[0].serialized)
        #expect(self.bundle.membership.acceptedIdentities([try creatorSignature(envelope.serialized())]).count == 1)
    }

    @Test func `changed bytes never lead to another tree`() throws {
        var random = SeededGenerator(seed: 173)
        let update = try self.network.update(signers: Array(self.ordererAdmins.prefix(3)), self.setBatch(7))
        let expected = try self.bundle.successor(applying: update).config.encoded()
        let good = update.serialized()
        for _ in 0..<300 {
            var bytes = good
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            guard let changed = try? ConfigurationUpdate(serialized: bytes), let after = try? self.bundle.successor(applying: changed) else {
                continue
            }
            #expect(after.config.encoded() == expected, "\(random)")
        }
    }

    // MARK: - Blocks

    @Test func `a configuration transaction is verified by doing it again`() throws {
        let update = try self.network.update(signers: self.ordererAdmins, self.setBatch(7))
        let request = try update.envelope(channel: "records", sender: self.network.admins[0], nonce: [1], timestamp: UpdateNetwork.time)
        let transaction = try ConfigurationTransaction(request: request, to: self.bundle)
        let envelope = try transaction.envelope(signer: self.network.members[0], nonce: [2], timestamp: UpdateNetwork.time)
        let payload = try Payload(serialized: envelope.payload)
        #expect(payload.data == transaction.configEnvelope)
        let header = try ChannelHeader(serialized: payload.channelHeaderBytes)
        #expect(header.kind == .config && header.channelID == "records" && header.transactionID.isEmpty)
        let verified = try self.bundle.successor(verifying: transaction.configEnvelope)
        #expect(verified.config.encoded() == transaction.bundle.config.encoded())
        #expect(verified.batch.maxMessageCount == 7)

        func expect(_ error: ConfigurationUpdateError, _ change: (inout Common_ConfigEnvelope) -> Void) throws {
            var message = try Common_ConfigEnvelope.decode(transaction.configEnvelope, as: "test")
            change(&message)
            #expect(throws: error) { try self.bundle.successor(verifying: message.encoded()) }
        }
        try expect(.outOfSequence(expected: 1, found: 2)) { $0.config.sequence = 2 }
        try expect(.outOfSequence(expected: 1, found: 0)) { $0.clearConfig() }
        try expect(.noLastUpdate) { $0.clearLastUpdate() }
        try expect(.differentResult(self.element(.group, "/Channel"))) { $0.config.channelGroup.version = 5 }
        try expect(.differentResult(self.element(.group, "/Channel/Application/Org2"))) {
            $0.config.channelGroup.groups["Application"]?.groups["Org2"] = nil
        }
        try expect(.differentResult(self.element(.group, "/Channel/Application/Extra"))) {
            $0.config.channelGroup.groups["Application"]?.groups["Extra"] = Common_ConfigGroup()
        }
        try expect(.differentResult(self.element(.value, "/Channel/Orderer/BatchSize"))) {
            $0.config.channelGroup.groups["Orderer"]?.values["BatchSize"]?.value = UpdateNetwork.batchSize(8).data
        }
        try expect(.differentResult(self.element(.policy, "/Channel/Orderer/Ord1/Admins"))) {
            $0.config.channelGroup.groups["Orderer"]?.groups["Ord1"]?.policies["Admins"]?.policy.type = 3
        }
        #expect(throws: ConfigurationUpdateError.self) { try self.bundle.successor(verifying: [0xFF]) }
    }

    @Test func `descriptions name the element and the way out`() {
        let value = self.element(.value, "/Channel/Orderer/BatchSize")
        #expect(
            ConfigurationUpdateError.changedElementVersion(value, found: 3, expected: 1).description
                == "configuration update: value /Channel/Orderer/BatchSize must get version 1, not 3")
        #expect(
            ConfigurationUpdateError.unauthorized(value, policy: "/Channel/Orderer/Admins", missing: "x").description
                == "configuration update: value /Channel/Orderer/BatchSize is guarded by /Channel/Orderer/Admins, which is not satisfied: x")
    }
}
