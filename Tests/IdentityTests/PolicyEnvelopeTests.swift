import FabricMessages
import LedgerModel
import TestSupport
import Testing

@testable import Identity

@Suite struct PolicyEnvelopeTests {
    private func envelope(_ change: (inout Common_SignaturePolicyEnvelope) -> Void) throws -> [UInt8] {
        var message = try SignaturePolicy(text: "AND('A.peer', 'B.peer')").message()
        change(&message)
        return message.encoded()
    }

    @Test func `a version other than 0 is refused`() throws {
        let bytes = try self.envelope { $0.version = 1 }
        #expect(throws: PolicyError.unsupportedVersion(1)) { try SignaturePolicy(envelope: bytes) }
    }

    @Test func `a rule that asks for a principal outside the list is refused, wherever it stands`() throws {
        let tooHigh = try self.envelope { $0.rule.nOutOf.rules[1].signedBy = 2 }
        #expect(throws: PolicyError.principalOutOfRange(index: 2, count: 2)) { try SignaturePolicy(envelope: tooHigh) }
        let negative = try self.envelope { $0.rule.nOutOf.rules[0].signedBy = -1 }
        #expect(throws: PolicyError.principalOutOfRange(index: -1, count: 2)) { try SignaturePolicy(envelope: negative) }
    }

    @Test func `an empty rule is refused, wherever it stands`() throws {
        let inner = try self.envelope { $0.rule.nOutOf.rules.append(Common_SignaturePolicy()) }
        #expect(throws: PolicyError.emptyRule) { try SignaturePolicy(envelope: inner) }
        let root = try self.envelope { $0.clearRule() }
        #expect(throws: PolicyError.emptyRule) { try SignaturePolicy(envelope: root) }
        #expect(throws: PolicyError.emptyRule) { try SignaturePolicy(envelope: []) }
    }

    @Test func `zero of no rules is read, and everyone satisfies it`() throws {
        let bytes = try self.envelope {
            $0.rule.nOutOf.n = 0
            $0.rule.nOutOf.rules = []
            $0.identities = []
        }
        #expect(try SignaturePolicy(envelope: bytes).evaluate([]) == .satisfied)
    }

    @Test func `unreadable principals are kept and nobody meets them`() throws {
        let bytes = try self.envelope { $0.identities[1].principal = [UInt8]([0xFF, 0xFF]).data }
        let policy = try SignaturePolicy(envelope: bytes)
        #expect(policy.principals[1] == .unrecognized(classification: 0, content: [0xFF, 0xFF]))
        #expect(policy.envelope() == bytes)
    }

    @Test func `nesting beyond the limit is refused`() {
        var rule = Common_SignaturePolicy()
        rule.signedBy = 0
        for _ in 0...Limits.policyDepth {
            var gate = Common_SignaturePolicy()
            gate.nOutOf.n = 1
            gate.nOutOf.rules = [rule]
            rule = gate
        }
        var message = Common_SignaturePolicyEnvelope()
        message.rule = rule
        message.identities = [role("A", .peer).message()]
        let bytes = message.encoded()
        #expect(throws: PolicyError.self) { try SignaturePolicy(envelope: bytes) }
    }

    @Test func `changed bytes are read or refused, never more`() throws {
        var random = SeededGenerator(seed: 21)
        let good = try SignaturePolicy(text: "OutOf(2, 'A.peer', OR('B.member', 'C.admin'), AND('D.client', 'E.orderer'))").envelope()
        for _ in 0..<2_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            if let policy = try? SignaturePolicy(envelope: bytes) { _ = policy.evaluate([]) }
        }
    }

    @Test(arguments: [
        role("Org1MSP", .orderer), .organizationUnit("Org1MSP", name: Array("hospital".utf8), certifiers: [1, 2, 3]),
        .identity(IdentityPrincipal(serialized: [9, 9])), .anonymity(.nominal), .anonymity(.anonymous), .combined([]),
        .combined([role("A", .member), .combined([role("A", .peer)])]), .unrecognized(classification: 7, content: [1]),
    ])
    func `a principal survives its message`(principal: Principal) {
        #expect(Principal(message: principal.message()) == principal)
    }

    @Test func `combined principals nest to a limit`() {
        var principal = role("A", .member)
        for _ in 0..<(Limits.principalDepth + 1) { principal = .combined([principal]) }
        let read = Principal(message: principal.message())
        #expect(read != principal)
        #expect(read.description.contains("UNKNOWN(4)"))
    }

    @Test func `a role of unknown number is unrecognized`() {
        var content = Common_MSPRole()
        content.mspIdentifier = "A"
        content.role = .UNRECOGNIZED(9)
        var message = Common_MSPPrincipal()
        message.principal = content.encoded().data
        #expect(Principal(message: message) == .unrecognized(classification: 0, content: content.encoded()))
    }
}
