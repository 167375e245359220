import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel
import TestSupport

@testable import ChannelConfiguration
@testable import Ordering

/// Administrators, and what they ask for.
enum RequestPeople {
    /// Administrators of the nine institutions, by number.
    static let administrators = Result { () throws -> [Int: SigningIdentity] in
        let network = try GovernanceNetwork.shared.get()
        var random = SeededRandomSource(exactSeed: 77)
        var people: [Int: SigningIdentity] = [:]
        for number in 1...GovernanceNetwork.size {
            var authority = try found(network.authorities[GovernanceNetwork.id(number)])
            people[number] = try authority.issue(commonName: "Admin@m\(number).example", role: .admin, random: &random)
        }
        return people
    }

    static func client(_ number: Int = 1) throws -> SigningIdentity {
        try found(GovernanceNetwork.shared.get().clients[GovernanceNetwork.id(number)])
    }

    /// A request as a client sends it, signed by the administrators of institutions.
    static func request(
        on bundle: ChannelBundle, signers: [Int] = [1, 2, 3], others: [SigningIdentity] = [], sender: SigningIdentity? = nil, nonce: UInt8 = 1,
        seconds: Int64 = 1_780_000_100, _ change: (inout Common_ConfigGroup) throws -> Void
    ) throws -> Envelope {
        var config = bundle.config
        try change(&config.channelGroup)
        var update = try ConfigurationUpdate.compute(from: bundle.config, to: config, channelID: bundle.channelID)
        let people = try self.administrators.get()
        for signer in try signers.map({ try found(people[$0]) }) + others { try update.sign(by: signer, nonce: [nonce]) }
        return try update.envelope(
            channel: bundle.channelID, sender: try sender ?? self.client(), nonce: [UInt8](repeating: nonce, count: 24),
            timestamp: Timestamp(seconds: seconds))
    }

    static func batchSize(_ count: UInt32) -> (inout Common_ConfigGroup) throws -> Void {
        { group in
            var size = Orderer_BatchSize()
            (size.maxMessageCount, size.absoluteMaxBytes, size.preferredMaxBytes) = (count, 200_000, 100_000)
            group.groups["Orderer"]?.values["BatchSize"]?.value = size.encoded().data
        }
    }

    static func batchTimeout(_ text: String) -> (inout Common_ConfigGroup) throws -> Void {
        { group in
            var timeout = Orderer_BatchTimeout()
            timeout.timeout = text
            group.groups["Orderer"]?.values["BatchTimeout"]?.value = timeout.encoded().data
        }
    }

    /// Only administrators of the first three institutions may write from now on, and none of their clients.
    static func silenceClients(_ group: inout Common_ConfigGroup) throws {
        for number in 1...3 {
            let member = GovernanceNetwork.id(number)
            let policy = try SignaturePolicy(count: 1, of: [.role(member, .admin)])
            group.groups["Application"]?.groups[member.text]?.policies["Writers"]?.policy.value = policy.envelope().data
            group.groups["Orderer"]?.groups[member.text]?.policies["Writers"]?.policy.value = policy.envelope().data
        }
    }

    /// Other settings of governance.
    static func settings(_ bundle: ChannelBundle, _ change: (inout GovernanceSettings) throws -> Void) throws -> (inout Common_ConfigGroup) throws ->
        Void
    {
        var settings = try GovernanceSettingsFormat.decode(bundle.governance)
        try change(&settings)
        let old = try GovernanceCarriageFormat.metadata(options: [], governance: bundle.governance)
        let metadata = try GovernanceCarriageFormat.metadata(
            options: Array(bundle.consensusMetadata.dropLast(old.count)), governance: GovernanceSettingsFormat.encode(settings))
        return { group in try self.consensus(&group) { $0.metadata = metadata.data } }
    }

    static func consensus(_ group: inout Common_ConfigGroup, _ change: (inout Orderer_ConsensusType) -> Void) throws {
        var type = try Orderer_ConsensusType.decode(try found(group.groups["Orderer"]?.values["ConsensusType"]?.value), as: "consensus type")
        change(&type)
        group.groups["Orderer"]?.values["ConsensusType"]?.value = type.encoded().data
    }

    /// The CONFIG envelope that somebody writes who may write anything.
    static func configuration(_ config: Common_Config, request: Envelope?, by proposer: SigningIdentity, chain: [UInt8]) throws -> CheckedEnvelope {
        var message = Common_ConfigEnvelope()
        message.config = config
        if let request {
            message.lastUpdate.payload = request.payload.data
            message.lastUpdate.signature = request.signature.data
        }
        return try self.configuration(data: message.encoded(), by: proposer, chain: chain)
    }

    static func configuration(data: [UInt8], by proposer: SigningIdentity, chain: [UInt8]) throws -> CheckedEnvelope {
        let nonce = Array(SHA256.hash(concatenating: chain, data).prefix(24))
        let envelope = try ConfigurationTransaction.envelope(
            .config, data: data, channel: "records", signer: proposer, nonce: nonce, timestamp: Timestamp(seconds: 1_780_000_100))
        return CommitteeBlocks.checked(envelope, isConfiguration: true)
    }

    /// What a right proposer makes of a request.
    static func configuration(of request: Envelope, on bundle: ChannelBundle, by proposer: SigningIdentity, chain: [UInt8]) throws -> CheckedEnvelope
    {
        let successor = try bundle.successor(applying: ConfigurationUpdate(envelope: request))
        return try self.configuration(successor.config, request: request, by: proposer, chain: chain)
    }
}
