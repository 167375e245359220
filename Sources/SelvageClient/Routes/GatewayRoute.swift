import FabricMessages
import FabricServices
import GRPCCore
import LedgerModel

/// The gateway of one peer, ours or a stock one: it finds endorsers and ordering nodes by itself.
struct GatewayRoute: TransactionRoute {
    let connection: NodeConnection

    var name: String { self.connection.name }

    func evaluate(_ proposed: Proposed, organizations: [MSPID]) async throws -> [UInt8] {
        var request = Gateway_EvaluateRequest()
        request.transactionID = proposed.transaction.text
        request.channelID = proposed.channel.text
        request.proposedTransaction = proposed.signed.message
        request.targetOrganizations = organizations.map(\.text)
        let answer = try await self.ask(Gateway_Gateway.Method.Evaluate.descriptor, request.encoded(), .evaluate, proposed.transaction)
        return try self.read(.evaluate, proposed.transaction) {
            try Gateway_EvaluateResponse.decode(answer, as: "evaluate response").result.payload.byteArray
        }
    }

    func endorse(_ proposed: Proposed, organizations: [MSPID]) async throws -> [UInt8] {
        var request = Gateway_EndorseRequest()
        request.transactionID = proposed.transaction.text
        request.channelID = proposed.channel.text
        request.proposedTransaction = proposed.signed.message
        request.endorsingOrganizations = organizations.map(\.text)
        let answer = try await self.ask(Gateway_Gateway.Method.Endorse.descriptor, request.encoded(), .endorse, proposed.transaction)
        return try self.read(.endorse, proposed.transaction) {
            try Gateway_EndorseResponse.decode(answer, as: "endorse response").preparedTransaction.payload.byteArray
        }
    }

    func submit(_ envelope: Envelope, transaction: TransactionID, channel: ChannelID) async throws -> Sending {
        var request = Gateway_SubmitRequest()
        request.transactionID = transaction.text
        request.channelID = channel.text
        request.preparedTransaction.payload = envelope.payload.data
        request.preparedTransaction.signature = envelope.signature.data
        do {
            _ = try await self.ask(Gateway_Gateway.Method.Submit.descriptor, request.encoded(), .submit, transaction)
            return .taken
        } catch let failure as ClientFailure where failure.kind == .unreachable {
            return .unclear(failure.description)
        }
    }

    func status(_ request: SignedStatusRequest) async throws -> CommitStatus {
        var message = Gateway_SignedCommitStatusRequest()
        message.request = request.request.data
        message.signature = request.signature.data
        let answer = try await self.ask(
            Gateway_Gateway.Method.CommitStatus.descriptor, message.encoded(), .commit, request.transaction, hasDeadline: false)
        return try self.read(.commit, request.transaction) {
            let response = try Gateway_CommitStatusResponse.decode(answer, as: "commit status")
            guard let number = UInt8(exactly: response.result.rawValue), let code = ValidationCode(rawValue: number) else {
                throw MessageError(part: "commit status", reason: "validation code \(response.result.rawValue) is not known")
            }
            return CommitStatus(transaction: request.transaction, code: code, block: BlockNumber(response.blockNumber))
        }
    }

    private func read<Result>(_ stage: ClientFailure.Stage, _ transaction: TransactionID, _ decode: () throws -> Result) throws -> Result {
        do {
            return try decode()
        } catch {
            throw ClientFailure(
                stage, .badAnswer, peer: self.name, transaction: transaction.text, cause: "\(error)", nextStep: "use the gateway of another peer")
        }
    }

    private func ask(
        _ method: MethodDescriptor, _ request: [UInt8], _ stage: ClientFailure.Stage, _ transaction: TransactionID, hasDeadline: Bool = true
    ) async throws -> [UInt8] {
        do {
            return try await self.connection.answer(to: request, method, hasDeadline: hasDeadline)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ClientFailure(error, stage, peer: self.name, transaction: transaction)
        }
    }
}

extension NodeConnection {
    /// One message out, one back.
    ///
    /// - Throws: `RPCError` for what the node itself says, with its details; `NodeConnectionError` for what goes wrong on the way;
    ///   `CancellationError`.
    func answer(to request: [UInt8], _ method: MethodDescriptor, hasDeadline: Bool) async throws -> [UInt8] {
        let outcome = try await self.call { client -> Result<[UInt8], RPCError> in
            do {
                return .success(
                    try await client.unary(
                        request: ClientRequest(message: request), descriptor: method, serializer: BytesCoding(), deserializer: BytesCoding(),
                        options: self.options(hasDeadline: hasDeadline)
                    ) { try $0.message })
            } catch let error as RPCError {
                return .failure(error)
            }
        }
        switch outcome {
        case .success(let bytes): return bytes
        case .failure(let error): throw self.explain(error)
        }
    }

    /// What a node says stays as it is; what happened on the way is told in our own words.
    func explain(_ error: RPCError) -> any Error {
        // A call that is cancelled ends with whatever it was doing just then.
        if Task.isCancelled { return CancellationError() }
        let isOfTheWay = error.cause != nil || error.code == .deadlineExceeded
        return isOfTheWay ? NodeConnectionError.reason(error, node: self.name, address: self.address) : error
    }
}

extension SignedProposal {
    /// As the gateway's requests hold it.
    var message: Protos_SignedProposal {
        var message = Protos_SignedProposal()
        message.proposalBytes = self.proposalBytes.data
        message.signature = self.signature.data
        return message
    }
}
