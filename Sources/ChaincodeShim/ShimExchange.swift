import Chaincode
import ContractVM
import FabricMessages
import LedgerModel

/// One transaction as its chaincode process runs it: each request is answered from the transaction's host, until the chaincode is done.
///
/// A value without a stream: requests go in, one at a time, and what is to be sent comes out. Every access goes through the host that contracts
/// inside the node use, so that limits and read-write sets are the same (interop 10.2).
package struct ShimExchange {
    /// What a message of the chaincode leads to.
    package enum Step: Equatable, Sendable {
        case reply(ShimMessage)
        /// The chaincode is done.
        case completed(Response)
        /// The chaincode has failed, and the transaction with it.
        case failed(ProcessFailure)
    }

    /// Why a request fails.
    enum RequestError: Error {
        case unreadable
        case contract(ContractError)
        /// In the words of Fabric's peers.
        case refused(String)

        var reason: String {
            switch self {
            case .unreadable: "unmarshal failed"
            case .contract(let error): error.description
            case .refused(let reason): reason
            }
        }
    }

    /// A range query that has more results, or a history.
    enum OpenQuery {
        case range(UInt32)
        case history(key: String, bookmark: String)
        /// Entries that were read at once.
        case rest(ArraySlice<StateEntry>)
    }

    let id: ShimTransactionID
    var queries: [String: OpenQuery] = [:]
    var lastQuery = 0

    package init(_ id: ShimTransactionID) {
        self.id = id
    }

    /// The message that starts the transaction in the process; it carries the client's own proposal.
    package func start(_ host: any ProcessHost) -> ShimMessage {
        var input = Protos_ChaincodeInput()
        input.args = host.arguments.map(\.data)
        input.isInit = host.isInit
        var message = self.id.message(host.isInit ? .init_ : .transaction, input.encoded())
        if let proposal = host.proposal {
            message.proposal.proposalBytes = proposal.proposalBytes.data
            message.proposal.signature = proposal.signature.data
        }
        return message
    }

    /// Answers a request, or ends.
    package mutating func take(_ message: ShimMessage, _ host: any ProcessHost) -> Step {
        switch message.type {
        case .completed: return self.complete(message, host)
        case .error:
            let words = String(decoding: message.payload.prefix(ShimLimits.reasonBytes), as: UTF8.self)
            return .failed(ProcessFailure("transaction returned with failure: \(words)"))
        default: return .reply(self.reply(to: message, host))
        }
    }

    private func complete(_ message: ShimMessage, _ host: any ProcessHost) -> Step {
        guard let response = try? Protos_Response.decode(message.payload, as: "response") else {
            return .failed(ProcessFailure("failed to unmarshal response for transaction \(self.id.transaction)"))
        }
        // The event of a refusal is dropped with the rest of what the chaincode did.
        if message.hasChaincodeEvent, response.status < Response.firstRefusal {
            do throws(ContractError) {
                try host.setEvent(message.chaincodeEvent.eventName, message.chaincodeEvent.payload.byteArray)
            } catch {
                return .failed(ProcessFailure(error.description))
            }
        }
        return .completed(Response(status: response.status, message: response.message, payload: response.payload.byteArray))
    }

    private mutating func reply(to request: ShimMessage, _ host: any ProcessHost) -> ShimMessage {
        do throws(RequestError) {
            let payload = try self.answer(request, host)
            guard payload.count <= ShimLimits.messageBytes - 1024 else {
                throw .refused("the answer has \(payload.count) bytes, more than a message may have; ask for less at a time")
            }
            return self.id.message(.response, payload)
        } catch {
            return self.id.failure(of: request.type, error.reason)
        }
    }

    private mutating func answer(_ request: ShimMessage, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        let bytes = request.payload.byteArray
        switch request.type {
        case .getState: return try self.getState(try Self.read(bytes), host)
        case .getStateMultiple: return try self.getStates(try Self.read(bytes), host)
        case .getPrivateDataHash: return try self.getPrivateHash(try Self.read(bytes), host)
        case .getStateMetadata: return try self.getMetadata(try Self.read(bytes), host)
        case .putState: return try self.put(try Self.read(bytes), host)
        case .delState: return try self.delete(try Self.read(bytes), host)
        case .putStateMetadata: return try self.putMetadata(try Self.read(bytes), host)
        case .purgePrivateData: return try self.purge(try Self.read(bytes), host)
        case .writeBatchState: return try self.write(try Self.read(bytes), host)
        case .getStateByRange: return try self.openRange(try Self.read(bytes), host)
        case .getHistoryForKey: return try self.openHistory(try Self.read(bytes), host)
        case .getQueryResult: return try self.query(try Self.read(bytes), host)
        case .queryStateNext: return try self.next(try Self.read(bytes), host)
        case .queryStateClose: return try self.close(try Self.read(bytes), host)
        case .invokeChaincode: return try self.invoke(try Self.read(bytes), host)
        default: throw .refused("there is no such request")
        }
    }

    /// Decodes a request's payload.
    static func read<Request: ShimPayload>(_ bytes: [UInt8]) throws(RequestError) -> Request {
        do throws(MessageError) {
            return try Request.decode(bytes, as: "request")
        } catch {
            throw .unreadable
        }
    }

    /// Runs an access to the host.
    static func host<Result>(_ access: () throws(ContractError) -> Result) throws(RequestError) -> Result {
        do throws(ContractError) {
            return try access()
        } catch {
            throw .contract(error)
        }
    }
}
