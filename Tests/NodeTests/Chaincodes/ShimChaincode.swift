import ChaincodeShim
import FabricMessages
import FabricServices
import GRPCCore
import GRPCProtobuf
import LedgerModel
import Synchronization

@testable import Node

/// The chaincode's side of a stream, for tests: written from the description of the protocol and sharing nothing with the peer's side.
final class ShimChaincode: RegistrableRPCService {
    typealias Message = Protos_ChaincodeMessage

    /// That a chaincode process ends in the middle of a transaction.
    struct Death: Error {}

    /// The name under which it registers, once it is known.
    let name = Mutex("")
    /// Streams that peers have opened so far.
    let streams = Mutex(0)
    /// That a peer has said READY.
    let ready = OneTimeSignal<Void>()
    private let handler: @Sendable (ShimStub) async throws -> Protos_Response

    init(_ handler: @escaping @Sendable (ShimStub) async throws -> Protos_Response) {
        self.handler = handler
    }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: Protos_Chaincode.Method.Connect.descriptor, deserializer: ProtobufDeserializer<Message>(),
            serializer: ProtobufSerializer<Message>()
        ) { request, _ in
            StreamingServerResponse { writer in
                try await self.serve(request.messages) { try await writer.write($0) }
                return [:]
            }
        }
    }

    /// Registers and runs what comes until the peer ends the stream.
    func serve(
        _ messages: RPCAsyncSequence<Message, any Error>, _ write: @escaping @Sendable (Message) async throws -> Void
    ) async throws {
        self.streams.withLock { $0 += 1 }
        let replies = Mutex<[String: CheckedContinuation<Message, any Error>]>([:])
        let waiting = Waiting(replies: replies)
        defer { waiting.giveUp() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            var id = Protos_ChaincodeID()
            id.name = self.name.withLock { $0 }
            var register = Message()
            register.type = .register
            register.payload = id.encoded().data
            try await write(register)
            let (deaths, dying) = AsyncStream<Void>.makeStream()
            group.addTask {
                await withDiscardingTaskGroup { transactions in
                    do {
                        for try await message in messages {
                            switch message.type {
                            case .transaction, .init_:
                                transactions.addTask { do { try await self.run(message, waiting, write) } catch { dying.yield() } }
                            case .response, .error: waiting.resume(message)
                            case .ready: self.ready.fire(())
                            default: break
                            }
                        }
                    } catch {}
                    waiting.giveUp()
                    transactions.cancelAll()
                }
            }
            group.addTask { for await _ in deaths { throw Death() } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func run(_ start: Message, _ waiting: Waiting, _ write: @escaping @Sendable (Message) async throws -> Void) async throws {
        let stub = try ShimStub(start, waiting, write)
        var end = Message()
        end.txid = start.txid
        end.channelID = start.channelID
        do {
            let response = try await self.handler(stub)
            end.type = .completed
            end.payload = response.encoded().data
            if let event = stub.event.withLock({ $0 }) { end.chaincodeEvent = event }
        } catch is Death {
            throw Death()
        } catch {
            end.type = .error
            end.payload = Array("\(error)".utf8).data
        }
        try await write(end)
    }

    /// Requests that wait for their answers.
    final class Waiting: Sendable {
        private let replies: Mutex<[String: CheckedContinuation<Message, any Error>]>

        init(replies: consuming Mutex<[String: CheckedContinuation<Message, any Error>]>) {
            self.replies = replies
        }

        func add(_ continuation: CheckedContinuation<Message, any Error>, _ key: String) { self.replies.withLock { $0[key] = continuation } }

        func resume(_ message: Message) {
            self.replies.withLock { $0.removeValue(forKey: message.channelID + message.txid) }?.resume(returning: message)
        }

        func giveUp() {
            let left = self.replies.withLock { replies in
                defer { replies = [:] }
                return Array(replies.values)
            }
            for continuation in left { continuation.resume(throwing: Death()) }
        }
    }
}

/// What a chaincode can ask for in one transaction.
final class ShimStub: Sendable {
    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    let start: Protos_ChaincodeMessage
    let arguments: [String]
    let event = Mutex<Protos_ChaincodeEvent?>(nil)
    private let waiting: ShimChaincode.Waiting
    private let write: @Sendable (Protos_ChaincodeMessage) async throws -> Void

    init(
        _ start: Protos_ChaincodeMessage, _ waiting: ShimChaincode.Waiting,
        _ write: @escaping @Sendable (Protos_ChaincodeMessage) async throws -> Void
    ) throws {
        self.start = start
        self.arguments = try Protos_ChaincodeInput(serializedBytes: start.payload).args.map { String(decoding: $0, as: UTF8.self) }
        self.waiting = waiting
        self.write = write
    }

    /// A message of this transaction.
    func message(_ type: Protos_ChaincodeMessage.TypeEnum, _ payload: [UInt8] = []) -> Protos_ChaincodeMessage {
        var message = Protos_ChaincodeMessage()
        message.type = type
        message.payload = payload.data
        message.txid = self.start.txid
        message.channelID = self.start.channelID
        return message
    }

    /// Sends any message and waits for nothing.
    func send(_ message: Protos_ChaincodeMessage) async throws { try await self.write(message) }

    /// A request and its answer; throws `Refused` with the peer's words for an ERROR.
    @discardableResult
    func ask(_ type: Protos_ChaincodeMessage.TypeEnum, _ payload: [UInt8]) async throws -> [UInt8] {
        let answer = try await withCheckedThrowingContinuation { continuation in
            self.waiting.add(continuation, self.start.channelID + self.start.txid)
            let (write, message) = (self.write, self.message(type, payload))
            Task { try await write(message) }
        }
        guard answer.type == .response else { throw Refused(description: String(decoding: answer.payload, as: UTF8.self)) }
        return answer.payload.byteArray
    }

    func get(_ key: String) async throws -> String {
        var request = Protos_GetState()
        request.key = key
        return String(decoding: try await self.ask(.getState, request.encoded()), as: UTF8.self)
    }

    func put(_ key: String, _ value: String) async throws {
        var request = Protos_PutState()
        request.key = key
        request.value = Array(value.utf8).data
        try await self.ask(.putState, request.encoded())
    }
}

/// The contract "goods" as a chaincode of these tests.
enum Goods {
    static func response(_ status: Int32 = 200, _ text: String = "", payload: String = "") -> Protos_Response {
        var response = Protos_Response()
        response.status = status
        response.message = text
        response.payload = Array(payload.utf8).data
        return response
    }

    @Sendable static func run(_ stub: ShimStub) async throws -> Protos_Response {
        let arguments = stub.arguments
        switch arguments.first {
        case "create":
            guard try await stub.get(arguments[1]).isEmpty else { return self.response(500, "asset \(arguments[1]) exists") }
            try await stub.put(arguments[1], arguments[2])
            return self.response()
        case "get": return self.response(payload: try await stub.get(arguments[1]))
        case "event":
            stub.event.withLock { event in
                event = Protos_ChaincodeEvent()
                event?.eventName = arguments[1]
                event?.chaincodeID = "another"
                event?.payload = Array(arguments[2].utf8).data
            }
            try await stub.put("told", arguments[2])
            return self.response()
        case "call":
            var request = Protos_ChaincodeSpec()
            request.chaincodeID.name = arguments[1]
            request.input.args = arguments[2...].map { Array($0.utf8).data }
            let message = try Protos_ChaincodeMessage(serializedBytes: try await stub.ask(.invokeChaincode, request.encoded()))
            let inner = try Protos_Response(serializedBytes: message.payload)
            return self.response(inner.status, inner.message, payload: "via " + String(decoding: inner.payload, as: UTF8.self))
        case "fail": throw ShimStub.Refused(description: arguments[1])
        case "status": return self.response(Int32(arguments[1]) ?? 0, "as asked")
        case "die": throw ShimChaincode.Death()
        case "wait":
            try await Task.sleep(for: .seconds(3_600))
            return self.response()
        case "garbage":
            try await stub.send(stub.message(.ready, [1, 2, 3]))
            return self.response()
        case "babble":
            // Requests of nobody's transactions; each has an answer, and none does harm.
            for number in 0..<100 {
                var message = stub.message(.getState, [0xFF])
                message.txid = "nobody \(number)"
                try await stub.send(message)
            }
            return self.response(payload: "still here")
        default: return self.response(500, "unknown function")
        }
    }
}
