import LedgerModel

/// Peers and an ordering service that are called one by one: nodes of the same process, or of networks whose peers serve no gateway.
///
/// It asks all peers of the organisations that are named, or all of its peers, and knows no policies: whoever makes it chooses the peers.
package struct DirectRoute: TransactionRoute {
    package let name = "peers"
    private let peers: [any PeerConnection]
    private let orderer: any OrdererConnection

    /// - Parameter peers: The first one is asked for verdicts.
    package init(peers: [any PeerConnection], orderer: any OrdererConnection) {
        self.peers = peers
        self.orderer = orderer
    }

    package func evaluate(_ proposed: Proposed, organizations: [MSPID]) async throws -> [UInt8] {
        guard let peer = self.peers(of: organizations).first else { throw self.nobody(.evaluate, organizations, proposed.transaction) }
        let response = try await self.process(proposed, on: peer, .evaluate).response
        guard (200..<400).contains(response.status) else {
            throw ClientFailure(
                ClientError.chaincode(peer: peer.name, status: response.status, message: response.message), .evaluate, peer: peer.name,
                transaction: proposed.transaction)
        }
        return response.payload
    }

    package func endorse(_ proposed: Proposed, organizations: [MSPID]) async throws -> [UInt8] {
        let peers = self.peers(of: organizations)
        guard !peers.isEmpty else { throw self.nobody(.endorse, organizations, proposed.transaction) }
        // All run it at the same time; the answers are compared in the order of the peers.
        let responses = try await withThrowingTaskGroup(of: (Int, NamedResponse).self) { group in
            for (index, peer) in peers.enumerated() {
                group.addTask { (index, NamedResponse(peer: peer.name, response: try await self.process(proposed, on: peer, .endorse))) }
            }
            var responses: [(Int, NamedResponse)] = []
            while let next = try await group.next() { responses.append(next) }
            return responses.sorted { $0.0 < $1.0 }.map(\.1)
        }
        do {
            return try TransactionAssembly.payload(of: Proposal(serialized: proposed.signed.proposalBytes), responses: responses).serialized()
        } catch {
            throw ClientFailure(error, .endorse, peer: self.name, transaction: proposed.transaction)
        }
    }

    package func submit(_ envelope: Envelope, transaction: TransactionID, channel: ChannelID) async throws -> Sending {
        let reply: BroadcastReply
        do {
            reply = try await self.orderer.broadcast(envelope)
        } catch let error as CancellationError {
            throw error
        } catch {
            return .unclear("\(error)")
        }
        if reply.isSuccess { return .taken }
        let refusal = ClientError.notOrdered(transaction: transaction, status: reply.status, reason: reply.info)
        throw ClientFailure(refusal, .submit, peer: "the ordering service", transaction: transaction)
    }

    package func status(_ request: SignedStatusRequest) async throws -> CommitStatus {
        guard let peer = self.peers.first else { throw self.nobody(.commit, [], request.transaction) }
        do {
            return try await peer.commitStatus(of: request.transaction)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ClientFailure(error, .commit, peer: peer.name, transaction: request.transaction)
        }
    }

    private func peers(of organizations: [MSPID]) -> [any PeerConnection] {
        organizations.isEmpty ? self.peers : self.peers.filter { organizations.contains($0.mspID) }
    }

    private func process(_ proposed: Proposed, on peer: any PeerConnection, _ stage: ClientFailure.Stage) async throws -> ProposalResponse {
        do {
            return try await peer.process(proposed.signed)
        } catch let error as CancellationError {
            throw error
        } catch let error as NodeConnectionError {
            throw ClientFailure(error, stage, peer: peer.name, transaction: proposed.transaction)
        } catch {
            // A peer in this process refuses in its own words.
            throw ClientFailure(ClientError.refused(peer: peer.name, reason: "\(error)"), stage, peer: peer.name, transaction: proposed.transaction)
        }
    }

    private func nobody(_ stage: ClientFailure.Stage, _ organizations: [MSPID], _ transaction: TransactionID) -> ClientFailure {
        let wanted = organizations.isEmpty ? "no peer is named" : "no peer of \(organizations.map(\.text).joined(separator: ", ")) is named"
        return ClientFailure(stage, .setup, peer: self.name, transaction: transaction.text, cause: wanted, nextStep: "name at least one peer of each")
    }
}
