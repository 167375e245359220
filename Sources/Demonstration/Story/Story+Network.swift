import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel
import SystemContracts

extension Story {
    /// Stage 1: tells of the network and has its contracts defined by three of the four organisations.
    func defineContracts(directory: String) async throws {
        let narrator = self.narrator
        try self.network.writeFolders(below: directory)
        narrator.done(
            "\(Organizations.consortium.count) organisations with their own certificate authority and peer: "
                + Organizations.consortium.map(\.mspID.text).joined(separator: ", "))
        narrator.done("\(Organizations.custodians.count) custodian organisations, each with a peer of its own that follows the ledger")
        narrator.done(
            "channel '\(Organizations.channel)', genesis block \(Self.short(self.network.genesis.headerHash)), one ordering node that signs blocks "
                + "in Fabric's BFT form")
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
            narrator.done("contract '\(contract.name)' defined in block \(status.block): endorsed by \(peers.count) organisations")
        }
        narrator.done("policy of every contract: \(Organizations.endorsementPolicy)")
    }

    static func short(_ bytes: [UInt8]) -> String {
        bytes.prefix(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "…"
    }
}
