import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// Evidence that somebody has tampered with convicts nobody of anything new.
@Suite struct EvidenceMutationTests {
    /// Where E6 names the block that had room: unsigned, as any block of the accused that is late enough proves the same fact.
    private static let proposedAt = 22..<30

    @Test func `every code and variant has a sample that convicts`() throws {
        let samples = try EvidenceSamples.shared.get()
        #expect(samples.items.keys.sorted() == EvidenceSamples.names.sorted())
        #expect(Set(samples.items.values.map { $0.identity.code }) == Set(1...8))
        for (name, item) in samples.items { #expect(samples.refusal(of: item) == nil, "\(name)") }
    }

    @Test(arguments: EvidenceSamples.names)
    func `a change of any byte makes it unreadable or refused with a reason`(_ name: String) throws {
        let samples = try EvidenceSamples.shared.get()
        let item = try found(samples.items[name])
        let bytes = MisbehaviourFormat.encode(item)
        var random = SeededGenerator(seed: 71)
        var judged = 0
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= UInt8.random(in: 1...255, using: &random)
            guard let read = try? MisbehaviourFormat.decode(changed) else { continue }
            judged += 1
            if let refusal = samples.refusal(of: read) {
                #expect(!refusal.description.isEmpty)
                continue
            }
            #expect(name == "E6" && Self.proposedAt.contains(index) && read.identity == item.identity, "byte \(index) of \(name), \(random)")
        }
        #expect(judged > 40, "\(name): most bytes can be read, so the judge must have looked")
    }

    @Test(arguments: EvidenceSamples.names)
    func `it is refused when it is cut, padded, or moved to another height or member`(_ name: String) throws {
        let samples = try EvidenceSamples.shared.get()
        let item = try found(samples.items[name])
        let bytes = MisbehaviourFormat.encode(item)
        for length in bytes.indices {
            #expect(throws: MessageError.self) { try MisbehaviourFormat.decode(Array(bytes.prefix(length))) }
        }
        #expect(throws: MessageError.self) { try MisbehaviourFormat.decode(bytes + [0]) }
        func replaced(_ place: Int, _ count: Int, by value: UInt64) -> Misbehaviour? {
            var changed = bytes
            for index in 0..<count { changed[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index))) }
            return try? MisbehaviourFormat.decode(changed)
        }
        let others = [UInt32(1), 2, 3, 4, 5].filter { $0 != item.offender }.map { replaced(2, 4, by: UInt64($0)) }
        let heights = (1...8 as ClosedRange<UInt64>).filter { $0 != item.height }.map { replaced(6, 8, by: $0) }
        for moved in (others + heights).compactMap({ $0 }) { #expect(samples.refusal(of: moved) != nil, "\(name): \(moved.identity)") }
    }

    @Test func `evidence of another chain is nobody's signature here`() throws {
        let samples = try EvidenceSamples.shared.get()
        let elsewhere = try EvidenceSamples { $0.bylaws = [UInt8](repeating: 5, count: 32) }
        #expect(elsewhere.world.chain != samples.world.chain)
        for (name, item) in samples.items { #expect(elsewhere.refusal(of: item) == .wrongSignature, "\(name)") }
    }

    @Test func `what is too large is refused before it is read`() throws {
        let samples = try EvidenceSamples.shared.get()
        func isRefused(_ item: Misbehaviour) -> Bool { (try? MisbehaviourFormat.decode(MisbehaviourFormat.encode(item))) == nil }
        #expect(throws: MessageError.self) {
            try MisbehaviourFormat.decode([UInt8](repeating: 1, count: GovernanceLimits.transactionBytes + 1))
        }
        #expect(throws: MessageError.self) {
            try GovernanceTransactionFormat.decode([UInt8](repeating: 1, count: GovernanceLimits.transactionBytes + 1))
        }
        guard case .invalidProposal(let proposal)? = samples.items["E4 field"], case .wrongAnswer(let answer, _)? = samples.items["E7"],
            case .censorship(let censorship)? = samples.items["E6"]
        else { throw NotFound() }
        func charge(_ fault: ProposalFault) -> Misbehaviour {
            .invalidProposal(
                InvalidProposal(
                    proposal: proposal.proposal, blockHeader: proposal.blockHeader, extendedHeader: proposal.extendedHeader, fault: fault))
        }
        #expect(!isRefused(charge(.transactionRoot(envelopes: [[1]]))))
        #expect(isRefused(charge(.transactionRoot(envelopes: [[UInt8](repeating: 0, count: GovernanceLimits.envelopeBytes + 1)]))))
        #expect(isRefused(charge(.transactionRoot(envelopes: [[UInt8]](repeating: [1], count: GovernanceLimits.envelopes + 1)))))
        let step = TransactionTree.Step(sibling: [UInt8](repeating: 1, count: 32), isLeft: true)
        let path = [TransactionTree.Step](repeating: step, count: GovernanceLimits.pathSteps + 1)
        #expect(!isRefused(charge(.repeatedTransaction(EnvelopePlace(envelope: [1], index: 0, path: Array(path.dropLast()))))))
        #expect(isRefused(charge(.repeatedTransaction(EnvelopePlace(envelope: [1], index: 0, path: path)))))
        func answered(query: Int = 1, result: Int = 1, proof: Int = 1) -> Misbehaviour {
            let long = StateAnswer(
                query: [UInt8](repeating: 0, count: query), height: 1, result: [UInt8](repeating: 0, count: result),
                checkpoint: [UInt8](repeating: 0, count: 32))
            return .wrongAnswer(
                SignedStateAnswer(answer: long, signer: 2, signature: answer.signature), proof: [UInt8](repeating: 0, count: proof))
        }
        #expect(!isRefused(answered()))
        #expect(isRefused(answered(query: GovernanceLimits.queryBytes + 1)))
        #expect(isRefused(answered(result: GovernanceLimits.answerBytes + 1)))
        #expect(isRefused(answered(proof: GovernanceLimits.proofBytes + 1)))
        let long = SignedReceipt(receipt: censorship.receipt.receipt, signature: [UInt8](repeating: 1, count: ElectionLimits.signatureBytes + 1))
        #expect(isRefused(.censorship(Censorship(receipt: long, envelope: censorship.envelope, proposedAt: 9))))
    }

    @Test func `a receipt with any byte changed is unreadable or not its author's`() throws {
        let samples = try EvidenceSamples.shared.get()
        guard case .censorship(let item)? = samples.items["E6"] else { throw NotFound() }
        let key = try samples.world.key(3).publicKey
        let bytes = try found(ReceiptFormat.encode(item.receipt))
        #expect(item.receipt.isSigned(by: key, chain: samples.world.chain))
        #expect(!item.receipt.isSigned(by: key, chain: [UInt8](repeating: 1, count: 32)))
        #expect(!item.receipt.isSigned(by: try samples.world.key(2).publicKey, chain: samples.world.chain))
        var random = SeededGenerator(seed: 72)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= UInt8.random(in: 1...255, using: &random)
            guard let read = try? ReceiptFormat.decode(changed) else { continue }
            #expect(!read.isSigned(by: key, chain: samples.world.chain), "byte \(index), \(random)")
        }
    }

    @Test func `twin: a judge that forgets the signatures is caught by the same changes`() throws {
        let samples = try EvidenceSamples.shared.get()
        let bytes = MisbehaviourFormat.encode(try found(samples.items["E1 prevotes"]))
        let committee = try found(samples.world.plane.term(at: 1)?.committee)
        // The planted bug: contents are compared and signatures are not.
        let convicts = bytes.indices.contains { index in
            var changed = bytes
            changed[index] ^= 1
            guard case .consensus(.doubleVote(let first, let second))? = try? MisbehaviourFormat.decode(changed) else { return false }
            return first.vote != second.vote && [first, second].allSatisfy { $0.flaw(committee: committee) == nil }
        }
        #expect(convicts)
    }
}
