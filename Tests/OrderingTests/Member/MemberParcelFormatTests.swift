import ChannelConfiguration
import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct MemberParcelFormatTests {
    private static let id = BlockID(number: 7)
    private static let form = BlockForm(lastConfig: 3, blockHeader: [0x30, 1], extendedHeader: [9, 8, 7])

    private static func vote(_ signer: UInt32, _ kind: VoteKind = .prevote, isNil: Bool = false, round: Round = 1) -> SignedVote {
        let choice: VoteChoice = isNil ? .nil : kind == .prevote ? .prevote(self.id, validRound: -1) : .precommit(self.id, lastConfig: 3)
        return SignedVote(
            vote: Vote(height: 5, round: round, kind: kind, choice: choice, signer: signer), form: kind == .precommit && !isNil ? self.form : nil,
            signature: [UInt8(signer), 2, 3])
    }

    private static let polka = VoteCertificate(
        height: 5, round: 0, kind: .prevote, choice: .prevote(id, validRound: -1), form: nil,
        entries: [1, 2, 3].map { CommitCertificate.Entry(consenter: $0, signature: [UInt8($0)]) })
    private static let commit = VoteCertificate(
        height: 5, round: 1, kind: .precommit, choice: .precommit(id, lastConfig: 3), form: form,
        entries: [1, 2, 4].map { CommitCertificate.Entry(consenter: $0, signature: [UInt8($0), 5]) })
    private static let entered = RoundCertificate(
        height: 5, round: 1, votes: [Self.vote(1, .precommit, isNil: true, round: 0), Self.vote(2, .precommit, round: 0)])
    private static let proposal = SignedBlockProposal(
        proposal: BlockProposal(height: 5, round: 1, id: id, validRound: 0, signer: 2), signature: [4, 5, 6])

    private static var bundle: RelayBundle {
        var bundle = RelayBundle(height: 5, round: 1)
        bundle.proposals = [self.proposal]
        bundle.votes = [self.vote(1), self.vote(2, .precommit), self.vote(3, isNil: true)]
        bundle.polkas = [self.polka]
        bundle.roundCertificate = self.entered
        return bundle
    }

    private static let parcels: [MemberParcel] = [
        .consensus(.proposal(proposal, polka: polka)), .consensus(.proposal(proposal, polka: nil)), .consensus(.vote(vote(1))),
        .consensus(.vote(vote(2, .precommit))), .consensus(.vote(vote(3, .precommit, isNil: true))), .consensus(.certificate(polka)),
        .consensus(.certificate(commit)), .consensus(.round(entered)), .consensus(.bundle(bundle)),
        .consensus(.bundle(RelayBundle(height: 1, round: 0))), .candidate([1, 2, 3]), .candidateWanted(id),
        .envelopesWanted([SHA256.hash([1]), SHA256.hash([2])]), .envelopesFound([[1], [2, 3]]), .decisions([[4, 5], [6]]),
        .decisionsWanted(from: 258), .envelopes([[7, 8, 9]]), .envelopes([]),
        .changeSignature(height: 9, ConfigurationSignature(signatureHeader: [1, 2], signature: [3])), .complaint(receipt: [1], envelope: [2, 3]),
    ]

    @Test func `every kind of parcel comes back as it was sent`() throws {
        for parcel in Self.parcels {
            let bytes = try #require(MemberParcelFormat.encode(parcel), "\(parcel)")
            #expect(try MemberParcelFormat.decode(bytes) == parcel)
        }
    }

    @Test func `parcels have exactly these bytes`() throws {
        func hex(_ parcel: MemberParcel) throws -> String { Hex.encode(try #require(MemberParcelFormat.encode(parcel))) }
        let number = String(repeating: "0", count: 62) + "07"
        #expect(
            try hex(.consensus(.vote(Self.vote(1))))
                == "010102000000000000000500000001" + "0101" + number + "ffffffff" + "0000000000000000" + "00000001" + "00" + "03010203")
        #expect(try hex(.candidateWanted(Self.id)) == "0103" + number)
        #expect(try hex(.decisionsWanted(from: 258)) == "01070000000000000102")
        #expect(try hex(.envelopesFound([[1], [2, 3]])) == "0105000000020000000101000000020203")
        #expect(
            try hex(.changeSignature(height: 9, ConfigurationSignature(signatureHeader: [1, 2], signature: [3])))
                == "01090000000000000009000000020102" + "0000000103")
        #expect(try hex(.complaint(receipt: [1], envelope: [2, 3])) == "010a0000000101000000020203")
        var all: [UInt8] = []
        for parcel in Self.parcels { all += try #require(MemberParcelFormat.encode(parcel)) }
        #expect(Hex.encode(SHA256.hash(all)) == "7513366d76d9493615b3dfe7987212a318da8f5bf5d60a1e93d8a9aacbba7ea6")
    }

    @Test func `a parcel that is cut, longer or of an unknown kind or version is refused`() throws {
        for parcel in Self.parcels {
            let bytes = try #require(MemberParcelFormat.encode(parcel))
            if case .candidate = parcel { continue }  // Its outline goes to the end and is read later.
            for length in bytes.indices { #expect(throws: MessageError.self) { try MemberParcelFormat.decode(Array(bytes.prefix(length))) } }
            #expect(throws: MessageError.self) { try MemberParcelFormat.decode(bytes + [0]) }
            #expect(throws: MessageError.self) { try MemberParcelFormat.decode([2] + bytes.dropFirst()) }
        }
        #expect(throws: MessageError.self) { try MemberParcelFormat.decode([1, 11]) }
        #expect(throws: MessageError.self) { try MemberParcelFormat.decode([1, 1, 6]) }
    }

    @Test func `counts and lengths that no bytes follow cost nothing`() {
        for kind: UInt8 in [4, 5, 6, 8] {
            #expect(throws: MessageError.self) { try MemberParcelFormat.decode([1, kind, 255, 255, 255, 255]) }
            #expect(throws: MessageError.self) {
                try MemberParcelFormat.decode([1, kind, 255, 255, 255, 255] + [UInt8](repeating: 0, count: 4_000))
            }
        }
        #expect(throws: MessageError.self) { try MemberParcelFormat.decode([1, 6, 0, 0, 0, 1, 255, 255, 255, 255, 1]) }
    }

    @Test func `changed bytes are read as something else or refused, and written again as they were`() throws {
        var random = SeededGenerator(seed: 28)
        for parcel in Self.parcels {
            let bytes = try #require(MemberParcelFormat.encode(parcel))
            for _ in 0..<200 {
                var altered = bytes
                altered[Int.random(in: altered.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
                guard let read = try? MemberParcelFormat.decode(altered) else { continue }
                // One form for each parcel: what is read has no other bytes.
                #expect(MemberParcelFormat.encode(read) == altered, "\(random)")
            }
        }
    }
}
