import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

@Suite struct ConfigurationTests {
    private func bundle(_ change: (inout Common_ConfigGroup) throws -> Void) throws -> ChannelBundle {
        var config = try RealNetwork.committee().config
        try change(&config.channelGroup)
        return try ChannelBundle(config: config, channelID: "bftch")
    }

    private func group(_ channel: inout Common_ConfigGroup, _ name: String, _ change: (inout Common_ConfigGroup) -> Void) {
        change(&channel.groups[name, default: Common_ConfigGroup()])
    }

    private func implicit(_ rule: Common_ImplicitMetaPolicy.Rule, _ name: String) -> Common_ConfigPolicy {
        var message = Common_ImplicitMetaPolicy()
        message.rule = rule
        message.subPolicy = name
        var entry = Common_ConfigPolicy()
        entry.policy.type = 3
        entry.policy.value = message.encoded().data
        return entry
    }

    // MARK: - Implicit policies

    @Test func `any, all and majority count the child groups`() throws {
        let bundle = try self.bundle { channel in
            self.group(&channel, "Orderer") {
                $0.policies["Any"] = self.implicit(.any, "Writers")
                $0.policies["All"] = self.implicit(.all, "Writers")
                $0.policies["Most"] = self.implicit(.majority, "Writers")
                $0.policies["Nobody"] = self.implicit(.any, "NoSuchPolicy")
            }
        }
        let identities = try bundle.consenters.map { try bundle.membership.identity($0.serializedIdentity) }
        func met(_ name: String, _ count: Int) throws -> Bool {
            try bundle.evaluate(policy: "/Channel/Orderer/\(name)", identities: Array(identities.prefix(count))).isSatisfied
        }
        #expect(try (0...4).map { try met("Any", $0) } == [false, true, true, true, true])
        #expect(try (0...4).map { try met("Most", $0) } == [false, false, false, true, true])
        #expect(try (0...4).map { try met("All", $0) } == [false, false, false, false, true])
        #expect(try met("Nobody", 4) == false)
    }

    @Test func `a child without the policy counts as one that fails`() throws {
        let bundle = try self.bundle { channel in
            self.group(&channel, "Application") { $0.groups["Org2MSP"]?.policies["Endorsement"] = nil }
        }
        let peers = bundle.membership.acceptedIdentities(try endorserSignatures(block("fabric-bft/0005.pb").envelopes[0]))
        #expect(peers.count == 2)
        guard case .unsatisfied(let missing) = try bundle.evaluate(policy: "/Channel/Application/Endorsement", identities: peers) else {
            Issue.record("satisfied although one organisation has no such policy")
            return
        }
        #expect(missing == "1 of: /Channel/Application/Org2MSP/Endorsement (does not exist)")
    }

    @Test func `without children an implicit policy always holds`() throws {
        let bundle = try self.bundle { channel in
            self.group(&channel, "Application") { $0.groups["Org1MSP"]?.policies["Own"] = self.implicit(.all, "Writers") }
        }
        #expect(try bundle.evaluate(policy: "/Channel/Application/Org1MSP/Own", identities: []) == .satisfied)
    }

    @Test func `the same identity serves every sub-policy`() throws {
        let bundle = try self.bundle { channel in
            self.group(&channel, "Application") { application in
                let first = application.groups["Org1MSP"]?.policies["Endorsement"]
                application.groups["Org2MSP"]?.policies["Endorsement"] = first
            }
        }
        let peers = bundle.membership.acceptedIdentities(try endorserSignatures(block("fabric-bft/0005.pb").envelopes[0]))
        let first = peers.filter { $0.mspID == "Org1MSP" }
        #expect(try bundle.evaluate(policy: "/Channel/Application/Endorsement", identities: first) == .satisfied)
    }

    // MARK: - Paths

    @Test func `policies are found by path, byte by byte`() throws {
        let bundle = try RealNetwork.committee()
        #expect(bundle.hasPolicy("/Channel/Application/Org1MSP/Readers"))
        #expect(bundle.hasPolicy("Orderer/BlockValidation"))
        #expect(bundle.policyPaths.contains("/Channel/Orderer/Ord3/Admins"))
        for path in ["", "/", "/Channel", "Channel/Readers", "/Channel/Application/", "/channel/readers", "/Channel/Bl\u{006F}\u{0301}ck"] {
            #expect(!bundle.hasPolicy(path))
            #expect(throws: ConfigurationError.self) { try bundle.evaluate(policy: path, identities: []) }
        }
    }

    @Test func `endorsement policies are a rule or a path`() throws {
        let bundle = try RealNetwork.committee()
        let reference = try bundle.applicationPolicy(EndorsementPolicy.channelDefault.serialized())
        #expect(Hex.encode(reference.serialized()) == "12202f4368616e6e656c2f4170706c69636174696f6e2f456e646f7273656d656e74")
        let peers = bundle.membership.acceptedIdentities(try endorserSignatures(block("fabric-bft/0005.pb").envelopes[0]))
        #expect(try bundle.evaluate(reference, identities: peers) == .satisfied)
        #expect(try bundle.evaluate(reference, identities: []).isSatisfied == false)
        let rule = EndorsementPolicy.signature(try SignaturePolicy(text: "OR('Org1MSP.peer')"))
        #expect(try bundle.applicationPolicy(rule.serialized()) == rule)
        #expect(throws: ConfigurationError.unknownPolicy(path: "/Channel/Nowhere")) {
            try bundle.evaluate(.reference("/Channel/Nowhere"), identities: peers)
        }
        #expect(throws: ConfigurationError.self) { try bundle.applicationPolicy([]) }
        #expect(throws: ConfigurationError.self) { try bundle.applicationPolicy([0xFF]) }
        #expect(throws: ConfigurationError.self) { try bundle.applicationPolicy([0x0A, 0x00]) }
    }

    @Test func `the channel may choose another policy for a resource`() throws {
        var acls = Protos_ACLs()
        acls.acls["peer/Propose", default: Protos_APIResource()].policyRef = "/Channel/Application/Admins"
        acls.acls["event/Block", default: Protos_APIResource()].policyRef = "Writers"
        let bundle = try self.bundle { channel in
            self.group(&channel, "Application") { $0.values["ACLs", default: Common_ConfigValue()].value = acls.encoded().data }
        }
        #expect(bundle.policyPath(forResource: "peer/Propose", fallback: "x") == "/Channel/Application/Admins")
        #expect(bundle.policyPath(forResource: "event/Block", fallback: "x") == "/Channel/Application/Writers")
        #expect(bundle.policyPath(forResource: "qscc/GetChainInfo", fallback: "/Channel/Application/Readers") == "/Channel/Application/Readers")
    }

    // MARK: - What is refused

    @Test func `configurations that miss or break a part are refused`() throws {
        func set(_ message: [UInt8]) -> Common_ConfigValue {
            var value = Common_ConfigValue()
            value.value = message.data
            return value
        }
        var capabilities = Common_Capabilities()
        capabilities.capabilities["V9_9"] = Common_Capability()
        let unknownCapability = set(capabilities.encoded())
        let old = Capabilities.message(["V1_4_2"]).encoded()
        var hashing = Common_HashingAlgorithm()
        hashing.name = "SHA3_256"
        let otherHash = set(hashing.encoded())
        var unknownRule = self.implicit(.UNRECOGNIZED(9), "Writers")
        unknownRule.version = 1
        var mspPolicy = Common_ConfigPolicy()
        mspPolicy.policy.type = 2
        let changes: [(inout Common_ConfigGroup) -> Void] = [
            { $0.groups["Orderer"] = nil }, { $0.groups["Application"] = nil }, { $0.values["Capabilities"] = nil },
            { $0.values["Capabilities"] = unknownCapability }, { $0.groups["Application"]?.values["Capabilities"] = set(old) },
            { $0.groups["Orderer"]?.values["Capabilities"] = unknownCapability }, { $0.values["HashingAlgorithm"] = otherHash },
            { $0.values["BlockDataHashingStructure"] = set([]) }, { $0.values["Capabilities"] = set([0xFF]) },
            { $0.groups["Orderer"]?.values["ConsensusType"] = nil }, { $0.groups["Orderer"]?.values["BatchSize"] = nil },
            { $0.groups["Orderer"]?.values["BatchTimeout"] = set([]) }, { $0.groups["Orderer"]?.values["Orderers"] = nil },
            { $0.groups["Orderer"]?.values["Orderers"] = set([]) }, { $0.groups["Application"]?.groups["Org1MSP"]?.values["MSP"] = nil },
            { $0.groups["Application"]?.groups["Org1MSP"]?.values["MSP"] = set([0x08, 0x01]) },
            {
                let second = $0.groups["Application"]?.groups["Org2MSP"]?.values["MSP"]
                $0.groups["Application"]?.groups["Org1MSP"]?.values["MSP"] = second
            },
            { $0.policies["Bad"] = Common_ConfigPolicy() }, { $0.policies["Bad"] = unknownRule }, { $0.policies["Bad"] = mspPolicy },
            { $0.policies["Bad name"] = $0.policies["Readers"] }, { $0.values["\u{212A}"] = set([]) }, { $0.groups[".."] = Common_ConfigGroup() },
            { $0.groups[""] = Common_ConfigGroup() }, { $0.groups[String(repeating: "a", count: 250)] = Common_ConfigGroup() },
        ]
        for (index, change) in changes.enumerated() {
            #expect(throws: ConfigurationError.self, "change \(index)") { try self.bundle { change(&$0) } }
        }
    }

    @Test func `groups nest to a limit`() throws {
        func nested(_ depth: Int) -> Common_ConfigGroup {
            var group = Common_ConfigGroup()
            for _ in 0..<depth {
                var outer = Common_ConfigGroup()
                outer.groups["g"] = group
                group = outer
            }
            return group
        }
        _ = try self.bundle { $0.groups["Extra"] = nested(Limits.groupDepth - 1) }
        #expect(throws: ConfigurationError.tooLarge(what: "nested groups", limit: Limits.groupDepth)) {
            try self.bundle { $0.groups["Extra"] = nested(Limits.groupDepth) }
        }
    }

    @Test func `blocks that hold something else are refused`() throws {
        #expect(throws: ConfigurationError.self) { try ChannelBundle(block: block("fabric/block_008.pb")) }
        #expect(throws: ConfigurationError.self) { try ChannelBundle(block: block("fabric/block_036.pb")) }
        #expect(throws: ConfigurationError.self) { try ChannelBundle(block: OrderedBlock(number: 1, previousHash: [], envelopes: [[1, 2, 3]])) }
        #expect(throws: ConfigurationError.self) { try ChannelBundle(configEnvelope: [], channelID: "a") }
    }

    @Test func `changed bytes are read or refused, never more`() throws {
        var random = SeededGenerator(seed: 81)
        let good = try RealNetwork.single().config.encoded()
        for _ in 0..<150 {
            var bytes = good
            for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            guard let config = try? Common_Config.decode(bytes, as: "test"), let bundle = try? ChannelBundle(config: config, channelID: "c") else {
                continue
            }
            _ = try? bundle.evaluate(policy: "/Channel/Writers", identities: [])
        }
    }

    // MARK: - Durations

    @Test(arguments: [
        ("2s", 2_000_000_000 as Int64), ("200ms", 200_000_000), ("1m30s", 90_000_000_000), ("3m0s", 180_000_000_000), ("1.5h", 5_400_000_000_000),
        ("0", 0), ("+1ns", 1), ("1us", 1_000), ("1µs", 1_000), (".5s", 500_000_000), ("1.s", 1_000_000_000), ("0.0000000019s", 1),
    ])
    func `durations are read as Go writes them`(text: String, nanoseconds: Int64) {
        #expect(DurationText.nanoseconds(text) == nanoseconds)
    }

    @Test(arguments: ["", "-1s", "2", "s", ".", ".s", "2 s", "2S", "1d", "99999999999h", "9223372036854775808ns", "1s1", "++1s", "+", "1..2s"])
    func `other texts are no durations`(text: String) {
        #expect(DurationText.nanoseconds(text) == nil)
    }

    @Test func `durations are written shortly`() {
        #expect(DurationText.text(milliseconds: 2_000) == "2s")
        #expect(DurationText.text(milliseconds: 1_250) == "1250ms")
    }
}
