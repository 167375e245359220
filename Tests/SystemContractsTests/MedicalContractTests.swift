import Chaincode
import ContractVM
import CryptoPrimitives
import LedgerModel
import Testing

@testable import SystemContracts

@Suite struct MedicalContractTests {
    private static let recordID = "00000000000000000000000000000e01"
    private static let everything = ["hospital", "insurer", "doctor", "alice", "bob", "record", "grant"]

    private static func fragments(_ indexes: Int...) -> [(String, JSONValue)] {
        indexes.enumerated().map { ("fragment-\($0.offset)", .string("$fragment(labs, \($0.element))")) }
    }

    private func start(_ given: [String] = everything) throws -> SpecRun {
        let (run, problems) = try SpecRunner().start(given)
        #expect(problems.isEmpty)
        return run
    }

    // MARK: Transient data

    @Test func `no part of the transient data reaches the ledger`() throws {
        let run = try start()
        let endorsed = try run.simulate(
            "shares", "logReconstruction", [.string(Self.recordID), 1], as: "insurer-desk", transient: Self.fragments(0, 2, 4, 6, 1))
        #expect(endorsed.result.response.status == 200)
        #expect(!endorsed.invocation.transient.isEmpty)
        #expect(TransientLeak.windows(endorsed).isEmpty)
        #expect(endorsed.result.replayObstacles.contains(.transient))
    }

    @Test func `the search for leaks finds a contract that writes its transient data`() throws {
        let channel = InMemoryChannel()
        channel.install(LeakyContract())
        let secret = SHA256.hash(Array("secret".utf8))
        for function in ["write", "answer"] {
            let endorsed = try channel.simulate(
                "leaky", arguments: [Array(function.utf8)], transient: [TransientEntry(name: "secret", value: secret)],
                as: InMemoryChannel.client("mallory"))
            #expect(!TransientLeak.windows(endorsed).isEmpty)
        }
    }

    // MARK: Endorsers

    @Test func `the comparison of two endorsers finds a contract that counts its calls`() throws {
        let channel = InMemoryChannel()
        channel.install(CountingContract(offset: 0))
        let endorsed = try channel.simulate("counting", arguments: [Array("count".utf8)], as: InMemoryChannel.client("mallory"))
        let second = ContractMachine(catalogue: ContractCatalogue([CountingContract(offset: 1)]), now: { 0 })
        let other = try second.invoke(endorsed.invocation, state: channel.state)
        #expect(SpecDeterminism.differences(endorsed.result, other) == ["two endorsers differ in the read-write set"])
    }

    @Test func `of two uploads of the same version in one block only the first is valid`() throws {
        let run = try start(["hospital", "doctor", "alice"])
        let set = try #require(SpecRunner().prelude["sets"]?["record"])
        let step = try #require(SpecCase.steps(set, contract: nil).first)
        let codes = try run.channel.commit([run.simulate(step), run.simulate(step)])
        #expect(codes == [.valid, .mvccReadConflict])
    }

    @Test func `an upload is invalid when the doctor is revoked in the same block before it`() throws {
        let run = try start(["hospital", "doctor", "alice"])
        let set = try #require(SpecRunner().prelude["sets"]?["record"])
        let step = try #require(SpecCase.steps(set, contract: nil).first)
        let upload = try run.simulate(step)
        let revocation = try run.simulate("registry", "revoke", ["dr-adams", "key-compromise"], as: "hospital-clerk")
        #expect(try run.channel.commit([revocation, upload]) == [.valid, .mvccReadConflict])
    }

    // MARK: Hostile input

    @Test func `random arguments are refused and never trap or write`() throws {
        let run = try start()
        var random = SplitMix64(seed: 0x5EED)
        for contract in MedicalContracts.all {
            for transaction in contract.transactions {
                for _ in 0..<40 {
                    let count = Bool.random(using: &random) ? transaction.parameters.count : Int.random(in: 0...9, using: &random)
                    let arguments = [Array(transaction.name.utf8)] + (0..<count).map { _ in HostileArgument.make(&random) }
                    let endorsed = try run.channel.simulate(
                        Namespace(contract.name), arguments: arguments, transient: [TransientEntry(name: "fragment-0", value: arguments[0])],
                        as: InMemoryChannel.client("mallory"))
                    let response = endorsed.result.response
                    let name = "\(contract.name).\(transaction.name), seed \(0x5EED)"
                    #expect([200, 400, 403, 404, 409].contains(response.status), "\(name): \(response.message)")
                    if response.status == 200 { #expect(endorsed.result.readWriteSet.namespaces.allSatisfy { $0.writes.isEmpty }, "\(name)") }
                }
            }
        }
    }

    @Test func `errors never repeat what was in an argument that is no id`() throws {
        let run = try start()
        let secret = "secret-content-of-a-record"
        let results = [
            try run.simulate("signatures", "verify", ["dr-adams", "emr", .string(secret), .string(secret)], as: "mallory"),
            try run.simulate("shares", "logReconstruction", [.string(Self.recordID), 1], as: "alice", transient: [("fragment-0", .string(secret))]),
            try run.simulate("registry", "revoke", ["dr-adams", .string(secret)], as: "hospital-clerk"),
        ]
        for result in results {
            #expect(result.result.response.status >= 400)
            #expect(!result.result.response.message.contains("secret-content"))
        }
    }

    @Test func `too many fragments are refused`() throws {
        let run = try start()
        let many = (0...255).map { ("fragment-\($0)", JSONValue.string("x")) }
        let endorsed = try run.simulate("shares", "reconstruct", [.string(Self.recordID)], as: "alice", transient: many)
        #expect(endorsed.result.response.message.hasPrefix("too-many-fragments: "))
    }

    @Test func `the catalogue has the lifecycle as a system contract and the medical contracts as user contracts`() {
        let catalogue = SystemContracts.catalogue()
        #expect(catalogue.isSystem("_lifecycle"))
        #expect(catalogue.userContractNames == ["records", "registry", "shares", "signatures"])
    }
}

/// Looks for pieces of the transient data in everything of a transaction that goes to the ledger.
enum TransientLeak {
    private static let width = 16

    static func windows(_ endorsed: InMemoryChannel.Endorsed) -> [[UInt8]] {
        let result = endorsed.result
        var places = [result.readWriteSet.serialized(), result.response.payload, Array(result.response.message.utf8)]
        places += endorsed.invocation.arguments
        if let event = result.event { places.append(event.serialized()) }
        var seen: Set<[UInt8]> = []
        for place in places where place.count >= width {
            for start in 0...place.count - width { seen.insert(Array(place[start..<start + width])) }
        }
        return endorsed.invocation.transient.flatMap { entry in
            stride(from: 0, through: max(0, entry.value.count - width), by: 1).map { Array(entry.value[$0..<min($0 + width, entry.value.count)]) }
        }.filter { seen.contains($0) }
    }
}

/// Breaks the rule about transient data on purpose.
private struct LeakyContract: Contract {
    let name = "leaky"
    var transactions: [Transaction] {
        [
            .submit("write") { (context: Context) throws(ContractError) -> String in
                try context.putState("k", [1, 2, 3] + (try context.transient("secret") ?? []))
                return ""
            },
            .submit("answer") { (context: Context) throws(ContractError) -> [UInt8] in try context.transient("secret") ?? [] },
        ]
    }
}

/// Two instances of it do not agree, as if each had a counter of its own.
private struct CountingContract: Contract {
    let name = "counting"
    let offset: UInt8
    var transactions: [Transaction] {
        let offset = offset
        return [
            .submit("count") { (context: Context) throws(ContractError) -> String in
                try context.putState("k", [1 + offset])
                return ""
            }
        ]
    }
}

/// Arguments as an attacker would send them.
enum HostileArgument {
    static func make(_ random: inout SplitMix64) -> [UInt8] {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        case 1: Array("00000000000000000000000000000e01".utf8)
        case 2: Array(String(Int64.random(in: .min ... .max, using: &random)).utf8)
        case 3: Array(#"{"from":-9223372036854775808,"until":9223372036854775807}"#.utf8)
        case 4: Array(String(repeating: "[", count: 100).utf8)
        case 5: Array(["dr-adams", "alice\u{0}", "../", "\u{10FFFF}", "patient"].randomElement(using: &random)?.utf8 ?? "".utf8)
        case 6: Array(repeating: UInt8(ascii: "f"), count: Int.random(in: 0...300, using: &random))
        default: Array("1".utf8)
        }
    }
}
