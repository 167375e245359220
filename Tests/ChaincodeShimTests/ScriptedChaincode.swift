import Chaincode
import ChaincodeShim
import ContractVM
import FabricMessages
import LedgerModel
import Testing

/// Sends a script of requests through an exchange and keeps every answer, as a chaincode process would get them.
final class ScriptedChaincode: ProcessRuntime, PackageRuntimes {
    typealias Script = @Sendable (inout Conversation) throws -> Response

    /// The exchange with its host, for one transaction.
    struct Conversation {
        let id: ShimTransactionID
        let host: any ProcessHost
        var exchange: ShimExchange
        let start: ShimMessage

        /// The answer to a message.
        mutating func step(_ message: ShimMessage) -> ShimExchange.Step {
            self.exchange.take(message, self.host)
        }

        mutating func send(_ type: ShimMessage.TypeEnum, _ payload: [UInt8]) throws -> ShimMessage {
            guard case .reply(let answer) = self.step(self.id.message(type, payload)) else { throw Unexpected() }
            #expect(answer.txid == self.id.transaction.text && answer.channelID == self.id.channel.text)
            #expect(answer.type == .response || answer.type == .error)
            return answer
        }

        /// The payload of a RESPONSE; an ERROR is an issue of the test.
        mutating func ask(_ type: ShimMessage.TypeEnum, _ payload: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws -> [UInt8] {
            let answer = try self.send(type, payload)
            #expect(answer.type == .response, "\(String(decoding: answer.payload, as: UTF8.self))", sourceLocation: sourceLocation)
            return answer.payload.byteArray
        }

        /// The reason of an ERROR, behind what Fabric puts in front of every reason.
        mutating func refusal(_ type: ShimMessage.TypeEnum, _ payload: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
            let answer = try self.send(type, payload)
            #expect(answer.type == .error, sourceLocation: sourceLocation)
            let text = String(decoding: answer.payload, as: UTF8.self)
            let start = "\(type.wireName) failed: transaction ID: \(self.id.transaction): "
            #expect(text.hasPrefix(start), sourceLocation: sourceLocation)
            return String(text.dropFirst(start.count))
        }
    }

    struct Unexpected: Error {}

    private let script: Script

    init(_ script: @escaping Script) {
        self.script = script
    }

    func run(_ host: any ProcessHost) throws(ProcessFailure) -> Response {
        let id = ShimTransactionID(channel: ChannelID(host.channelID), transaction: TransactionID(host.transactionID))
        let exchange = ShimExchange(id)
        var conversation = Conversation(id: id, host: host, exchange: exchange, start: exchange.start(host))
        do {
            return try self.script(&conversation)
        } catch let failure as ProcessFailure {
            throw failure
        } catch {
            throw ProcessFailure("\(error)")
        }
    }

    func runtime(of definition: ChaincodeDefinition, node: NodeView, state: any StateReading) throws(InvocationError) -> any ProcessRuntime { self }
}

extension InMemoryChannel {
    /// Runs a script as the contract "goods" on the committed state.
    func talk(isInit: Bool = false, _ script: @escaping ScriptedChaincode.Script) throws -> Endorsed {
        self.use(ScriptedChaincode(script))
        return try self.simulate("goods", arguments: [Array("go".utf8)], isInit: isInit, as: Self.client("alice"))
    }

    /// The same with puts, committed in one block.
    func fill(_ entries: [(String, String)]) throws {
        let endorsed = try self.talk { conversation throws in
            for (key, value) in entries { _ = try conversation.ask(.putState, Shim.put(key, value)) }
            return Response()
        }
        #expect(try self.commit([endorsed]) == [.valid])
    }
}

/// Payloads of requests.
enum Shim {
    /// A definition's collections.
    static func collections(_ name: String) -> [UInt8] {
        var collection = Protos_CollectionConfig()
        collection.staticCollectionConfig.name = name
        var package = Protos_CollectionConfigPackage()
        package.config = [collection]
        return package.encoded()
    }

    static func key(_ key: String, collection: String = "") -> [UInt8] {
        var request = Protos_GetState()
        request.key = key
        request.collection = collection
        return request.encoded()
    }

    static func put(_ key: String, _ value: String, collection: String = "") -> [UInt8] {
        var request = Protos_PutState()
        request.key = key
        request.value = Array(value.utf8).data
        request.collection = collection
        return request.encoded()
    }

    static func range(_ start: String, _ end: String, page: Int32 = 0, bookmark: String = "", collection: String = "") -> [UInt8] {
        var request = Protos_GetStateByRange()
        request.startKey = start
        request.endKey = end
        request.collection = collection
        if page != 0 || !bookmark.isEmpty {
            var paging = Protos_QueryMetadata()
            paging.pageSize = page
            paging.bookmark = bookmark
            request.metadata = paging.encoded().data
        }
        return request.encoded()
    }

    static func next(_ id: String) -> [UInt8] {
        var request = Protos_QueryStateNext()
        request.id = id
        return request.encoded()
    }

    static func results(_ payload: [UInt8]) throws -> (keys: [String], response: Protos_QueryResponse) {
        let response = try Protos_QueryResponse.decode(payload, as: "query response")
        return (try response.results.map { try Queryresult_KV.decode($0.resultBytes, as: "result").key }, response)
    }
}
