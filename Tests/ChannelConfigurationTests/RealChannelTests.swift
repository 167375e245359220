import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

/// Blocks that stock Hyperledger Fabric v3.1.5 wrote.
@Suite struct RealChannelTests {
    @Test func `the channel of one ordering node is read`() throws {
        let bundle = try RealNetwork.single()
        #expect(bundle.channelID == "labch")
        #expect(bundle.sequence == 0)
        #expect(bundle.applicationOrganizations.map(\.mspID) == ["Org1MSP", "Org2MSP"])
        #expect(bundle.ordererOrganizations.count == 1)
        #expect(bundle.consensusType == "etcdraft")
        #expect(bundle.consenters.isEmpty)
        #expect(bundle.batch.maxMessageCount == 10)
        #expect(bundle.capabilities == .current)
        #expect(bundle.membership.mspIDs.count == 3)
    }

    @Test func `the channel of a committee is read`() throws {
        let bundle = try RealNetwork.committee()
        #expect(bundle.channelID == "bftch")
        #expect(bundle.ordererOrganizations.map(\.groupName) == ["Ord1", "Ord2", "Ord3", "Ord4"])
        #expect(bundle.ordererOrganizations.map(\.mspID) == ["Ord1MSP", "Ord2MSP", "Ord3MSP", "Ord4MSP"])
        #expect(bundle.ordererEndpoints == ["127.0.0.1:6101", "127.0.0.1:6102", "127.0.0.1:6103", "127.0.0.1:6104"])
        #expect(bundle.consensusType == "BFT")
        #expect(bundle.consenters.map(\.id) == [1, 2, 3, 4])
        #expect(bundle.consenters.map(\.port) == [6101, 6102, 6103, 6104])
        #expect(
            bundle.batch
                == BatchConfiguration(maxMessageCount: 10, absoluteMaxBytes: 10 << 20, preferredMaxBytes: 2 << 20, timeoutMilliseconds: 200))
        #expect(bundle.applicationOrganizations.first?.anchorPeers == [AnchorPeer(host: "127.0.0.1", port: 7051)])
        let identity = try bundle.membership.identity(bundle.consenters[0].serializedIdentity)
        #expect(identity.role == .orderer && identity.mspID == "Ord1MSP")
    }

    @Test func `its block policy is the one that we would write`() throws {
        let bundle = try RealNetwork.committee()
        let written = try #require(bundle.signaturePolicy("/Channel/Orderer/BlockValidation"))
        #expect(try CommitteeQuorum.policy(of: bundle.consenters) == written)
        let entry = try #require(bundle.config.channelGroup.groups["Orderer"]?.policies["BlockValidation"])
        #expect(written.envelope() == entry.policy.value.byteArray)
    }

    @Test func `every signature policy encodes back to its bytes, and every organisation to its`() throws {
        for bundle in [try RealNetwork.single(), try RealNetwork.committee()] {
            var policies = 0
            var organizations = 0
            func visit(_ group: Common_ConfigGroup) throws {
                for entry in group.policies.values where entry.policy.type == 1 {
                    policies += 1
                    let bytes = entry.policy.value.byteArray
                    let policy = try SignaturePolicy(envelope: bytes)
                    #expect(policy.envelope() == bytes)
                    if !policy.description.contains("IDENTITY") { #expect(try SignaturePolicy(text: policy.description).envelope() == bytes) }
                }
                if let value = group.values["MSP"] {
                    organizations += 1
                    let message = try Msp_MSPConfig.decode(value.value, as: "MSP")
                    #expect(try MSPConfiguration(message: message).message().encoded() == value.value.byteArray)
                }
                for child in group.groups.values { try visit(child) }
            }
            try visit(bundle.config.channelGroup)
            #expect(policies > 10 && organizations >= 3)
        }
    }

    @Test func `creators and endorsers have the roles that the policies ask for`() throws {
        let bundle = try RealNetwork.single()
        let envelope = try block("fabric/block_008.pb").envelopes[0]
        let creator = try creatorSignature(envelope)
        #expect(try bundle.membership.verify(creator.signature, of: creator.message, by: creator.identity).role != .peer)
        #expect(try bundle.evaluate(policy: "/Channel/Application/Writers", [creator]) == .satisfied)
        #expect(try bundle.evaluate(policy: "Application/Writers", [creator]) == .satisfied)
        #expect(try bundle.evaluate(policy: "/Channel/Writers", [creator]) == .satisfied)
        #expect(try bundle.evaluate(policy: "/Channel/Application/Endorsement", [creator]).isSatisfied == false)
        let endorsers = try endorserSignatures(envelope)
        #expect(bundle.membership.acceptedIdentities(endorsers).map(\.role) == [.peer, .peer])
        #expect(try bundle.evaluate(policy: "/Channel/Application/Endorsement", endorsers) == .satisfied)
        #expect(try bundle.evaluate(policy: "/Channel/Application/Writers", endorsers).isSatisfied == false)
        #expect(try bundle.evaluate(policy: "/Channel/Application/Endorsement", Array(endorsers.prefix(1))).isSatisfied == false)
    }

    @Test func `the endorsements of block 36 are judged as the peer judged them`() throws {
        let bundle = try RealNetwork.single()
        let block = try block("fabric/block_036.pb")
        let policy = EndorsementPolicy.signature(try SignaturePolicy(text: "AND('Org1MSP.peer', 'Org2MSP.peer')"))
        let codes = try #require(block.storedCodes)
        #expect(codes.contains(.valid) && codes.contains(.endorsementPolicyFailure))
        for (envelope, code) in zip(block.envelopes, codes) {
            let identities = bundle.membership.acceptedIdentities(try endorserSignatures(envelope))
            #expect(try bundle.evaluate(policy, identities: identities).isSatisfied == (code == .valid))
        }
    }

    @Test(arguments: ["016", "017"])
    func `one of two endorsers is enough where either may endorse`(number: String) throws {
        let bundle = try RealNetwork.single()
        let identities = bundle.membership.acceptedIdentities(try endorserSignatures(block("fabric/block_\(number).pb").envelopes[0]))
        #expect(try SignaturePolicy(text: "OR('Org1MSP.peer', 'Org2MSP.peer')").evaluate(identities) == .satisfied)
        guard case .unsatisfied(let missing) = try SignaturePolicy(text: "AND('Org1MSP.peer', 'Org2MSP.peer')").evaluate(identities) else {
            Issue.record("one endorser satisfies both organisations")
            return
        }
        #expect(missing == "1 more signature: 'Org\(number == "016" ? 2 : 1)MSP.peer'")
    }

    @Test(arguments: ["070", "071"])
    func `creators are judged as the peer judged them`(number: String) throws {
        let bundle = try RealNetwork.single()
        let block = try block("fabric/block_\(number).pb")
        let codes = try #require(block.storedCodes)
        for (envelope, code) in zip(block.envelopes, codes) {
            let creator = try creatorSignature(envelope)
            let isGood = (try? bundle.membership.verify(creator.signature, of: creator.message, by: creator.identity)) != nil
            #expect(isGood == (code != .badCreatorSignature))
        }
    }

    @Test func `a quorum of the committee satisfies the block policy, one less does not, and nobody counts twice`() throws {
        let bundle = try RealNetwork.committee()
        let signatures = try committeeSignatures(block("fabric-bft/0005.pb"), under: bundle)
        let path = "/Channel/Orderer/BlockValidation"
        #expect(signatures.count == CommitteeQuorum.size(of: 4))
        #expect(try bundle.evaluate(policy: path, signatures) == .satisfied)
        #expect(try bundle.evaluate(policy: path, Array(signatures.reversed())) == .satisfied)
        let two = Array(signatures.dropLast())
        #expect(try bundle.evaluate(policy: path, two).isSatisfied == false)
        #expect(try bundle.evaluate(policy: path, two + two).isSatisfied == false)
        var changed = signatures
        changed[0].message[0] ^= 1
        #expect(try bundle.evaluate(policy: path, changed).isSatisfied == false)
    }

    // MARK: - Whole ledgers, where the data is

    @Test(.enabled(if: SharedData.contains("vectors/fabric/blocks"), SharedData.reason))
    func `in the whole ledger of one ordering node, wrong creators are those that the peer found`() throws {
        let bundle = try RealNetwork.single()
        var checked = 0
        for name in SharedData.list("vectors/fabric/blocks") {
            let block = try OrderedBlock(serialized: #require(SharedData.read("vectors/fabric/blocks/\(name)")))
            guard let codes = block.storedCodes, block.number != 0 else { continue }
            for (envelope, code) in zip(block.envelopes, codes) {
                guard let creator = try? creatorSignature(envelope) else { continue }
                let isGood = (try? bundle.membership.verify(creator.signature, of: creator.message, by: creator.identity)) != nil
                if code == .badCreatorSignature { #expect(!isGood, "\(name)") }
                if code == .valid { #expect(isGood, "\(name)") }
                checked += 1
            }
        }
        #expect(checked > 80)
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric-bft/blocks_peer1"), SharedData.reason))
    func `every block of the committee satisfies the policy of the configuration before it`() throws {
        var bundle = try RealNetwork.committee()
        var configurations = 0
        for name in SharedData.list("vectors/fabric-bft/blocks_peer1").dropFirst() {
            let block = try OrderedBlock(serialized: #require(SharedData.read("vectors/fabric-bft/blocks_peer1/\(name)")))
            let signatures = try committeeSignatures(block, under: bundle)
            #expect(try bundle.evaluate(policy: "/Channel/Orderer/BlockValidation", signatures) == .satisfied, "\(name)")
            if let next = try? ChannelBundle(block: block) {
                configurations += 1
                #expect(next.sequence == bundle.sequence + 1)
                bundle = next
            }
        }
        #expect(configurations == 5)
    }
}
