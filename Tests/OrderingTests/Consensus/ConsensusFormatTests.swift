import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct ConsensusFormatTests {
    let chain = [UInt8](repeating: 0x11, count: 32)

    // MARK: Quorums and turns

    @Test func `a quorum is n - f: safe, live, and not 2f+1 where that would be too few`() throws {
        for count in 1...64 as ClosedRange<UInt32> {
            let committee = try #require(Committee(epoch: 0, members: Array(1...count)))
            let (n, f, quorum) = (Int(count), committee.faults, committee.quorum)
            #expect(n >= 3 * f + 1 && n < 3 * (f + 1) + 1)
            #expect(2 * quorum - n >= f + 1, "two quorums of \(n) share an honest member")
            #expect(quorum <= n - f, "f of \(n) may be silent")
            #expect(3 * quorum > 2 * n)
        }
        let thirty = try #require(Committee(epoch: 0, members: Array(1...30)))
        #expect(thirty.quorum == 21 && thirty.honest == 10)
        // What 2f+1 would give shares no honest member for certain.
        #expect(2 * (2 * thirty.faults + 1) - 30 < thirty.faults + 1)
    }

    @Test func `two quorums share an honest member and f may be silent, for every size, and 2f+1 is too few for some`() {
        var tooFew: [Int] = []
        for n in 1...200 {
            let (f, quorum) = (CommitteeQuorum.faults(of: n), CommitteeQuorum.size(of: n))
            #expect(2 * quorum - n >= f + 1 && quorum <= n - f && quorum > 0, "\(n) members")
            #expect(n > 3 * f && n <= 3 * f + 3, "\(n) members")
            if 2 * (2 * f + 1) - n < f + 1 { tooFew.append(n) }
        }
        #expect(tooFew.filter { $0 <= 30 } == [2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 23, 24, 26, 27, 29, 30])
    }

    @Test func `a committee has ascending ids, none 0, none twice, not too many`() {
        #expect(Committee(epoch: 0, members: [3, 1, 2])?.members == [1, 2, 3])
        #expect(Committee(epoch: 0, members: []) == nil)
        #expect(Committee(epoch: 0, members: [0, 1]) == nil)
        #expect(Committee(epoch: 0, members: [2, 2]) == nil)
        #expect(Committee(epoch: 0, members: Array(1...65)) == nil)
    }

    @Test func `the proposer follows from seed, height and round alone`() throws {
        let committee = try #require(Committee(epoch: 0, members: [1, 2, 3, 4]))
        let schedule = try #require(ProposerSchedule(committee: committee, seed: [5], firstHeight: 10, turn: 2))
        #expect(schedule.order == [1, 4, 2, 3])
        #expect((10...15).map { schedule.proposer(height: $0, round: 0) } == [1, 1, 4, 4, 2, 2])
        #expect((0...4).map { schedule.proposer(height: 10, round: $0) } == [1, 4, 2, 3, 1])
        #expect(schedule.proposer(height: .max, round: .max) > 0)
        #expect(ProposerSchedule(order: []) == nil && ProposerSchedule(order: [1], turn: 0) == nil)
    }

    // MARK: Signed bytes

    @Test func `the signed bytes of votes and proposals are pinned`() throws {
        let id = try #require(BlockID([UInt8](repeating: 0x22, count: 32)))
        let prevote = Vote(height: 9, round: 2, kind: .prevote, choice: .prevote(id, validRound: 1), signer: 1)
        let none = Vote(height: 9, round: 2, kind: .precommit, choice: .nil, signer: 1)
        let proposal = BlockProposal(height: 9, round: 2, id: id, validRound: -1, signer: 1)
        let (chainHex, idHex) = (String(repeating: "11", count: 32), String(repeating: "22", count: 32))
        let place = chainHex + "0000000000000003" + "0000000000000009" + "00000002"
        let vote = try #require(VoteFormat.signedBytes(prevote, chain: self.chain, epoch: 3))
        #expect(Hex.encode(vote) == "53454c564147452d564f54452d31" + place + "0101" + idHex + "00000001")
        #expect(vote.count == 104)
        let nilVote = try #require(VoteFormat.signedBytes(none, chain: self.chain, epoch: 3))
        #expect(Hex.encode(nilVote) == "53454c564147452d564f54452d31" + place + "0200" + String(repeating: "00", count: 32) + "fffffffe")
        let bytes = VoteFormat.signedBytes(proposal, chain: self.chain, epoch: 3)
        #expect(Hex.encode(bytes) == "53454c564147452d50524f502d31" + place + idHex + "ffffffff")
        #expect(bytes.count == 102)
        // A precommit for a block has no bytes of this kind.
        let precommit = Vote(height: 9, round: 2, kind: .precommit, choice: .precommit(id, lastConfig: 0), signer: 1)
        #expect(VoteFormat.signedBytes(precommit, chain: self.chain, epoch: 3) == nil)
        #expect(BlockID([1]) == nil && id.bytes == [UInt8](repeating: 0x22, count: 32))
    }

    func form(height: UInt64 = 9, lastConfig: UInt64 = 3, txCount: UInt32 = 1) -> BlockForm {
        let zero = ExtendedHeader.zeroHash
        let header = ExtendedHeader(
            chain: self.chain, height: height, parentID: zero, parentCommitHash: zero, txRoot: zero, txCount: txCount, txSeqBase: 0, timeMs: 1,
            proposer: 1, committeeHash: zero, configSeq: 0)
        return BlockForm(
            lastConfig: lastConfig,
            blockHeader: BlockHeaderFormat.encode(number: BlockNumber(height), previousHash: zero, dataHash: zero),
            extendedHeader: ExtendedHeaderFormat.encode(header))
    }

    private func precommit(_ form: BlockForm, signer: UInt32 = 2, round: Round = 1) throws -> Vote {
        let id = try #require(PrecommitFormat.blockID(of: form)?.id)
        return Vote(height: 9, round: round, kind: .precommit, choice: .precommit(id, lastConfig: form.lastConfig), signer: signer)
    }

    @Test func `a precommit for a block signs value, identifier header and block header, and nothing can be moved between them`() throws {
        let form = self.form()
        let vote = try self.precommit(form)
        let value = try #require(PrecommitFormat.value(of: form, round: 1))
        #expect(Hex.encode(value.prefix(7)) == "0a02080312dd02")
        #expect(value.count == 7 + 349 && value.suffix(4) == [0, 0, 0, 1])
        let signed = try #require(PrecommitFormat.signedBytes(vote, form: form, chain: self.chain, epoch: 0))
        #expect(signed == value + [0x08, 0x02] + form.blockHeader)
        let read = try PrecommitFormat.decode(value: value, identifierHeader: [8, 2], blockHeader: form.blockHeader, signature: [1])
        #expect(read.vote == vote && read.form == form)
        let wrong: [([UInt8], [UInt8], [UInt8])] = [
            (value + [0x08, 0x02], [], form.blockHeader), (value, [8, 2, 0x12, 1, 7], form.blockHeader), (value, [8, 0], form.blockHeader),
            (value, [], form.blockHeader), (value, [8, 0x82, 0], form.blockHeader), (value + [0x18, 1], [8, 2], form.blockHeader),
            (Array(value.dropFirst(4)) + value.prefix(4), [8, 2], form.blockHeader), (Array(value.dropLast()), [8, 2], form.blockHeader),
            ([], [8, 2], form.blockHeader), (value, [8, 2], [UInt8](repeating: 0, count: 82)),
            ([0x0a, 0x82, 0x00] + value.dropFirst(2), [8, 2], form.blockHeader),
        ]
        for (value, header, block) in wrong {
            #expect(throws: MessageError.self) {
                try PrecommitFormat.decode(value: value, identifierHeader: header, blockHeader: block, signature: [1])
            }
        }
    }

    @Test func `a form of another block, chain, epoch or height has no signed bytes`() throws {
        let form = self.form()
        let vote = try self.precommit(form)
        #expect(PrecommitFormat.signedBytes(vote, form: self.form(txCount: 2), chain: self.chain, epoch: 0) == nil)
        #expect(PrecommitFormat.signedBytes(vote, form: self.form(lastConfig: 4), chain: self.chain, epoch: 0) == nil)
        #expect(PrecommitFormat.signedBytes(vote, form: form, chain: ExtendedHeader.zeroHash, epoch: 0) == nil)
        #expect(PrecommitFormat.signedBytes(vote, form: form, chain: self.chain, epoch: 1) == nil)
        #expect(PrecommitFormat.signedBytes(try self.precommit(self.form(height: 8)), form: self.form(height: 8), chain: self.chain, epoch: 0) == nil)
        let first = try #require(PrecommitFormat.value(of: self.form(lastConfig: 0), round: 0))
        #expect(Hex.encode(first.prefix(2)) == "0a00")
    }

    @Test func `the block signature of the committee of one is a precommit of this form`() throws {
        let network = try TestNetwork.shared.get()
        var consenter = try network.consenter()
        let block = try #require(consenter.order(network.batch(1), now: TestNetwork.now).first).block
        let signatures = try BlockSignatures(slot: block.metadata(.signatures))
        let entry = try #require(signatures.entries.first)
        let vote = try PrecommitFormat.decode(
            value: signatures.value, identifierHeader: entry.signer.headerBytes, blockHeader: block.headerBytes, signature: entry.signature)
        let keys = CommitteeKeys(chain: network.chain, keys: [1: network.orderer.certificate.publicKey])
        #expect(keys.isSigned(vote, epoch: 0))
        #expect(!keys.isSigned(vote, epoch: 1))
        // The commit certificate of slot 3 is the core's certificate of precommits.
        let commit = Fake.certificate([vote])
        let committee = try #require(Committee(epoch: 0, members: [1]))
        #expect(commit.flaw(committee: committee, verifier: keys) == nil)
        #expect(commit.commitCertificate == (try CommitCertificate(of: block)))
    }

    /// Finds no signature right.
    private struct Denier: SignatureVerifying {
        func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool { false }
    }

    @Test func `votes and proposals are checked by the channel's verifier, which may remember answers`() throws {
        let network = try TestNetwork.shared.get()
        let vote = Vote(height: 1, round: 0, kind: .prevote, choice: .nil, signer: 1)
        let voteBytes = try #require(SignedVote(vote: vote, form: nil, signature: []).signedBytes(chain: network.chain, epoch: 0))
        let signed = SignedVote(vote: vote, form: nil, signature: try network.orderer.sign(voteBytes))
        let proposal = BlockProposal(height: 1, round: 0, id: BlockID(number: 1), validRound: -1, signer: 1)
        let proposalBytes = VoteFormat.signedBytes(proposal, chain: network.chain, epoch: 0)
        let proposed = SignedBlockProposal(proposal: proposal, signature: try network.orderer.sign(proposalBytes))
        for (verifier, isRight) in [(DirectSignatureVerifier() as any SignatureVerifying, true), (Denier(), false)] {
            let bundle = try ChannelBundle(block: network.genesis, verifier: verifier)
            let keys = try CommitteeBlocks(genesis: bundle, chain: network.chain).keys
            #expect(keys.isSigned(signed, epoch: 0) == isRight)
            #expect(keys.isSigned(proposed, epoch: 0) == isRight)
        }
    }

    // MARK: Real keys

    struct Keys {
        let signing = (1...4).map { _ in SigningKey.generate() }
        let verifier: CommitteeKeys

        init(chain: [UInt8]) {
            var keys: [UInt32: PublicKey] = [:]
            for (index, key) in self.signing.enumerated() { keys[UInt32(index + 1)] = key.publicKey }
            self.verifier = CommitteeKeys(chain: chain, keys: keys)
        }

        func sign(_ vote: Vote, form: BlockForm? = nil) throws -> SignedVote {
            let bytes = SignedVote(vote: vote, form: form, signature: []).signedBytes(chain: self.verifier.chain, epoch: 0) ?? []
            return SignedVote(vote: vote, form: form, signature: try self.signing[Int(vote.signer) - 1].sign(bytes))
        }
    }

    @Test func `every single change of a certificate signed with real keys is refused`() throws {
        let keys = Keys(chain: self.chain)
        let committee = try #require(Committee(epoch: 0, members: [1, 2, 3, 4]))
        let form = self.form()
        let id = try #require(PrecommitFormat.blockID(of: form)?.id)
        let commit = Fake.certificate(try (1...3).map { try keys.sign(self.precommit(form, signer: $0), form: form) })
        let polka = Fake.certificate(
            try (2...4).map { try keys.sign(Vote(height: 9, round: 1, kind: .prevote, choice: .prevote(id, validRound: 0), signer: $0)) })
        #expect(commit.flaw(committee: committee, verifier: keys.verifier) == nil)
        #expect(polka.flaw(committee: committee, verifier: keys.verifier) == nil)
        func expectRefused(_ certificate: VoteCertificate, _ what: String) {
            #expect(certificate.flaw(committee: committee, verifier: keys.verifier) != nil, "\(what)")
        }
        for good in [commit, polka] {
            for (index, entry) in good.entries.enumerated() {
                for offset in entry.signature.indices {
                    var signature = entry.signature
                    signature[offset] ^= 1
                    var entries = good.entries
                    entries[index] = CommitCertificate.Entry(consenter: entry.consenter, signature: signature)
                    expectRefused(self.altered(good, entries: entries), "signature \(index), byte \(offset)")
                }
            }
            expectRefused(self.altered(good, round: 2), "round")
            expectRefused(self.altered(good, height: 8), "height")
            expectRefused(self.altered(good, kind: good.kind == .prevote ? .precommit : .prevote), "kind")
            expectRefused(self.altered(good, choice: VoteChoice(id: BlockID(number: 1), validRound: good.choice.validRound, lastConfig: 3)), "id")
        }
        expectRefused(self.altered(polka, choice: .prevote(id, validRound: -1)), "valid round")
        for offset in form.extendedHeader.indices {
            var header = form.extendedHeader
            header[offset] ^= 1
            expectRefused(
                self.altered(commit, form: BlockForm(lastConfig: 3, blockHeader: form.blockHeader, extendedHeader: header)), "byte \(offset)")
        }
        for offset in form.blockHeader.indices {
            var header = form.blockHeader
            header[offset] ^= 1
            expectRefused(
                self.altered(commit, form: BlockForm(lastConfig: 3, blockHeader: header, extendedHeader: form.extendedHeader)), "byte \(offset)")
        }
    }

    private func altered(
        _ good: VoteCertificate, height: UInt64? = nil, round: Round? = nil, kind: VoteKind? = nil, choice: VoteChoice? = nil, form: BlockForm? = nil,
        entries: [CommitCertificate.Entry]? = nil
    ) -> VoteCertificate {
        VoteCertificate(
            height: height ?? good.height, round: round ?? good.round, kind: kind ?? good.kind, choice: choice ?? good.choice,
            form: form ?? good.form, entries: entries ?? good.entries)
    }

    @Test func `a vote of another chain or epoch with the same keys is refused`() throws {
        let keys = Keys(chain: self.chain)
        let vote = try keys.sign(Vote(height: 9, round: 1, kind: .prevote, choice: .nil, signer: 1))
        #expect(keys.verifier.isSigned(vote, epoch: 0))
        #expect(!keys.verifier.isSigned(vote, epoch: 1))
        var other: [UInt32: PublicKey] = [:]
        for (index, key) in keys.signing.enumerated() { other[UInt32(index + 1)] = key.publicKey }
        #expect(!CommitteeKeys(chain: ExtendedHeader.zeroHash, keys: other).isSigned(vote, epoch: 0))
    }

    @Test func `four replicas with real keys decide a block that carries Fabric's signatures`() throws {
        let keys = Keys(chain: self.chain)
        let committee = try #require(Committee(epoch: 0, members: [1, 2, 3, 4]))
        let schedule = try #require(ProposerSchedule(order: [1, 2, 3, 4], firstHeight: 9))
        let form = self.form()
        let id = try #require(PrecommitFormat.blockID(of: form)?.id)
        var replicas = (1...4).map { _ in Replica(verifier: keys.verifier) }
        var queue: [(Int, ReplicaInput)] = (0..<4).map {
            ($0, .startHeight(HeightStart(height: 9, committee: committee, schedule: schedule, signer: UInt32($0 + 1), hasReason: true)))
        }
        var commits: [VoteCertificate] = []
        while !queue.isEmpty {
            let (index, input) = queue.removeFirst()
            for output in replicas[index].step(input) {
                switch output {
                case .buildCandidate(let height, let round): queue.append((index, .candidate(height: height, round: round, id: id)))
                case .fetchBlock(let id, _): queue.append((index, .verdict(height: 9, id: id, .valid(form, isTimely: true))))
                case .sign(let request):
                    let bytes = try #require(request.signedBytes(chain: self.chain, epoch: 0))
                    let message = request.message(signature: try keys.signing[index].sign(bytes))
                    for receiver in 0..<4 { queue.append((receiver, .message(message, from: UInt32(index + 1)))) }
                case .decide(_, let commit): commits.append(commit)
                default: break
                }
            }
        }
        #expect(commits.count == 4)
        let commit = try #require(commits.first)
        // What slot 0 holds: each entry's signature over value, identifier header and block header.
        let value = try #require(PrecommitFormat.value(of: form, round: 0))
        for entry in commit.entries {
            let signed = value + PrecommitFormat.identifierHeader(of: entry.consenter) + form.blockHeader
            #expect(keys.signing[Int(entry.consenter) - 1].publicKey.isValid(signature: entry.signature, for: signed))
        }
        #expect(commit.entries.count == 3)
    }
}
