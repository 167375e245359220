import ContractVM
import CryptoPrimitives
import Endorsement
import Foundation
import LedgerModel
import TestSupport
import Testing

/// No text of a refusal shows what the caller sent as arguments or transient data.
@Suite struct RefusalTextTests {
    private typealias Render = (_ text: String, _ parts: ProposalParts) -> String

    /// A proposal full of markers, spoiled in one of the ways that end in a text.
    private struct Case: Sendable {
        let name: String
        let spoil: @Sendable (inout ProposalParts, inout TestBench) -> Void
    }

    private static let cases: [Case] = [
        Case(name: "expired") { _, bench in bench.now = Timestamp(seconds: TestNetwork.lastDay.seconds + 1) },
        Case(name: "time") { parts, _ in parts.timestamp = Timestamp(seconds: 0) },
        Case(name: "no time") { parts, _ in parts.timestamp = nil },
        Case(name: "channel") { parts, _ in parts.channel = "other" },
        Case(name: "type") { parts, _ in parts.type = 9 },
        Case(name: "epoch") { parts, _ in parts.epoch = 1 },
        Case(name: "nonce") { parts, _ in parts.nonce = [] },
        Case(name: "creator") { parts, _ in parts.creator = [1] },
        Case(name: "transaction id") { parts, _ in parts.transactionID = "0" },
        Case(name: "other callee") { parts, _ in parts.callee = "status" },
        Case(name: "index") { _, bench in bench.ledger.indexFailure = StateReadError(reason: "disk gone") },
        Case(name: "state") { _, bench in bench.ledger.stateFailure = StateReadError(reason: "disk gone") },
        Case(name: "undefined") { parts, _ in parts.target = "nowhere" },
        Case(name: "not installed") { parts, _ in parts.target = "ghost" },
        Case(name: "init") { parts, _ in parts.isInit = true },
        // The markers stand where the function's name, a number or a page is expected.
        Case(name: "function") { _, _ in },
        Case(name: "number") { parts, _ in parts.arguments[0] = Array("fail".utf8) },
        Case(name: "too many") { parts, _ in parts.arguments = [Array("write".utf8)] + parts.arguments + parts.arguments },
        Case(name: "missing page") { parts, _ in parts.arguments[0] = Array("read".utf8) },
        Case(name: "over a limit") { parts, _ in parts.arguments = [Array("write".utf8), parts.arguments[1], parts.arguments[1]] },
        Case(name: "system contract") { parts, _ in parts.target = "qscc" },
    ]

    /// Runs every case with fresh markers; returns the cases whose text, as rendered, shows a marker.
    private func leaks(seed: UInt64, render: Render = { text, _ in text }) throws -> [String] {
        var random = SeededGenerator(seed: seed)
        var leaks: [String] = []
        for entry in Self.cases {
            let markers = (0..<4).map { _ in
                Array((0..<18).map { _ in "ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8.randomElement(using: &random) ?? 65 })
            }
            var parts = ProposalParts()
            parts.arguments = [markers[0], markers[1]]
            parts.transient = [TransientEntry(name: String(decoding: markers[2], as: UTF8.self), value: markers[3])]
            var bench = try TestBench(limits: .standard.with(.writes, 0))
            entry.spoil(&parts, &bench)
            let signed = try parts.signed(by: bench.network.client)
            let text: String
            do {
                let answer = try bench.process(signed)
                #expect(answer.response.status >= 400, "\(entry.name) was meant to fail, \(random)")
                text = answer.response.message
            } catch {
                text = "\(error) \(String(reflecting: error))"
            }
            if markers.contains(where: { Leak.isIn(render(text, parts), marker: $0) }) { leaks.append(entry.name) }
        }
        return leaks
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `no refusal shows arguments or transient data`(seed: UInt64) throws {
        #expect(try self.leaks(seed: 0x1EAC + seed) == [])
    }

    /// The same check must find each of these careless renderings in every case; this keeps the check itself honest.
    @Test(arguments: [0, 1, 2, 3, 4])
    func `texts that do show them are found`(form: Int) throws {
        let found = try self.leaks(seed: 0x7717) { text, parts in
            let value = form == 4 ? parts.transient[0].value : parts.arguments.last ?? []
            switch form {
            case 0: return text + " for " + String(decoding: value, as: UTF8.self)
            case 1: return text + " for " + Base16.encode(value)
            case 2: return text + " for " + Base64.encode(value)
            case 3: return text + " for \(value)"
            default: return text + " with \(Data(value).map { String($0, radix: 16) }.joined())"
            }
        }
        #expect(found == Self.cases.map(\.name))
    }
}
