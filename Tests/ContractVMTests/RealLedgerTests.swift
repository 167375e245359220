import Chaincode
import ContractVM
import LedgerModel
import TestSupport
import Testing

/// Against a ledger that stock Fabric peers wrote: our bytes of the same accesses must be theirs.
@Suite(.enabled(if: SharedData.contains("vectors/fabric/blocks"), SharedData.reason))
struct RealLedgerTests {
    /// An endorsed transaction of the ledger.
    private struct Recorded {
        let block: UInt64
        let index: Int
        let creator: [UInt8]
        let header: ChannelHeader
        let call: ChaincodeCall
        let action: ChaincodeAction
    }

    private static func blocks() throws -> [OrderedBlock] {
        try SharedData.list("vectors/fabric/blocks").map {
            try OrderedBlock(serialized: try #require(SharedData.read("vectors/fabric/blocks/\($0)")))
        }
    }

    /// The endorser transactions that parse; the ledger also holds some that were made to be malformed.
    private static func recorded(in block: OrderedBlock) -> [Recorded] {
        block.envelopes.enumerated().compactMap { (index, bytes) in
            guard let envelope = try? Envelope(serialized: bytes), let payload = try? Payload(serialized: envelope.payload),
                let header = try? ChannelHeader(serialized: payload.channelHeaderBytes), header.kind == .endorserTransaction,
                let signer = try? SignatureHeader(serialized: payload.signatureHeaderBytes),
                let transaction = try? EndorserTransaction(serialized: payload.data),
                let call = try? ProposalPayload(serialized: transaction.proposalPayloadBytes).invocation(),
                let response = try? ProposalResponsePayload(serialized: transaction.responsePayloadBytes),
                let action = try? ChaincodeAction(serialized: response.actionBytes)
            else { return nil }
            return Recorded(block: block.number.rawValue, index: index, creator: signer.creator, header: header, call: call, action: action)
        }
    }

    @Test func `every read-write set is encoded to the bytes it was read from`() throws {
        var count = 0
        for block in try Self.blocks() {
            for transaction in Self.recorded(in: block) where !transaction.action.results.isEmpty {
                guard let set = try? ReadWriteSet(serialized: transaction.action.results) else { continue }
                #expect(set.serialized() == transaction.action.results)
                count += 1
            }
        }
        #expect(count > 90)
    }

    @Test func `the ledger's contract, written in Swift, gives the peers' actions byte for byte`() throws {
        var state = InMemoryState()
        var snapshots = [state]
        var equal = 0
        var functions: Set<String> = []
        var catalogue = ContractCatalogue()
        catalogue.add(LabContract(), as: "kvand")
        catalogue.add(LabContract(), as: "kvor")
        let machine = ContractMachine(catalogue: catalogue, now: { 0 })
        for block in try Self.blocks() {
            let codes = block.storedCodes ?? Array(repeating: .notValidated, count: block.envelopes.count)
            for transaction in Self.recorded(in: block) where ["kvand", "kvor"].contains(transaction.call.chaincode) {
                // Blocks 42 to 44 and transactions with other codes hold what was altered and signed again with the peers' keys.
                guard !(42...44).contains(transaction.block),
                    [.valid, .mvccReadConflict, .phantomReadConflict, .duplicateTransactionID].contains(codes[transaction.index])
                else { continue }
                let function = String(decoding: transaction.call.arguments.first ?? [], as: UTF8.self)
                // Private data of user contracts is not offered to contracts yet.
                if function == "putpvt" { continue }
                // Clients may wait between endorsement and order: the snapshot is one of those before the block.
                let isFound = snapshots.reversed().contains { Self.isReproduced(transaction, on: $0, machine) }
                #expect(isFound, "block \(transaction.block), \(function)")
                equal += 1
                functions.insert(function)
            }
            let effects = try BlockEffects.derive(from: block, codes: codes, state: state, previousCommitHash: [])
            state.apply(effects.updates)
            snapshots.append(state)
        }
        #expect(equal > 55)
        #expect(functions == ["put", "inc", "rangeput", "setep", "del", "create", "event", "get", "composite"])
    }

    private static func isReproduced(_ transaction: Recorded, on state: InMemoryState, _ machine: ContractMachine) -> Bool {
        let creator = try? SerializedIdentity(serialized: transaction.creator)
        let invocation = Invocation(
            channel: transaction.header.channelID, transaction: transaction.header.transactionID, chaincode: transaction.call.chaincode,
            arguments: transaction.call.arguments, caller: Caller(mspID: creator?.mspID.text ?? "", commonName: ""),
            timestamp: Timestamp(seconds: 0))
        guard let result = try? machine.invoke(invocation, state: state) else { return false }
        return result.action.serialized() == transaction.action.serialized()
    }
}

/// What the contract of that ledger does, as far as its arguments and results tell.
private struct LabContract: Contract {
    let name = "lab"

    var transactions: [Transaction] {
        [
            Transaction(raw: "put", kind: .submit) { (context, arguments) throws(ContractError) in
                for index in stride(from: 0, to: arguments.count - 1, by: 2) {
                    try context.putState(String(decoding: arguments[index], as: UTF8.self), arguments[index + 1])
                }
                return []
            },
            .evaluate("get", "key") { (context: Context, key: String) throws(ContractError) -> [UInt8] in try context.getState(key) ?? [] },
            .submit("del", "key") { (context: Context, key: String) throws(ContractError) in try context.deleteState(key) },
            .submit("create", "key", "value") { (context: Context, key: String, value: [UInt8]) throws(ContractError) -> String in
                guard try context.getState(key) == nil else { throw .failure("exists", "already there") }
                try context.putState(key, value)
                return key
            },
            .submit("inc", "key") { (context: Context, key: String) throws(ContractError) -> String in
                let next = String((Int(try context.getString(key) ?? "0") ?? 0) + 1)
                try context.putString(key, next)
                return next
            },
            .submit("event", "name", "payload", "key", "value") {
                (context: Context, name: String, payload: [UInt8], key: String, value: [UInt8]) throws(ContractError) in
                try context.setEvent(name, payload)
                try context.putState(key, value)
            },
            .submit("composite", "type", "first", "second", "value") {
                (context: Context, type: String, first: String, second: String, value: [UInt8]) throws(ContractError) in
                try context.putState(try context.compositeKey(type, first, second), value)
            },
            .submit("rangeput", "start", "end", "key", "tag") {
                (context: Context, start: String, end: String, key: String, tag: String) throws(ContractError) -> JSONValue in
                let entries = try context.stateRange(from: start, to: end).collect()
                try context.putString(key, tag + String(entries.count))
                return .object(entries.map { ($0.key, .string(String(decoding: $0.value, as: UTF8.self))) })
            },
            Transaction(raw: "setep", kind: .submit) { (context, arguments) throws(ContractError) in
                let key = String(decoding: arguments.first ?? [], as: UTF8.self)
                try context.setValidationParameter(of: key, Self.policy(ofAll: Array(arguments.dropFirst())))
                return []
            },
        ]
    }

    /// A serialised `common.SignaturePolicyEnvelope` that asks for a peer of each of these organisations, fewer than ten.
    private static func policy(ofAll organisations: [[UInt8]]) -> [UInt8] {
        var rule: [UInt8] = [0x08, UInt8(organisations.count)]
        var identities: [UInt8] = []
        for (index, organisation) in organisations.enumerated() {
            rule += NaiveModel.field(2, [0x08, UInt8(index)])
            identities += NaiveModel.field(3, NaiveModel.field(2, NaiveModel.field(1, organisation) + [0x10, 0x03]))
        }
        return NaiveModel.field(2, NaiveModel.field(2, rule)) + identities
    }
}
