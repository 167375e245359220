import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

@Suite struct GenesisTests {
    /// A profile with the organisations and settings of the real network of four.
    private func profile(_ change: (inout GenesisProfile) -> Void = { _ in }) throws -> GenesisProfile {
        let real = try RealNetwork.committee()
        func organization(_ configuration: OrganizationConfiguration) -> GenesisProfile.Organization {
            GenesisProfile.Organization(
                groupName: configuration.groupName, msp: configuration.msp, endpoints: configuration.endpoints,
                anchorPeers: configuration.anchorPeers)
        }
        var profile = GenesisProfile(
            channelID: "selvage", applicationOrganizations: real.applicationOrganizations.map(organization),
            ordererOrganizations: real.ordererOrganizations.map(organization), consenters: real.consenters, batch: real.batch,
            createdAt: Timestamp(seconds: 1_795_233_215))
        change(&profile)
        return profile
    }

    @Test func `the block of a profile is always the same bytes`() throws {
        let block = try self.profile().genesisBlock()
        #expect(try self.profile().genesisBlock() == block)
        // Every run has another hash seed, so this also shows that map entries are written in order of their keys.
        #expect(Hex.encode(SHA256.hash(block.serialized())) == "85011b977b835b1b843be559a8ae7db3c619e0a30ee20621922625efc0ff06e2")
        let later = try self.profile { $0.createdAt = Timestamp(seconds: 1_795_233_216) }.genesisBlock()
        #expect(later.dataHash != block.dataHash)
    }

    @Test func `the order in which organisations are named changes nothing`() throws {
        let reversed = try self.profile {
            $0.applicationOrganizations.reverse()
            $0.ordererOrganizations.reverse()
        }
        #expect(try reversed.genesisBlock() == self.profile().genesisBlock())
    }

    @Test func `header, slots and envelope are those of a first block`() throws {
        let block = try self.profile().genesisBlock()
        #expect(block.number == 0)
        #expect(block.previousHash.isEmpty)
        #expect(block.dataHash == Formulas.dataHash(of: block.envelopes))
        #expect(block.metadata == [[0x0A, 0x02, 0x0A, 0x00], [], [], [], []])
        #expect(block.envelopes.count == 1)
        let envelope = try Envelope(serialized: block.envelopes[0])
        #expect(envelope.signature.isEmpty)
        let payload = try Payload(serialized: envelope.payload)
        let header = try ChannelHeader(serialized: payload.channelHeaderBytes)
        let signatureHeader = try SignatureHeader(serialized: payload.signatureHeaderBytes)
        #expect(header.kind == .config && header.channelID == "selvage" && header.version == 1 && header.epoch == 0)
        #expect(signatureHeader.creator.isEmpty && signatureHeader.nonce.count == 24)
        #expect(header.transactionID == Formulas.transactionID(nonce: signatureHeader.nonce, creator: []))
        #expect(try OrderedBlock(serialized: block.serialized()) == block)
    }

    @Test func `the tree differs from the real one only where it is meant to`() throws {
        let ours = try self.profile().configuration().channelGroup
        let real = try RealNetwork.committee().config.channelGroup
        var differences: [String] = []
        func compare(_ left: Common_ConfigGroup, _ right: Common_ConfigGroup, _ path: String) {
            if left.modPolicy != right.modPolicy { differences.append("\(path) is changed by \(left.modPolicy)") }
            for name in Set(left.values.keys).union(right.values.keys) {
                let (one, two) = (left.values[name], right.values[name])
                if one?.value != two?.value { differences.append("\(path)/\(name) has another value") }
                if one?.modPolicy != two?.modPolicy { differences.append("\(path)/\(name) is changed by \(one?.modPolicy ?? "nil")") }
            }
            for name in Set(left.policies.keys).union(right.policies.keys) {
                let (one, two) = (left.policies[name], right.policies[name])
                if one?.policy.value != two?.policy.value || one?.policy.type != two?.policy.type {
                    differences.append("\(path)/\(name) is another policy")
                }
                if one?.modPolicy != two?.modPolicy { differences.append("\(path)/\(name) is changed by \(one?.modPolicy ?? "nil")") }
            }
            for name in Set(left.groups.keys).union(right.groups.keys) {
                guard let one = left.groups[name], let two = right.groups[name] else {
                    differences.append("\(path)/\(name) is in one tree only")
                    continue
                }
                compare(one, two, "\(path)/\(name)")
            }
        }
        compare(ours, real, "/Channel")
        #expect(
            differences.sorted() == [
                "/Channel/Orderer is changed by /Channel/Orderer/BlockValidation",
                "/Channel/Orderer/BlockValidation is changed by /Channel/Orderer/BlockValidation",
                "/Channel/Orderer/ConsensusType has another value",
                "/Channel/Orderer/Orderers is changed by /Channel/Orderer/BlockValidation",
            ])
    }

    @Test func `the block reads back as the profile`() throws {
        let profile = try self.profile()
        let bundle = try ChannelBundle(block: profile.genesisBlock())
        #expect(bundle.channelID == profile.channelID)
        #expect(bundle.consenters == profile.consenters)
        #expect(bundle.batch == profile.batch)
        #expect(bundle.consensusType == "BFT")
        #expect(bundle.capabilities == profile.capabilities)
        #expect(bundle.applicationOrganizations.map(\.msp) == profile.applicationOrganizations.map(\.msp))
        #expect(try Orderer_Smartbft_Options.decode(bundle.consensusMetadata, as: "options").viewChangeTimeout == "20s")
    }

    @Test func `a committee of one and one of seven have their quorums`() throws {
        #expect((1...7).map(CommitteeQuorum.size(of:)) == [1, 2, 3, 3, 4, 5, 5])
        #expect((1...7).map(CommitteeQuorum.faults(of:)) == [0, 0, 0, 1, 1, 1, 2])
        let single = try self.profile {
            $0.consenters = Array($0.consenters.prefix(1))
            $0.ordererOrganizations = Array($0.ordererOrganizations.prefix(1))
        }
        let bundle = try ChannelBundle(block: single.genesisBlock())
        #expect(bundle.signaturePolicy("/Channel/Orderer/BlockValidation")?.rule == .outOf(count: 1, [.signedBy(0)]))
    }

    @Test func `profiles that cannot work are refused`() throws {
        let changes: [(inout GenesisProfile) -> Void] = [
            { $0.channelID = "Selvage" }, { $0.channelID = "" }, { $0.channelID = "1channel" }, { $0.channelID = "a_b" },
            { $0.consenters = [] }, { $0.consenters[0].id = 0 }, { $0.consenters[1].id = 1 }, { $0.consenters[0].mspID = "Org1MSP" },
            { $0.ordererOrganizations = [] }, { $0.applicationOrganizations = [] }, { $0.ordererOrganizations[0].endpoints = [] },
            { $0.applicationOrganizations[1].groupName = "Org1MSP" }, { $0.applicationOrganizations[1].groupName = "Org 2" },
            { $0.applicationOrganizations[1].msp = $0.applicationOrganizations[0].msp }, { $0.applicationOrganizations[0].msp.roots = [] },
            { $0.batch.maxMessageCount = 0 }, { $0.batch.preferredMaxBytes = $0.batch.absoluteMaxBytes + 1 },
            { $0.batch.timeoutMilliseconds = 0 },
            { $0.capabilities = Capabilities(channel: ["V9_0"], orderer: ["V2_0"], application: ["V2_5"]) },
        ]
        for (index, change) in changes.enumerated() {
            let profile = try self.profile(change)
            #expect(throws: ConfigurationError.self, "change \(index)") { try profile.genesisBlock() }
        }
    }

    @Test func `organisations of a development authority make a channel`() throws {
        var random = TestBytes()
        let validity = ValidityPeriod.decade(from: Timestamp(seconds: 1_780_000_000))
        var hospital = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "HospitalMSP", domain: "hospital.example", kind: .peer), random: &random, validity: validity)
        var clinic = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "ClinicMSP", domain: "clinic.example", kind: .orderer), random: &random, validity: validity)
        let peer = try hospital.issue(commonName: "peer0.hospital.example", role: .peer, random: &random)
        let user = try hospital.issue(commonName: "User1@hospital.example", role: .client, random: &random)
        let orderer = try clinic.issue(commonName: "orderer.clinic.example", role: .orderer, random: &random)
        let profile = GenesisProfile(
            channelID: "records", applicationOrganizations: [.init(msp: hospital.mspConfiguration())],
            ordererOrganizations: [.init(msp: clinic.mspConfiguration(), endpoints: ["localhost:7050"])],
            consenters: [Consenter(id: 1, host: "localhost", port: 7050, mspID: "ClinicMSP", identity: orderer.certificate.pem)],
            createdAt: Timestamp(seconds: 1_780_000_000))
        let bundle = try ChannelBundle(block: profile.genesisBlock())
        func signed(_ identity: SigningIdentity) throws -> [SignedMessage] {
            [SignedMessage(identity: identity.serialized, message: [1], signature: try identity.sign([1]))]
        }
        #expect(try bundle.evaluate(policy: "/Channel/Application/Writers", signed(user)) == .satisfied)
        #expect(try bundle.evaluate(policy: "/Channel/Application/Writers", signed(peer)).isSatisfied == false)
        #expect(try bundle.evaluate(policy: "/Channel/Application/Endorsement", signed(peer)) == .satisfied)
        #expect(try bundle.evaluate(policy: "/Channel/Orderer/BlockValidation", signed(orderer)) == .satisfied)
        #expect(try bundle.evaluate(policy: "/Channel/Orderer/BlockValidation", signed(peer)).isSatisfied == false)
    }
}

struct TestBytes: RandomSource {
    private var source = SeededRandomSource(seed: 71)
    mutating func bytes(count: Int) -> [UInt8] { self.source.bytes(count: count) }
}
