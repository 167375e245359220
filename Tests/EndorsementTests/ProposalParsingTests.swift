import ContractVM
import CryptoPrimitives
import Endorsement
import FabricMessages
import Foundation
import LedgerModel
import TestSupport
import Testing

/// Interop chapter 6, step 2: every part of a proposal damaged in every way; a refusal, never a trap and never a wrong endorsement.
@Suite struct ProposalParsingTests {
    /// A field tag whose length runs past the end.
    private static let garbage: [UInt8] = [0x0A, 0x7F, 0x01]

    private func malformedPart(_ signed: SignedProposal) throws -> String? {
        guard case .malformed(let error)? = try TestBench().refusal(of: signed) else { return nil }
        #expect(EndorsementRefusal.malformed(error).description == "error validating proposal: \(error)")
        return error.part
    }

    private func parts() -> ProposalParts {
        var parts = ProposalParts("write", "monday", "rain")
        parts.transient = [TransientEntry(name: "secret", value: [1, 2, 3])]
        return parts
    }

    @Test func `the part that does not parse is named`() throws {
        let client = try TestBench().network.client
        let good = self.parts().proposal(client)
        #expect(try self.malformedPart(.init(proposalBytes: Self.garbage, signature: [])) == "proposal")
        var message = Protos_Proposal()
        message.header = Data(Self.garbage)
        #expect(try self.malformedPart(.init(proposalBytes: message.encoded(), signature: [])) == "proposal header")
        func spoiled(_ channel: [UInt8]?, _ signature: [UInt8]?, _ payload: [UInt8]?) throws -> String? {
            let proposal = Proposal(
                channelHeaderBytes: channel ?? good.channelHeaderBytes, signatureHeaderBytes: signature ?? good.signatureHeaderBytes,
                payloadBytes: payload ?? good.payloadBytes)
            return try self.malformedPart(try ProposalParts.sign(proposal.serialized(), by: client))
        }
        #expect(try spoiled(Self.garbage, nil, nil) == "channel header")
        #expect(try spoiled(nil, Self.garbage, nil) == "signature header")
        #expect(try spoiled(nil, nil, Self.garbage) == "proposal payload")
        #expect(try spoiled(nil, nil, ProposalPayload(input: Self.garbage).serialized()) == "invocation spec")
        #expect(try spoiled(nil, nil, []) == "invocation spec")
        var header = try ChannelHeader(serialized: good.channelHeaderBytes)
        header.extensionBytes = Self.garbage
        #expect(try spoiled(header.serialized(), nil, nil) == "header extension")
        header.extensionBytes = []
        #expect(try spoiled(header.serialized(), nil, nil) == "header extension")
    }

    @Test func `an empty proposal is refused`() throws {
        #expect(try self.malformedPart(.init(proposalBytes: [], signature: [])) != nil)
    }

    @Test func `a spec without an input and one without a chaincode spec are refused`() throws {
        let client = try TestBench().network.client
        let good = self.parts().proposal(client)
        var spec = Protos_ChaincodeInvocationSpec()
        for hasSpec in [false, true] {
            if hasSpec { spec.chaincodeSpec.chaincodeID.name = "diary" }
            let proposal = Proposal(
                channelHeaderBytes: good.channelHeaderBytes, signatureHeaderBytes: good.signatureHeaderBytes,
                payloadBytes: ProposalPayload(input: spec.encoded()).serialized())
            #expect(try self.malformedPart(try ProposalParts.sign(proposal.serialized(), by: client)) == "invocation spec")
        }
    }

    @Test func `the header decides which chaincode runs, whatever the payload calls itself`() throws {
        let bench = try TestBench()
        var parts = self.parts()
        let expected = try bench.process(parts).response
        parts.callee = "status"
        #expect(try bench.process(parts).response == expected)
    }

    @Test func `text that is not UTF-8 is refused`() throws {
        let client = try TestBench().network.client
        let good = self.parts().proposal(client)
        // Field 4, the channel id, with a byte that UTF-8 never has.
        let proposal = Proposal(
            channelHeaderBytes: good.channelHeaderBytes + [0x22, 0x01, 0xFF], signatureHeaderBytes: good.signatureHeaderBytes,
            payloadBytes: good.payloadBytes)
        #expect(try self.malformedPart(try ProposalParts.sign(proposal.serialized(), by: client)) == "channel header")
    }

    @Test func `no truncation and no flipped bit under the old signature is endorsed`() throws {
        let bench = try TestBench()
        let signed = try self.parts().signed(by: bench.network.client)
        for length in 0..<signed.proposalBytes.count {
            let short = SignedProposal(proposalBytes: Array(signed.proposalBytes.prefix(length)), signature: signed.signature)
            #expect((try? bench.process(short))?.endorsement == nil, "\(length) bytes")
        }
        var random = SeededGenerator(seed: 0xF11B)
        for index in signed.proposalBytes.indices {
            var bytes = signed.proposalBytes
            bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let flipped = SignedProposal(proposalBytes: bytes, signature: signed.signature)
            #expect((try? bench.process(flipped))?.endorsement == nil, "byte \(index), \(random)")
        }
    }

    /// Whoever signs damaged bytes gets a refusal, or an endorsement of exactly those bytes.
    @Test(arguments: ["proposal", "channel header", "signature header", "payload", "input"])
    func `a damaged and newly signed part never traps and is never mistaken for the whole one`(part: String) throws {
        let bench = try TestBench()
        let client = bench.network.client
        let good = self.parts().proposal(client)
        let whole = try #require(try bench.process(try ProposalParts.sign(good.serialized(), by: client)).endorsement)
        var random = SeededGenerator(seed: 0xBAD5)
        func check(_ damage: ([UInt8]) -> [UInt8], _ what: String) throws {
            let bytes: [UInt8]
            switch part {
            case "proposal": bytes = damage(good.serialized())
            case "channel header":
                bytes = self.proposal(damage(good.channelHeaderBytes), good.signatureHeaderBytes, good.payloadBytes)
            case "signature header":
                bytes = self.proposal(good.channelHeaderBytes, damage(good.signatureHeaderBytes), good.payloadBytes)
            case "payload": bytes = self.proposal(good.channelHeaderBytes, good.signatureHeaderBytes, damage(good.payloadBytes))
            default:
                let payload = ProposalPayload(input: damage(self.parts().payload.input))
                bytes = self.proposal(good.channelHeaderBytes, good.signatureHeaderBytes, payload.serialized())
            }
            let signed = try ProposalParts.sign(bytes, by: client)
            guard let answer = try? bench.process(signed), let endorsement = answer.endorsement else { return }
            #expect(endorsement.signature != whole.signature)
            let received = try Proposal(serialized: bytes)
            let payload = try ProposalPayload(serialized: received.payloadBytes)
            let hash = SHA256.hash(received.channelHeaderBytes + received.signatureHeaderBytes + payload.withoutTransient)
            #expect(try ProposalResponsePayload(serialized: answer.payload).proposalHash == hash, "\(part): \(what)")
        }
        // A creator cut short costs a judgement each, so long parts are sampled.
        let count = part == "proposal" ? good.serialized().count : part == "signature header" ? good.signatureHeaderBytes.count : 120
        for length in stride(from: 0, to: count, by: count > 200 ? 7 : 1) {
            try check({ Array($0.prefix(length)) }, "\(length) bytes")
            try check(
                { bytes in
                    var bytes = bytes
                    if length < bytes.count { bytes[length] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
                    return bytes
                }, "flip in byte \(length), \(random)")
        }
    }

    @Test func `random bytes never trap`() throws {
        let bench = try TestBench()
        var random = SeededGenerator(seed: 0x4A4D)
        for _ in 0..<2_000 {
            let bytes = random.bytes(count: Int.random(in: 0..<64, using: &random))
            #expect(bench.refusal(of: SignedProposal(proposalBytes: bytes, signature: [])) != nil || bytes.isEmpty, "\(bytes), \(random)")
        }
    }

    private func proposal(_ channel: [UInt8], _ signature: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        Proposal(channelHeaderBytes: channel, signatureHeaderBytes: signature, payloadBytes: payload).serialized()
    }
}
