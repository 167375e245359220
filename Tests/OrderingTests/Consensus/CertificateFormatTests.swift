import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// Certificates as bytes: one form, and no change of it that is accepted.
@Suite struct ConsensusCertificateTests {
    /// Signatures that bind every signed byte and cost one hash, so that every bit can be tried.
    private struct HashKeys: VoteVerifying {
        let chain: [UInt8]

        func isSigned(_ vote: SignedVote, epoch: UInt64) -> Bool {
            vote.signedBytes(chain: self.chain, epoch: epoch).map { self.signature($0, by: vote.vote.signer) } == vote.signature
        }

        func isSigned(_ proposal: SignedBlockProposal, epoch: UInt64) -> Bool { false }

        func signature(_ bytes: [UInt8], by signer: UInt32) -> [UInt8] { SHA256.hash([UInt8(truncatingIfNeeded: signer)] + bytes) }

        func sign(_ vote: Vote, form: BlockForm? = nil) -> SignedVote {
            let bytes = SignedVote(vote: vote, form: form, signature: []).signedBytes(chain: self.chain, epoch: 0) ?? []
            return SignedVote(vote: vote, form: form, signature: self.signature(bytes, by: vote.signer))
        }
    }

    private let base = ConsensusFormatTests()
    private let committee = Committee(epoch: 0, members: [1, 2, 3, 4]) ?? .nobody

    /// A polka, a commit, and a round certificate of each kind, in the committee of four.
    private func samples(sign: (Vote, BlockForm?) throws -> SignedVote) throws -> [ConsensusMessage] {
        let form = self.base.form()
        let id = try #require(PrecommitFormat.blockID(of: form)?.id)
        func vote(_ kind: VoteKind, _ choice: VoteChoice, _ signer: UInt32, round: Round = 1) throws -> SignedVote {
            let vote = Vote(height: 9, round: round, kind: kind, choice: choice, signer: signer)
            return try sign(vote, vote.isBlockSignature ? form : nil)
        }
        let (polka, commit) = (VoteChoice.prevote(id, validRound: 0), VoteChoice.precommit(id, lastConfig: form.lastConfig))
        return [
            .certificate(Fake.certificate(try [1, 2, 4].map { try vote(.prevote, polka, $0) })),
            .certificate(Fake.certificate(try [2, 3, 4].map { try vote(.precommit, commit, $0) })),
            .round(
                RoundCertificate(
                    height: 9, round: 2, votes: [try vote(.precommit, .nil, 1), try vote(.precommit, commit, 2), try vote(.precommit, .nil, 4)])),
            .round(RoundCertificate(height: 9, round: 1, votes: [try vote(.prevote, polka, 1), try vote(.precommit, .nil, 3)])),
        ]
    }

    private func encode(_ message: ConsensusMessage, committee: Committee?) -> [UInt8]? {
        switch message {
        case .certificate(let certificate): CertificateFormat.encode(certificate, committee: committee)
        case .round(let certificate): CertificateFormat.encode(certificate, committee: committee)
        default: nil
        }
    }

    /// Whether bytes are read, and prove something.
    private func isAccepted(_ bytes: [UInt8], verifier: any VoteVerifying, committee: Committee? = nil) -> Bool {
        let committee = committee ?? self.committee
        switch try? CertificateFormat.decode(bytes, committee: committee) {
        case .certificate(let certificate)?: return certificate.flaw(committee: committee, verifier: verifier) == nil
        case .round(let certificate)?: return certificate.flaw(committee: committee, verifier: verifier) == nil
        default: return false
        }
    }

    // MARK: Bytes

    @Test func `the bytes of certificates are pinned`() throws {
        let nine = try #require(Committee(epoch: 0, members: Array(1...9)))
        let id = String(repeating: "00", count: 31) + "07"
        func signed(_ vote: Vote, _ form: BlockForm? = nil) -> SignedVote {
            SignedVote(vote: vote, form: form, signature: [UInt8(truncatingIfNeeded: vote.signer), 0xaa])
        }
        let place = "0000000000000005" + "00000002"
        let polka = Fake.certificate(
            [1, 2, 9].map { signed(Vote(height: 5, round: 2, kind: .prevote, choice: .prevote(Fake.block(7), validRound: -1), signer: $0)) })
        let polkaHex = "01" + place + "01" + "0101\(id)ffffffff" + "0301" + "0201aa" + "0202aa" + "0209aa"
        #expect(CertificateFormat.encode(polka, committee: nine).map { Hex.encode($0) } == polkaHex)
        let withIDs = "01" + place + "01" + "0101\(id)ffffffff" + "03" + "000000010000000200000009" + "0201aa" + "0202aa" + "0209aa"
        #expect(CertificateFormat.encode(polka, committee: nil).map { Hex.encode($0) } == withIDs)
        let form = BlockForm(lastConfig: 3, blockHeader: [0x30, 0], extendedHeader: [7])
        let precommit = Vote(height: 5, round: 2, kind: .precommit, choice: .precommit(Fake.block(7), lastConfig: 3), signer: 8)
        let commitHex = "02" + place + "01" + "0201\(id)" + "0000000000000003" + "00023000" + "000107" + "8000" + "0208aa"
        #expect(CertificateFormat.encode(Fake.certificate([signed(precommit, form)]), committee: nine).map { Hex.encode($0) } == commitHex)
        let reason = RoundCertificate(
            height: 5, round: 3,
            votes: [
                signed(Vote(height: 5, round: 2, kind: .precommit, choice: .nil, signer: 3)), signed(precommit, form),
                signed(Vote(height: 5, round: 2, kind: .precommit, choice: .nil, signer: 9)),
            ])
        let reasonHex =
            "03" + "0000000000000005" + "00000003" + "02" + "0200" + "0401" + "0203aa" + "0209aa"
            + "0201\(id)" + "0000000000000003" + "00023000" + "000107" + "8000" + "0208aa"
        #expect(CertificateFormat.encode(reason, committee: nine).map { Hex.encode($0) } == reasonHex)
        let votes = RoundCertificate(height: 5, round: 2, votes: [signed(Vote(height: 5, round: 2, kind: .prevote, choice: .nil, signer: 3))])
        #expect(CertificateFormat.encode(votes, committee: nine).map { Hex.encode($0) } == "04" + place + "01" + "0100" + "0400" + "0203aa")
        for message in [.certificate(polka), .round(reason), .round(votes)] as [ConsensusMessage] {
            for committee in [nine, nil] {
                let bytes = try #require(self.encode(message, committee: committee))
                #expect(try CertificateFormat.decode(bytes, committee: committee) == message)
            }
        }
    }

    @Test func `what does not fit together has no bytes`() {
        let mixed = RoundCertificate(height: 1, round: 2, votes: [Fake.prevote(1, nil, round: 2), Fake.precommit(2, nil, round: 1)])
        let wrong: [ConsensusMessage] = [
            .round(mixed), .round(RoundCertificate(height: 1, round: 1, votes: [])),
            .round(RoundCertificate(height: 2, round: 2, votes: [Fake.prevote(1, nil, round: 2)])),
            .round(RoundCertificate(height: 1, round: 2, votes: [Fake.prevote(2, nil, round: 2), Fake.prevote(1, nil, round: 2)])),
            .certificate(Fake.polka(7, round: 0, signers: [1, 1, 2])), .certificate(Fake.polka(7, round: 0, signers: [1, 2, 9])),
            .certificate(Fake.certificate([Fake.prevote(1, nil)])),
        ]
        for message in wrong { #expect(self.encode(message, committee: self.committee) == nil, "\(message)") }
    }

    // MARK: Changes

    @Test func `every change of one bit of a certificate is refused`() throws {
        let keys = HashKeys(chain: self.base.chain)
        for (number, message) in try self.samples(sign: { keys.sign($0, form: $1) }).enumerated() {
            let bytes = try #require(self.encode(message, committee: self.committee))
            #expect(self.isAccepted(bytes, verifier: keys))
            for offset in bytes.indices {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[offset] ^= 1 << UInt8(bit)
                    #expect(!self.isAccepted(changed, verifier: keys), "certificate \(number), byte \(offset), bit \(bit)")
                }
            }
        }
    }

    @Test func `every change of one byte of a certificate signed with real keys is refused`() throws {
        let keys = ConsensusFormatTests.Keys(chain: self.base.chain)
        for (number, message) in try self.samples(sign: { try keys.sign($0, form: $1) }).enumerated() {
            let bytes = try #require(self.encode(message, committee: self.committee))
            #expect(self.isAccepted(bytes, verifier: keys.verifier))
            for offset in bytes.indices {
                var changed = bytes
                changed[offset] ^= UInt8(1 + offset * 7 % 255)
                #expect(!self.isAccepted(changed, verifier: keys.verifier), "certificate \(number), byte \(offset)")
            }
        }
    }

    @Test func `a certificate that is cut, padded or in another order is refused`() throws {
        let keys = HashKeys(chain: self.base.chain)
        for message in try self.samples(sign: { keys.sign($0, form: $1) }) {
            let bytes = try #require(self.encode(message, committee: self.committee))
            for length in bytes.indices { #expect(!self.isAccepted(Array(bytes.prefix(length)), verifier: keys), "\(length) bytes") }
            #expect(!self.isAccepted(bytes + [0], verifier: keys))
            #expect(!self.isAccepted([0] + bytes, verifier: keys))
        }
        // Two groups in the other order, and one group in two parts.
        let votes = [(1, nil), (2, 7), (4, nil)].map { Fake.precommit($0.0, $0.1, round: 1) }
        let certificate = RoundCertificate(height: 1, round: 2, votes: votes)
        let bytes = try #require(CertificateFormat.encode(certificate, committee: self.committee))
        let (head, first) = (Array(bytes[..<13]), Array(bytes[14..<(14 + 3 + 10)]))
        let second = Array(bytes[(14 + first.count)...])
        #expect(head + [2] + first + second == bytes)
        let single: ([UInt8], UInt8, Int) -> [UInt8] = { group, bitmap, index in
            Array(group[..<2]) + [bitmap] + group[(3 + 5 * index)..<(8 + 5 * index)]
        }
        for wrong in [
            head + [2] + second + first, head + [3] + single(first, 1, 0) + single(first, 8, 1) + second, head + [0], head + [1] + first + second,
        ] { #expect(throws: MessageError.self) { try CertificateFormat.decode(wrong, committee: self.committee) } }
    }

    @Test func `a bitmap of another length, or with bits beyond the last member, is refused`() throws {
        let keys = HashKeys(chain: self.base.chain)
        let message = try #require(try self.samples(sign: { keys.sign($0, form: $1) }).first)
        let bytes = try #require(self.encode(message, committee: self.committee))
        let place = 14 + 2 + 32 + 4
        #expect(bytes[place] == 0b1011)
        for bit in 4..<8 {
            var changed = bytes
            changed[place] |= 1 << UInt8(bit)
            #expect(throws: MessageError.self) { try CertificateFormat.decode(changed, committee: self.committee) }
        }
        var longer = bytes
        longer.insert(0, at: place + 1)
        #expect(throws: MessageError.self) { try CertificateFormat.decode(longer, committee: self.committee) }
        let nine = try #require(Committee(epoch: 0, members: Array(1...9)))
        #expect(throws: MessageError.self) { try CertificateFormat.decode(bytes, committee: nine) }
    }

    @Test func `a certificate of another chain, epoch or committee proves nothing, and the reason is told`() throws {
        let keys = HashKeys(chain: self.base.chain)
        let other = HashKeys(chain: ExtendedHeader.zeroHash)
        let nextEpoch = try #require(Committee(epoch: 1, members: [1, 2, 3, 4]))
        let strangers = try #require(Committee(epoch: 0, members: [1, 2, 5, 6]))
        let larger = try #require(Committee(epoch: 0, members: Array(1...7)))
        for message in try self.samples(sign: { keys.sign($0, form: $1) }) {
            func flaw(_ committee: Committee, _ keys: any VoteVerifying) -> ConsensusRefusal? {
                switch message {
                case .certificate(let certificate): certificate.flaw(committee: committee, verifier: keys)
                case .round(let certificate): certificate.flaw(committee: committee, verifier: keys)
                default: nil
                }
            }
            #expect(flaw(self.committee, keys) == nil)
            #expect(flaw(self.committee, other) == .badSignature)
            #expect(flaw(nextEpoch, keys) == .badSignature)
            #expect(flaw(strangers, keys) == .stranger)
            #expect(flaw(larger, keys) == .tooFewSigners)
        }
    }

    @Test func `a bundle with a part of another height is refused, and counted against its sender`() {
        var bench = Bench()
        var bundle = RelayBundle(height: 1, round: 0)
        bundle.votes = [Fake.prevote(1, 7, height: 2)]
        bundle.proposals = [Fake.proposal(1, 7, height: 3)]
        bundle.polkas = [Fake.commit(7, round: 0, height: 2)]
        bundle.roundCertificate = RoundCertificate(height: 2, round: 1, votes: [])
        let outputs = bench.feed(.message(.bundle(bundle), from: 2))
        #expect(outputs == Array(repeating: .refuse(.malformed, from: 2), count: 4))
        bundle.votes = Array(repeating: Fake.prevote(1, 7), count: 33)
        #expect(bench.feed(.message(.bundle(bundle), from: 2)) == [.refuse(.malformed, from: 2)])
    }

    @Test func `headers that are too long, or not of their height in canonical form, make no precommit`() throws {
        let form = self.base.form()
        let keys = HashKeys(chain: self.base.chain)
        func flaw(_ form: BlockForm) -> ConsensusRefusal? {
            let id = BlockID(ExtendedHeaderFormat.blockID(blockHeader: form.blockHeader, header: self.header(of: form)))
            let vote = Vote(
                height: 9, round: 1, kind: .precommit, choice: VoteChoice(id: id, validRound: -2, lastConfig: form.lastConfig), signer: 1)
            // Signed over whatever the parts are.
            let bytes = (PrecommitFormat.value(of: form, round: 1) ?? []) + PrecommitFormat.identifierHeader(of: 1) + form.blockHeader
            let signed = SignedVote(vote: vote, form: form, signature: keys.signature(bytes, by: 1))
            let certificate = Fake.certificate([signed])
            return certificate.flaw(committee: Committee(epoch: 0, members: [1]) ?? .nobody, verifier: keys)
        }
        #expect(flaw(form) == nil)
        let zero = ExtendedHeader.zeroHash
        let wrong = [
            BlockHeaderFormat.encode(number: 10, previousHash: zero, dataHash: zero), form.blockHeader + [0], Array(form.blockHeader.dropLast()),
            [0x30, 0x81, UInt8(form.blockHeader.count - 2)] + form.blockHeader.dropFirst(2), [],
        ]
        for header in wrong {
            #expect(flaw(BlockForm(lastConfig: 3, blockHeader: header, extendedHeader: form.extendedHeader)) == .badSignature, "\(header)")
        }
        let long = form.blockHeader + [UInt8](repeating: 0, count: 10)
        #expect(flaw(BlockForm(lastConfig: 3, blockHeader: long, extendedHeader: form.extendedHeader)) == .malformed)
    }

    private func header(of form: BlockForm) -> ExtendedHeader {
        (try? ExtendedHeaderFormat.decode(form.extendedHeader + [0, 0, 0, 0]).header)
            ?? ExtendedHeader(
                chain: [], height: 0, parentID: [], parentCommitHash: [], txRoot: [], txCount: 0, txSeqBase: 0, timeMs: 0, proposer: 0,
                committeeHash: [], configSeq: 0)
    }
}
