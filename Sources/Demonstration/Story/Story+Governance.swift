import LedgerModel
import Node
import Ordering
import SelvageClient

extension Story {
    /// Sends an act of governance through an institution's relay, and waits until it is in a block that all peers have.
    @discardableResult
    func govern(_ act: GovernanceTransaction, through institution: Institution) async throws -> BlockNumber {
        let nonce = self.network.environment.randomBytes(count: ProposalDraft.nonceBytes)
        let transaction = Formulas.transactionID(nonce: nonce, creator: institution.relay.serialized)
        let envelope = try GovernanceEnvelope.make(
            act, channel: Organizations.channel, creator: institution.relay, nonce: nonce, timestamp: self.network.environment.now())
        try await self.network.gateway(institution.relay).broadcast(envelope, transaction: transaction)
        try await self.waitForEverybody(transaction)
        // Members may not have the block yet that the peers have; what comes next asks them.
        try await self.network.waitForMembers()
        return try await self.network.peers[0].commitStatus(of: transaction).block
    }

    /// The election on the chain, as anybody computes it from the blocks.
    func election() throws -> Election {
        guard let running = try self.network.control().election else { throw StoryError.unexpectedAnswer("the control plane") }
        return running.election
    }

    /// Has a relay list the contracts in a transaction, so that there is something to order; returns its block.
    @discardableResult
    func moveOn() async throws -> BlockNumber {
        let call = ChaincodeCall(chaincode: ChaincodeDefinition.lifecycleNamespace, arguments: [Array("QueryChaincodeDefinitions".utf8), []])
        let status = try await self.network.gateway(self.network.institutions[0].relay).submit(call, endorsedBy: Array(self.network.peers.prefix(3)))
            .status
        try await self.waitForEverybody(status.transaction)
        return status.block
    }

    /// Orders small things until a block is there.
    func moveOn(to block: UInt64) async throws {
        while self.network.head < block { try await self.moveOn() }
        try await self.network.waitForMembers()
    }
}
