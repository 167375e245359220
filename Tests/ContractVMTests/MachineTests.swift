import Chaincode
import ContractVM
import CryptoPrimitives
import LedgerModel
import Testing

@Suite struct MachineTests {
    @Test func `an undefined or uninstalled contract is an error of the node`() throws {
        let channel = InMemoryChannel()
        #expect(throws: InvocationError.notDefined("nobody", "testchannel")) { try channel.submit("nobody", "f", as: alice) }
        channel.define("elsewhere")
        #expect(throws: InvocationError.notInstalled("elsewhere")) { try channel.submit("elsewhere", "f", as: alice) }
    }

    @Test func `a definition that does not parse is an error of the node`() throws {
        var state = InMemoryState()
        let key = ChaincodeDefinitionFormat.sequenceKey("probe")
        state.apply([
            StateUpdate(
                address: .key("_lifecycle", key), change: .put(value: [0xFF], metadata: []), version: StateVersion(block: 1, transaction: 0))
        ])
        let machine = ContractMachine(catalogue: ContractCatalogue([Probe { (_) in [] }]), now: { 0 })
        let invocation = Invocation(
            channel: "c", transaction: "t", chaincode: "probe", arguments: [], caller: alice, timestamp: Timestamp(seconds: 1))
        #expect(throws: InvocationError.self) { try machine.invoke(invocation, state: state) }
    }

    @Test func `a state that cannot be read ends the transaction even if the contract goes on`() throws {
        let probe = Probe { (context) throws(ContractError) in
            do throws(ContractError) { _ = try context.getState("a") } catch {}
            return []
        }
        let machine = ContractMachine(catalogue: ContractCatalogue(systemContracts: ["probe": .init(NativeRuntime(contract: probe))]), now: { 0 })
        let invocation = Invocation(
            channel: "c", transaction: "t", chaincode: "probe", arguments: [Array("run".utf8)], caller: alice, timestamp: Timestamp(seconds: 1))
        #expect(throws: InvocationError.state(StateReadError(reason: "disk"))) { try machine.invoke(invocation, state: BrokenState()) }
    }

    @Test func `a refusal keeps its status, its text and nothing of the state`() throws {
        let channel = InMemoryChannel.withProbe()
        let endorsed = try channel.probe { (context) throws(ContractError) in
            try context.putString("a", "1")
            throw .refused("no-way", "not today")
        }
        #expect(endorsed.result.response == ChaincodeResponse(status: 400, message: "no-way: not today"))
        let outcome = try channel.submit("probe", "run", as: alice)
        #expect(outcome.code == nil)
        #expect(channel.value("a", in: "probe") == nil)
    }

    @Test func `the last event of the invoked contract counts`() throws {
        let channel = InMemoryChannel.withProbe()
        channel.install(
            Probe(name: "callee") { (context) throws(ContractError) in
                try context.setEvent("inner", [9])
                return []
            })
        let endorsed = try channel.probe { (context) throws(ContractError) in
            try context.setEvent("first")
            try context.setEvent("second", [1])
            _ = try context.invoke("callee", [Array("run".utf8)])
        }
        let event = try #require(endorsed.result.event)
        #expect(event == ChaincodeEvent(chaincode: "probe", transactionID: endorsed.invocation.transaction, name: "second", payload: [1]))
        let silent = try channel.probe { (context) throws(ContractError) in _ = try context.invoke("callee", [Array("run".utf8)]) }
        #expect(silent.result.event == nil)
        let nameless = try channel.probe { (context) throws(ContractError) in try context.setEvent("") }
        #expect(nameless.status == 400)
    }

    @Test func `a called contract works in its own namespace as the same caller`() throws {
        let channel = InMemoryChannel.withProbe()
        channel.install(
            Probe(name: "callee") { (context) throws(ContractError) in
                try context.putString("by", context.caller.commonName + " " + context.chaincodeName)
                return Array(context.functionName.utf8) + (context.arguments.first ?? [])
            })
        let endorsed = try channel.probe { (context) throws(ContractError) in
            let response = try context.invoke("callee", [Array("f".utf8), Array("x".utf8)], channel: "testchannel")
            guard response == Response(payload: Array("fx".utf8)) else { throw .failure("response", "\(response.status)") }
        }
        #expect(endorsed.message == "")
        #expect(endorsed.part("callee")?.writes == [KeyWrite(key: "by", isDelete: false, value: Array("alice callee".utf8))])
        #expect(endorsed.part("_lifecycle")?.reads.map(\.key.text) == ["namespaces/fields/callee/Sequence", "namespaces/fields/probe/Sequence"])
    }

    @Test func `contracts cannot call themselves, in circles, or other channels`() throws {
        let channel = InMemoryChannel.withProbe()
        channel.install(
            Probe(name: "back") { (context) throws(ContractError) in
                try context.invoke("probe", [Array("run".utf8)]).payload
            })
        let direct = try channel.probe { (context) throws(ContractError) in _ = try context.invoke("probe", [Array("run".utf8)]) }
        #expect(direct.message.hasPrefix("call-refused: contract probe is already running"))
        let circle = try channel.probe { (context) throws(ContractError) in
            let response = try context.invoke("back", [Array("run".utf8)])
            guard response.isSuccess else { throw .failure("inner", response.message) }
        }
        #expect(circle.message.hasPrefix("inner: call-refused: contract probe is already running"))
        let other = try channel.probe { (context) throws(ContractError) in _ = try context.invoke("back", [], channel: "elsewhere") }
        #expect(other.message.hasPrefix("call-refused: calls to contracts of another channel are not supported"))
        let unknown = try channel.probe { (context) throws(ContractError) in _ = try context.invoke("nobody", []) }
        #expect(unknown.message.hasPrefix("call-refused: chaincode nobody is not defined on channel testchannel"))
    }

    @Test func `a contract can call another one twice`() throws {
        let channel = InMemoryChannel.withProbe()
        channel.install(Probe(name: "callee") { (_) in [] })
        let endorsed = try channel.probe { (context) throws(ContractError) in
            _ = try context.invoke("callee", [Array("run".utf8)])
            _ = try context.invoke("callee", [Array("run".utf8)])
        }
        #expect(endorsed.message == "")
    }

    @Test func `a system contract can refuse to be called by contracts`() throws {
        let channel = InMemoryChannel.withProbe()
        channel.installSystem(Probe(name: "qscc") { (_) in [] }, isCallableFromContracts: false)
        channel.installSystem(Probe(name: "open") { (_) in [7] })
        let refused = try channel.probe { (context) throws(ContractError) in
            let answer = try context.invoke("qscc", [Array("run".utf8)])
            throw .failure("answer", "\(answer.status) \(answer.message)")
        }
        #expect(refused.message.hasPrefix("answer: 500 Rejecting invoke of QSCC from another chaincode because of potential for deadlocks"))
        let allowed = try channel.probe { (context) throws(ContractError) in
            guard try context.invoke("open", [Array("run".utf8)]).payload == [7] else { throw .failure("payload", "wrong") }
        }
        #expect(allowed.message == "")
    }

    @Test func `initialisation happens exactly once for each version`() throws {
        let channel = InMemoryChannel()
        channel.install(Probe { (_) in [] }, initRequired: true)
        let run = [Array("run".utf8)]
        #expect(throws: InvocationError.notInitialised("probe")) { try channel.submit("probe", arguments: run, as: alice) }
        let initial = try channel.submit("probe", arguments: run, isInit: true, as: alice)
        #expect(initial.isCommitted)
        #expect(channel.value(StateKey(utf8: [0, 0xF4, 0x8F, 0xBF, 0xBF] + Array("initialized".utf8)), in: "probe") == Array("1.0".utf8))
        #expect(throws: InvocationError.alreadyInitialised("probe")) { try channel.submit("probe", arguments: run, isInit: true, as: alice) }
        #expect(try channel.submit("probe", arguments: run, as: alice).isCommitted)
        channel.define("probe", version: "2.0", sequence: 2, initRequired: true)
        #expect(throws: InvocationError.notInitialised("probe")) { try channel.submit("probe", arguments: run, as: alice) }
        channel.define("probe", version: "2.0", sequence: 3)
        #expect(throws: InvocationError.initNotExpected("probe")) { try channel.submit("probe", arguments: run, isInit: true, as: alice) }
    }

    @Test func `history and transient data are noted as obstacles to a replay`() throws {
        let channel = InMemoryChannel.withProbe()
        let plain = try channel.probe { (context) throws(ContractError) in _ = try context.getState("a") }
        #expect(plain.result.replayObstacles.isEmpty)
        let history = try channel.probe { (context) throws(ContractError) in _ = try context.history(of: "a") }
        #expect(history.result.replayObstacles == .history)
        #expect(history.probe.reads.isEmpty)
        let transient = try channel.probe(transient: [TransientEntry(name: "key", value: [5])]) { (context) throws(ContractError) in
            guard try context.transient("key") == [5], try context.transient("other") == nil else { throw .failure("transient", "wrong") }
        }
        #expect(transient.message == "")
        #expect(transient.result.replayObstacles == .transient)
        #expect(!transient.result.readWriteSet.serialized().contains(5) || transient.probe.writes.isEmpty)
        #expect(ReplayObstacles([.history, .transient]).description == "history query, transient input")
    }

    @Test func `history has every valid write, newest first`() throws {
        let channel = InMemoryChannel.withProbe()
        try channel.fill([("a", "1")])
        try channel.fill([("a", "2")])
        let delete = try channel.probe { (context) throws(ContractError) in try context.deleteState("a") }
        let lost = try channel.probe { (context) throws(ContractError) in
            _ = try context.getState("a")
            try context.putString("a", "lost")
        }
        #expect(try channel.commit([delete, lost]) == [.valid, .mvccReadConflict])
        let endorsed = try channel.probe { (context) throws(ContractError) in
            let history = try context.history(of: "a")
            guard history.map({ $0.isDelete }) == [true, false, false], history.map({ $0.value }) == [[], [0x32], [0x31]] else {
                throw .failure("history", "wrong")
            }
            guard history[0].timestamp > history[1].timestamp else { throw .failure("history", "order") }
        }
        #expect(endorsed.message == "")
    }

    @Test func `the context tells who, when and where`() throws {
        let channel = InMemoryChannel.withProbe()
        let endorsed = try channel.probe { (context) throws(ContractError) in
            guard context.channelID == "testchannel", context.chaincodeName == "probe", context.functionName == "run" else {
                throw .failure("where", context.channelID)
            }
            guard context.caller.mspID == "Org1MSP", context.caller.commonName == "alice", context.caller.role == .client else {
                throw .failure("who", context.caller.commonName)
            }
            guard context.timestamp.seconds > 1_700_000_000, context.transactionID.utf8.count == 64 else { throw .failure("when", "wrong") }
        }
        #expect(endorsed.message == "")
    }

    @Test func `hashing and verification are the node's`() throws {
        let key = SigningKey.generate()
        let message = Array("record".utf8)
        let signature = try key.sign(message)
        let publicKey = key.publicKey.x963
        let endorsed = try InMemoryChannel.withProbe().probe { (context) throws(ContractError) in
            guard try context.sha256(message) == SHA256.hash(message) else { throw .failure("sha256", "wrong") }
            guard try context.isValidSignature(signature, message: message, publicKey: publicKey) else { throw .failure("verify", "good") }
            guard try !context.isValidSignature(signature, message: message + [0], publicKey: publicKey) else { throw .failure("verify", "bad") }
            guard try !context.isValidSignature([], message: message, publicKey: publicKey) else { throw .failure("verify", "empty") }
            guard try !context.isValidSignature(signature, message: message, publicKey: [4, 1]) else { throw .failure("verify", "key") }
        }
        #expect(endorsed.message == "")
    }
}

/// A state whose disk is gone.
struct BrokenState: StateReading {
    func value(at address: StateAddress) throws(StateReadError) -> VersionedValue? {
        throw StateReadError(reason: "disk")
    }

    func scan(_ namespace: Namespace, from start: StateKey, to end: StateKey?) throws(StateReadError) -> any StateScan {
        throw StateReadError(reason: "disk")
    }
}
