import FabricMessages
import Identity
import LedgerModel
import Testing

@testable import ChannelConfiguration

/// What an update still needs, and what policies ask for.
struct UpdateReviewTests {
    private let network: UpdateNetwork

    init() throws {
        self.network = try UpdateNetwork.shared.get()
    }

    private func review(_ signers: [SigningIdentity], _ change: (inout Common_ConfigGroup) -> Void) throws -> UpdateReview {
        try self.network.bundle.review(self.network.update(signers: signers, change))
    }

    private func batch(_ group: inout Common_ConfigGroup) {
        group.groups["Orderer"]?.values["BatchSize"]?.value = UpdateNetwork.batchSize(7).data
    }

    private func texts(_ sets: SatisfyingSets) -> [[String]] { sets.sets.map { $0.map(\.description) } }

    @Test func `without signatures every policy is named with what it guards and the smallest sets of signers`() throws {
        let review = try self.review([], self.batch)
        #expect(!review.isAuthorized)
        #expect(review.demands.map(\.policy) == ["/Channel/Orderer/Admins"])
        #expect(review.demands[0].elements == [ConfigurationElement(.value, "/Channel/Orderer/BatchSize")])
        #expect(
            self.texts(review.demands[0].missing) == [
                ["Ord1MSP.admin", "Ord2MSP.admin", "Ord3MSP.admin"], ["Ord1MSP.admin", "Ord2MSP.admin", "Ord4MSP.admin"],
                ["Ord1MSP.admin", "Ord3MSP.admin", "Ord4MSP.admin"], ["Ord2MSP.admin", "Ord3MSP.admin", "Ord4MSP.admin"],
            ])
        #expect(review.successor.batch.maxMessageCount == 7)
    }

    @Test func `signatures that are there make the sets smaller, until nothing is missing`() throws {
        let two = try self.review([self.network.memberAdmins[0], self.network.memberAdmins[2]], self.batch)
        #expect(!two.isAuthorized)
        #expect(self.texts(two.demands[0].missing) == [["Ord2MSP.admin"], ["Ord4MSP.admin"]])
        let three = try self.review(Array(self.network.memberAdmins.prefix(3)), self.batch)
        #expect(three.isAuthorized)
        #expect(three.demands[0].missing.sets.isEmpty)
        #expect(three.signers.map(\.mspID) == ["Ord1MSP", "Ord2MSP", "Ord3MSP"])
    }

    @Test func `each policy is asked for itself, and new elements through their group`() throws {
        let review = try self.review([self.network.admins[0]]) { group in
            group.groups["Application"]?.groups["Org1"]?.policies["Readers"]?.modPolicy = "Writers"
            let readers = group.groups["Application"]?.groups["Org2"]?.policies["Readers"]
            group.groups["Application"]?.groups["Org2"]?.policies["Extra"] = readers
        }
        #expect(review.demands.map(\.policy) == ["/Channel/Application/Org1/Admins", "/Channel/Application/Org2/Admins"])
        #expect(review.demands.map(\.isMet) == [true, false])
        #expect(self.texts(review.demands[1].missing) == [["Org2MSP.admin"]])
        #expect(review.demands[1].elements == [ConfigurationElement(.group, "/Channel/Application/Org2")])
    }

    @Test func `signatures that count for nothing are named by their places`() throws {
        var update = try self.network.update(signers: [self.network.memberAdmins[0]], self.batch)
        try update.sign(by: self.network.memberAdmins[0], nonce: [9])
        try update.sign(by: self.network.memberAdmins[4], nonce: [9])
        try update.sign(by: self.network.memberAdmins[1], nonce: [9])
        update.signatures.append(ConfigurationSignature(signatureHeader: update.signatures[0].signatureHeader, signature: [1]))
        let review = try self.network.bundle.review(update)
        #expect(review.ignored == [1, 2, 4])
        #expect(review.signers.map(\.mspID) == ["Ord1MSP", "Ord2MSP"])
    }

    @Test func `a rule that is broken is said as always, whoever has signed`() throws {
        let update = try self.network.update(signers: []) { group in
            group.groups["Orderer"]?.values["BatchSize"]?.value = UpdateNetwork.batchSize(0).data
        }
        #expect(throws: ConfigurationUpdateError.self) { try self.network.bundle.review(update) }
        let after = try self.network.bundle.successor(
            applying: self.network.update(signers: Array(self.network.memberAdmins.prefix(4)), self.batch))
        let old = try self.network.update(signers: [], self.batch)
        let element = ConfigurationElement(.value, "/Channel/Orderer/BatchSize")
        #expect(throws: ConfigurationUpdateError.changedElementVersion(element, found: 1, expected: 2)) { try after.review(old) }
    }

    @Test func `a policy is explained down to the organisations`() throws {
        let explanation = try self.network.bundle.explain(policy: "/Channel/Application/Admins")
        #expect(
            explanation.outline == [
                "/Channel/Application/Admins: 2 of 2 groups", "  /Channel/Application/Org1/Admins: OR('Org1MSP.admin')",
                "  /Channel/Application/Org2/Admins: OR('Org2MSP.admin')",
            ])
        #expect(self.texts(explanation.smallest) == [["Org1MSP.admin", "Org2MSP.admin"]])
        #expect(explanation.smallest.isComplete)
        #expect(throws: ConfigurationError.unknownPolicy(path: "/Channel/Nothing")) { try self.network.bundle.explain(policy: "/Channel/Nothing") }
        // One administrator serves both groups that he is in, and the committee's policy asks for certificates.
        let committee = try self.network.bundle.explain(policy: "/Channel/Orderer/BlockValidation", limit: 2)
        #expect(committee.smallest.sets.map(\.count) == [3, 3])
        #expect(!committee.smallest.isComplete)
    }

    @Test func `errors name the path of their element`() {
        #expect(ConfigurationUpdateError.withoutEffect(ConfigurationElement(.policy, "/Channel/Admins")).path == "/Channel/Admins")
        #expect(ConfigurationUpdateError.unusableResult(.missing(path: "/Channel/Orderer/BatchSize")).path == "/Channel/Orderer/BatchSize")
        #expect(ConfigurationError.unsupportedCapability(group: "Channel", reason: "").path == "/Channel/Capabilities")
        #expect(ConfigurationError.unsupportedCapability(group: "Orderer", reason: "").path == "/Channel/Orderer/Capabilities")
        #expect(ConfigurationUpdateError.noChange.path == nil)
    }
}
