import ChannelConfiguration
import FabricMessages
import Identity
import LedgerModel
import SelvageClient
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
        let gateways = try Organizations.consortium.map { organization in
            self.network.gateway(try self.network.issue("Admin@\(organization.domain)", .admin, of: organization))
        }
        let policy = try SignaturePolicy(text: Organizations.endorsementPolicy)
        var parameter = Protos_ApplicationPolicy()
        parameter.signaturePolicy = try Common_SignaturePolicyEnvelope.decode(policy.envelope(), as: "endorsement policy")
        let definitions = MedicalContracts.all.map {
            ChaincodeDefinition(name: Namespace($0.name), version: "1.0", sequence: 1, validationParameter: parameter.encoded())
        }
        try await self.approve(definitions, gateways)
        for definition in definitions {
            let peers = Array(self.network.peers.prefix(3))
            let status = try await gateways[0].submit(try definition.commit(), endorsedBy: peers).status
            try await self.waitForEverybody(status.transaction)
            narrator.done("contract '\(definition.name)' defined in block \(status.block): endorsed by \(peers.count) organisations")
        }
        narrator.done("policy of every contract: \(Organizations.endorsementPolicy)")
    }

    /// Has every organisation of the consortium approve the definitions at its own peer; the ledger gets hashes of what each approved.
    private func approve(_ definitions: [ChaincodeDefinition], _ gateways: [Gateway]) async throws {
        var transactions: [TransactionID] = []
        for (gateway, peer) in zip(gateways, self.network.peers) {
            for definition in definitions {
                let endorsed = try await gateway.endorse(try definition.approval(), by: [peer])
                try await gateway.broadcast(endorsed.envelope, transaction: endorsed.transaction)
                transactions.append(endorsed.transaction)
            }
        }
        for transaction in transactions {
            let status = try await gateways[0].commitStatus(of: transaction, on: self.network.peers[0])
            guard status.isValid else { throw ClientError.invalid(status) }
            try await self.waitForEverybody(transaction)
        }
        self.narrator.done(
            "\(definitions.count) contracts approved by each of \(gateways.count) organisations: the ledger holds hashes of what each approved")
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
