import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel
import SystemContracts

extension Story {
    /// Stage 1: tells of the network.
    func tellNetwork() throws {
        let (narrator, profile) = (self.narrator, self.network.profile)
        try self.network.writeFolders(below: self.directory)
        narrator.done(
            "\(Organizations.consortium.count) organisations with their own certificate authority and peer: "
                + Organizations.consortium.map(\.mspID.text).joined(separator: ", "))
        narrator.done("\(Organizations.custodians.count) custodian organisations, each with a peer of its own that follows the ledger")
        let founders = profile.founders.count
        narrator.done(
            "channel '\(Organizations.channel)', genesis block \(Self.short(self.network.genesis.headerHash)): a founding committee of \(founders) orders"
                + (founders > 1 ? ", \(CommitteeQuorum.size(of: founders)) of them sign every block" : " and signs alone"))
        narrator.done(
            "in office until the first election: \(Self.list(profile.founders.map(\.mspID))); "
                + "every member has a key that it uses for blocks and nothing else")
    }

    /// Has the contracts defined by three of the four organisations.
    func defineContracts() async throws {
        let narrator = self.narrator
        let admin = try self.network.issue("Admin@\(Organizations.consortium[0].domain)", .admin, of: Organizations.consortium[0])
        let gateway = self.network.gateway(admin)
        let policy = try SignaturePolicy(text: Organizations.endorsementPolicy)
        var parameter = Protos_ApplicationPolicy()
        parameter.signaturePolicy = try Common_SignaturePolicyEnvelope.decode(policy.envelope(), as: "endorsement policy")
        for contract in MedicalContracts.all {
            let definition = ChaincodeDefinition(
                name: Namespace(contract.name), version: "1.0", sequence: 1, validationParameter: parameter.encoded())
            self.network.approve(definition)
            var arguments = Lifecycle_CommitChaincodeDefinitionArgs()
            arguments.sequence = definition.sequence
            arguments.name = contract.name
            arguments.version = definition.version
            arguments.validationParameter = definition.validationParameter.data
            let call = ChaincodeCall(
                chaincode: ChaincodeDefinition.lifecycleNamespace,
                arguments: [Array("CommitChaincodeDefinition".utf8), arguments.encoded()])
            let peers = Array(self.network.peers.prefix(3))
            let status = try await gateway.submit(call, endorsedBy: peers).status
            try await self.waitForEverybody(status.transaction)
            narrator.done("contract '\(contract.name)' defined in block \(status.block): endorsed by \(peers.count) organisations")
        }
        narrator.done("policy of every contract: \(Organizations.endorsementPolicy)")
    }

    /// Names, the first ones of many.
    static func list(_ members: [MSPID]) -> String {
        let shown = members.count > 8 ? 6 : members.count
        let rest = members.count > shown ? " and \(members.count - shown) more" : ""
        return members.isEmpty ? "nobody" : members.prefix(shown).map(\.text).joined(separator: ", ") + rest
    }

    static func short(_ bytes: [UInt8]) -> String {
        bytes.prefix(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "…"
    }
}
