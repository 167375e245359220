import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

@Suite struct CommitteeChangeTests {
    private let network: UpdateNetwork

    init() throws {
        self.network = try UpdateNetwork.shared.get()
    }

    /// The change of the committee in office to the members with these numbers.
    private func change(_ numbers: [Int], from bundle: ChannelBundle? = nil) throws -> CommitteeChange {
        try CommitteeChange(
            from: bundle ?? self.network.bundle, to: numbers.map { self.network.consenters[$0 - 1] },
            organizations: numbers.map { self.network.organizations[$0 - 1] })
    }

    private func sign(_ change: CommitteeChange, _ numbers: [Int]) throws -> [ConfigurationSignature] {
        try numbers.map { try change.signature(by: self.network.members[$0 - 1], nonce: [UInt8($0)]) }
    }

    private func configEnvelope(_ change: CommitteeChange, _ update: ConfigurationUpdate) throws -> [UInt8] {
        let request = try update.envelope(channel: "records", sender: self.network.members[0], nonce: [7], timestamp: UpdateNetwork.time)
        return try ConfigurationTransaction(request: request, to: change.bundle).configEnvelope
    }

    @Test func `a quorum of the committee in office replaces a member, its organisation and the block policy at once`() throws {
        let change = try self.change([1, 2, 3, 5])
        let update = try change.update(signatures: self.sign(change, [4, 1, 2]))
        let bytes = try self.configEnvelope(change, update)
        try change.check(configEnvelope: bytes)
        let after = try self.network.bundle.successor(verifying: bytes)
        #expect(after.consenters.map(\.id) == [1, 2, 3, 5])
        #expect(after.ordererOrganizations.map(\.groupName) == ["Ord1", "Ord2", "Ord3", "Ord5"])
        #expect(after.ordererEndpoints.contains("ord5.example:7050") && !after.ordererEndpoints.contains("ord4.example:7050"))
        #expect(try after.signaturePolicy("/Channel/Orderer/BlockValidation") == CommitteeQuorum.policy(of: after.consenters))
        #expect(after.config.encoded() == change.successor.config.encoded())
        #expect(after.sequence == 1)
        // What stays keeps its versions.
        let orderer = try #require(after.config.channelGroup.groups["Orderer"])
        #expect(orderer.version == 1 && orderer.groups["Ord1"]?.version == 0 && orderer.values["BatchSize"]?.version == 0)
        #expect(orderer.values["Orderers"]?.version == 1 && orderer.policies["BlockValidation"]?.version == 1)
        // The same committee is written by the genesis profile.
        #expect(Set(orderer.groups["Ord5"]?.policies.keys.map { $0 } ?? []) == ["Readers", "Writers", "Admins"])
    }

    @Test func `a committee in which no organisation comes or goes needs no change of the group`() throws {
        // Member 4 signs with a new key from now on.
        var random = SeededRandomSource(exactSeed: 4)
        var authority = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "Ord1MSP", domain: "ord1.example", kind: .orderer), random: &random,
            validity: ValidityPeriod.decade(from: UpdateNetwork.time))
        let stranger = try authority.issue(commonName: "orderer.ord1.example", role: .orderer, random: &random)
        var consenters = Array(self.network.consenters.prefix(4))
        consenters[0].port = 7051
        let change = try CommitteeChange(
            from: self.network.bundle, to: consenters, organizations: Array(self.network.organizations.prefix(4)))
        #expect(change.successor.config.channelGroup.groups["Orderer"]?.version == 0)
        #expect(change.successor.config.channelGroup.groups["Orderer"]?.policies["BlockValidation"]?.version == 0)
        // A certificate of another authority of the same name is nobody's.
        consenters[0].identity = stranger.certificate.pem
        #expect(throws: ConfigurationUpdateError.self) {
            try CommitteeChange(from: self.network.bundle, to: consenters, organizations: Array(self.network.organizations.prefix(4)))
        }
    }

    @Test func `everybody computes the same bytes, in whichever order the committee is named`() throws {
        let first = try self.change([1, 2, 3, 5])
        #expect(try self.change([5, 3, 1, 2]).updateBytes == first.updateBytes)
        let reread = try ChannelBundle(block: self.network.genesis)
        #expect(try self.change([1, 2, 3, 5], from: reread).updateBytes == first.updateBytes)
        #expect(try self.change([1, 2, 3]).updateBytes != first.updateBytes)
    }

    @Test(arguments: [[1, 2, 3], [1, 2, 3, 4, 5], [4], [2, 3, 5]])
    func `committees grow and shrink`(numbers: [Int]) throws {
        let change = try self.change(numbers)
        let update = try change.update(signatures: self.sign(change, [1, 3, 4]))
        let after = try self.network.bundle.successor(applying: update)
        #expect(after.consenters.map { Int($0.id) } == numbers)
        let back = try self.change([1, 2, 3, 4], from: after)
        let quorum = Array(numbers.prefix(CommitteeQuorum.size(of: numbers.count)))
        let again = try after.successor(applying: back.update(signatures: self.sign(back, quorum)))
        #expect(again.consenters == self.network.bundle.consenters)
        #expect(again.sequence == 2)
        if !numbers.contains(1) {
            #expect(throws: ConfigurationUpdateError.self) { try back.update(signatures: self.sign(back, [1])) }
        }
    }

    @Test func `fewer than a quorum, strangers, administrators and repetitions do not authorise`() throws {
        let change = try self.change([1, 2, 3, 5])
        func expectRefused(_ signatures: [ConfigurationSignature]) throws {
            do {
                _ = try change.update(signatures: signatures)
                Issue.record("authorised")
            } catch {
                guard case .unauthorized(_, "/Channel/Orderer/BlockValidation", _) = error else { throw error }
            }
        }
        let admins = try self.network.memberAdmins.map { try change.signature(by: $0, nonce: [1]) }
        let strangers = try self.network.admins.map { try change.signature(by: $0, nonce: [1]) }
        let other = try self.change([1, 2, 5])
        try expectRefused([])
        try expectRefused(self.sign(change, [1, 2]))
        try expectRefused(self.sign(change, [1, 2, 2, 1, 5]))
        try expectRefused(self.sign(change, [1, 2]) + admins + strangers + self.sign(other, [3, 4]))
        var wrong = try self.sign(change, [3])
        wrong[0].signature[10] ^= 1
        try expectRefused(self.sign(change, [1, 2]) + wrong)
        // Among others, three good ones are enough, and only they are kept.
        let update = try change.update(signatures: admins + wrong + self.sign(change, [5, 4, 4, 2, 3]) + strangers)
        #expect(update.signatures.map { change.signer(of: $0)?.id } == [2, 3, 4])
        #expect(try self.network.bundle.successor(applying: update).consenters.map(\.id) == [1, 2, 3, 5])
        #expect(change.signer(of: ConfigurationSignature(signatureHeader: [0xFF], signature: [])) == nil)
        #expect(change.signer(of: strangers[0]) == nil && change.signer(of: admins[0]) == nil)
    }

    @Test func `administrators cannot change the committee, alone or together`() throws {
        let change = try self.change([1, 2, 3, 5])
        var update = ConfigurationUpdate(updateBytes: change.updateBytes)
        for admin in self.network.admins + self.network.memberAdmins { try update.sign(by: admin, nonce: [1]) }
        do {
            _ = try self.network.bundle.successor(applying: update, strictness: .replay)
            Issue.record("authorised")
        } catch {
            guard case .unauthorized(ConfigurationElement(.group, "/Channel/Orderer"), _, _) = error else { throw error }
        }
    }

    @Test func `a block with another change, or one that is not authorised, is not the one that was decided`() throws {
        let change = try self.change([1, 2, 3, 5])
        let other = try self.change([1, 2, 3])
        let bytes = try self.configEnvelope(other, other.update(signatures: self.sign(other, [1, 2, 3])))
        #expect(throws: ConfigurationUpdateError.anotherUpdate) { try change.check(configEnvelope: bytes) }
        let few = try ConfigurationUpdate(updateBytes: change.updateBytes, signatures: self.sign(change, [1, 2]))
        let request = try few.envelope(channel: "records", sender: self.network.members[0], nonce: [7], timestamp: UpdateNetwork.time)
        let forged = ConfigurationTransaction.configEnvelope(change.successor.config, lastUpdate: request)
        #expect(throws: ConfigurationUpdateError.self) { try change.check(configEnvelope: forged) }
        #expect(throws: ConfigurationUpdateError.self) { try change.check(configEnvelope: [0xFF]) }
    }

    @Test func `committees that cannot work are refused with the element in question`() throws {
        let mapping = ConfigurationElement(.value, "/Channel/Orderer/Orderers")
        func expect(
            _ element: ConfigurationElement?, _ edit: (inout [Consenter], inout [GenesisProfile.Organization]) -> Void,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            var consenters = Array(self.network.consenters.prefix(3))
            var organizations = Array(self.network.organizations.prefix(3))
            edit(&consenters, &organizations)
            do {
                _ = try CommitteeChange(from: self.network.bundle, to: consenters, organizations: organizations)
                Issue.record("accepted", sourceLocation: sourceLocation)
            } catch {
                guard let element else { return }
                guard case .forbiddenChange(element, _) = error else {
                    Issue.record("\(error)", sourceLocation: sourceLocation)
                    return
                }
            }
        }
        expect(mapping) { consenters, _ in consenters[0].id = 0 }
        expect(mapping) { consenters, _ in consenters[0].mspID = "NoMSP" }
        expect(mapping) { consenters, _ in consenters[0].id = 4 }
        expect(mapping) { consenters, _ in consenters[1].identity = [1] }
        expect(nil) { consenters, _ in consenters[1] = consenters[0] }
        expect(nil) { consenters, organizations in (consenters, organizations) = ([], []) }
        expect(ConfigurationElement(.group, "/Channel/Orderer/Ord5")) { [network] _, organizations in organizations.append(network.organizations[4]) }
        expect(ConfigurationElement(.group, "/Channel/Orderer/Ord1")) { _, organizations in organizations[0].endpoints = ["elsewhere:1"] }
        expect(ConfigurationElement(.group, "/Channel/Orderer/Ord1")) { _, organizations in organizations[0].msp.tlsRoots = [] }
        expect(ConfigurationElement(.group, "/Channel/Orderer/Ord2")) { _, organizations in organizations.append(organizations[1]) }
        expect(nil) { _, organizations in organizations.removeLast() }
        expect(nil) { [network] consenters, organizations in
            consenters.append(network.consenters[4])
            organizations.append(network.organizations[4])
            organizations[3].endpoints = []
        }
        #expect(throws: ConfigurationUpdateError.noChange) { try self.change([1, 2, 3, 4]) }
    }

    @Test func `where administrators guard the committee, it cannot change itself`() throws {
        let bundle = try RealNetwork.committee()
        let element = ConfigurationElement(.group, "/Channel/Orderer")
        #expect(throws: ConfigurationUpdateError.forbiddenChange(element, reason: "it is guarded by 'Admins', so the committee cannot change it")) {
            try CommitteeChange(from: bundle, to: [], organizations: [])
        }
        let type = ConfigurationElement(.value, "/Channel/Orderer/ConsensusType")
        #expect(throws: ConfigurationUpdateError.forbiddenChange(type, reason: "the channel has no committee")) {
            try CommitteeChange(from: RealNetwork.single(), to: [], organizations: [])
        }
    }
}
