import Chaincode
import ChaincodeShim
import ContractVM
import FabricMessages
import LedgerModel
import Synchronization
import Testing

@testable import Node

/// One stream without a network: what happens when its chaincode is silent, does not read, or is gone.
struct StreamTests {
    /// Runs what a test brings as the contract "goods".
    private struct Runtime: ProcessRuntime, PackageRuntimes {
        let body: @Sendable (any ProcessHost) throws(ProcessFailure) -> Response
        func run(_ host: any ProcessHost) throws(ProcessFailure) -> Response { try self.body(host) }
        func runtime(of definition: ChaincodeDefinition, node: NodeView, state: any StateReading) throws(InvocationError) -> any ProcessRuntime {
            self
        }
    }

    private static let id = ShimTransactionID(channel: "trade", transaction: "a1")

    private static func registered(_ limits: ChaincodeProcessLimits = ChaincodeProcessLimits()) -> ChaincodeStream {
        let stream = ChaincodeStream(limits: limits)
        var name = Protos_ChaincodeID()
        name.name = "goods:01"
        var message = ShimMessage()
        message.type = .register
        message.payload = name.encoded().data
        #expect(stream.receive(message) == .register("goods:01") && stream.name == "goods:01")
        stream.welcome()
        return stream
    }

    /// Runs a transaction on a stream with a time limit, off the cooperative pool.
    private static func execute(_ stream: ChaincodeStream, milliseconds: Int) async throws -> InvocationResult {
        let environment = SystemEnvironment()
        return try await SimulationThreads(threads: 1).run {
            let channel = InMemoryChannel(
                limits: .standard.with(.time, milliseconds * 1_000_000), now: { environment.monotonicNanoseconds() })
            channel.define("goods")
            channel.use(Runtime { host throws(ProcessFailure) in try stream.execute(host) })
            return try channel.simulate("goods", arguments: [Array("go".utf8)], as: InMemoryChannel.client("alice")).result
        }
    }

    @Test func `a chaincode that hangs fails its transaction when the time is over, and hears so when it asks again`() async throws {
        let stream = Self.registered()
        do {
            _ = try await Self.execute(stream, milliseconds: 30)
            Issue.record("a transaction without an answer came to an end")
        } catch {
            #expect("\(error)".hasSuffix(": error sending: timeout expired while executing transaction"), "\(error)")
        }
        var frames = stream.outgoing.makeAsyncIterator()
        var started: ShimMessage?
        for _ in 0..<3 { started = try ShimMessage.decode(try #require(await frames.next()).head, as: "message") }
        let start = try #require(started)
        #expect(start.type == .transaction)
        let late = ShimTransactionID(start)
        #expect(stream.receive(late.message(.completed)) == .goesOn)
        #expect(stream.receive(late.message(.getState)) == .goesOn)
        let answer = try ShimMessage.decode(try #require(await frames.next()).head, as: "message")
        #expect(String(decoding: answer.payload, as: UTF8.self).hasSuffix(": no ledger context"))
    }

    @Test func `a stream that has ended fails what runs and what comes`() async throws {
        let stream = Self.registered()
        async let result = Self.execute(stream, milliseconds: 600_000)
        var frames = stream.outgoing.makeAsyncIterator()
        for _ in 0..<3 { _ = await frames.next() }
        stream.end("test")
        do {
            _ = try await result
            Issue.record("a transaction outlived its stream")
        } catch {
            #expect("\(error)".hasSuffix(": error sending: chaincode stream terminated"), "\(error)")
        }
        await #expect(throws: (any Error).self) { try await Self.execute(stream, milliseconds: 600_000) }
        #expect(await frames.next() == nil && stream.endReason == "test")
        #expect(stream.receive(Self.id.message(.keepalive)) == .over)
    }

    @Test func `a chaincode that asks and never reads loses its stream`() {
        var limits = ChaincodeProcessLimits()
        limits.queuedMessages = 10
        let stream = Self.registered(limits)
        var count = 0
        while stream.receive(Self.id.message(.getState)) == .goesOn, count < 100 { count += 1 }
        #expect(count == 8 && stream.endReason == "the chaincode does not read what it is sent")
    }

    @Test func `answers that are too many bytes for one who does not read end the stream too`() {
        var limits = ChaincodeProcessLimits()
        limits.queuedBytes = 500
        let stream = Self.registered(limits)
        var count = 0
        while stream.receive(Self.id.message(.getState)) == .goesOn, count < 100 { count += 1 }
        #expect(count > 0 && count < 10 && stream.endReason != nil)
    }

    @Test func `a mailbox keeps the request and the end, and gives them before it says that it is closed`() {
        let mailbox = ChaincodeMailbox()
        for _ in 0..<100 { mailbox.put(Self.id.message(.completed)) }
        mailbox.close()
        var kinds: [String] = []
        for _ in 0..<3 {
            switch mailbox.take(nanoseconds: 0) {
            case .message: kinds.append("message")
            case .ended: kinds.append("ended")
            case .outOfTime: kinds.append("time")
            }
        }
        #expect(kinds == ["message", "message", "ended"])
        if case .outOfTime = ChaincodeMailbox().take(nanoseconds: 1_000) {} else { Issue.record("an empty mailbox gave something") }
    }

    @Test func `threads run what they get, and more than may wait is refused`() async throws {
        let threads = SimulationThreads(threads: 2, waiting: 1)
        #expect(try await threads.run { 7 } == 7)
        await #expect(throws: ProcessFailure("x")) { try await threads.run { throw ProcessFailure("x") } }
        let none = SimulationThreads(threads: 2, waiting: 0)
        await #expect(throws: SimulationThreads.Overload.self) { try await none.run { 7 } }
    }
}
