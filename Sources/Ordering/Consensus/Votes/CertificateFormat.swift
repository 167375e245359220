import LedgerModel

/// The bytes of polkas, commits and round certificates as they travel and as a safety record keeps them; all integers big-endian.
///
///     certificate = type u8 | height u64 | round u32 | count u8, count times group
///     type        = 1 polka | 2 commit | 3 round, by precommits of the round before | 4 round, by votes of the round itself
///     group       = choice | signers | one signature for each signer, in their order
///     choice      = kind u8 | hasId u8, id[32], then validRound u32 in a prevote, form in a precommit
///     form        = lastConfig u64 | length u16, block header | length u16, extended header
///     signers     = bitmap[ceil(n / 8)], bit i % 8 of byte i / 8 for the member at i                                 on the wire
///                 | count u8, count times consenter u32                                   in a record, which is read without a committee
///     signature   = length u8, bytes
///
/// What follows a flag of 0 is absent. A polka and a commit have one group. Groups ascend by the bytes of their choice, signers by their id. Kind 1
/// is a prevote, 2 a precommit. There is one form for each certificate; bytes that are not exactly it are refused.
package enum CertificateFormat {
    private static let part = "certificate"

    /// The bytes of a polka or a commit.
    ///
    /// - Parameter committee: Gives the places in the bitmap; nil writes consenter ids.
    /// - Returns: nil when the parts do not fit together, a part is too long, or a signer is nobody of the committee.
    package static func encode(_ certificate: VoteCertificate, committee: Committee?) -> [UInt8]? {
        guard certificate.choice.id != nil else { return nil }
        return self.encode(
            type: certificate.kind.rawValue, height: certificate.height, round: certificate.round, votes: certificate.votes, committee: committee)
    }

    /// The bytes of a round certificate, as those of a polka.
    package static func encode(_ certificate: RoundCertificate, committee: Committee?) -> [UInt8]? {
        self.encode(
            type: certificate.isOfRound ? 4 : 3, height: certificate.height, round: certificate.round, votes: certificate.votes, committee: committee)
    }

    /// Reads a certificate. What it proves is not looked at: that is `flaw(committee:verifier:)`.
    ///
    /// - Returns: A `certificate` or a `round` message.
    /// - Throws: `MessageError` for bytes that are not the one form of a certificate.
    package static func decode(_ bytes: [UInt8], committee: Committee?) throws(MessageError) -> ConsensusMessage {
        var reader = FixedBytes(bytes, part: self.part)
        let type = try reader.number(UInt8.self)
        let height = try reader.number(UInt64.self)
        let round = try reader.round()
        guard (1...4).contains(type), round >= (type == 3 ? 1 : 0) else { throw reader.refusal("has an unknown type or round") }
        var votes: [SignedVote] = []
        for _ in 0..<(try reader.number(UInt8.self)) {
            votes += try self.group(&reader, height: height, round: type == 3 ? round - 1 : round, committee: committee)
            guard votes.count <= ConsensusLimits.members else { throw reader.refusal("has too many signers") }
        }
        try reader.finish()
        votes.sort { $0.vote.signer < $1.vote.signer }
        guard let first = votes.first else { throw reader.refusal("has no signers") }
        let message: ConsensusMessage
        let isCanonical: Bool
        if type <= 2 {
            let certificate = VoteCertificate(
                height: height, round: round, kind: first.vote.kind, choice: first.vote.choice, form: first.form,
                entries: votes.map { CommitCertificate.Entry(consenter: $0.vote.signer, signature: $0.signature) })
            isCanonical = self.encode(certificate, committee: committee) == bytes
            message = .certificate(certificate)
        } else {
            let certificate = RoundCertificate(height: height, round: round, votes: votes)
            isCanonical = self.encode(certificate, committee: committee) == bytes
            message = .round(certificate)
        }
        guard isCanonical else { throw reader.refusal("is not in its one form") }
        return message
    }

    private static func encode(type: UInt8, height: UInt64, round: Round, votes: [SignedVote], committee: Committee?) -> [UInt8]? {
        guard !votes.isEmpty, votes.count <= ConsensusLimits.members, round >= (type == 3 ? 1 : 0) else { return nil }
        guard !zip(votes, votes.dropFirst()).contains(where: { $0.vote.signer >= $1.vote.signer }) else { return nil }
        var groups: [(choice: [UInt8], votes: [SignedVote])] = []
        for vote in votes {
            guard vote.vote.height == height, vote.vote.round == (type == 3 ? round - 1 : round), type > 2 || vote.vote.kind.rawValue == type,
                let choice = self.choice(of: vote)
            else { return nil }
            if let index = groups.firstIndex(where: { $0.choice == choice }) {
                groups[index].votes.append(vote)
            } else {
                groups.append((choice, [vote]))
            }
        }
        groups.sort { $0.choice.lexicographicallyPrecedes($1.choice) }
        var bytes = [type]
        bytes.append(bigEndian: height)
        bytes.append(bigEndian: UInt32(bitPattern: round))
        bytes.append(UInt8(groups.count))
        for group in groups {
            guard let signers = self.signers(group.votes.map(\.vote.signer), committee: committee) else { return nil }
            bytes += group.choice + signers
            for vote in group.votes {
                guard (1...ConsensusLimits.signatureBytes).contains(vote.signature.count) else { return nil }
                bytes.append(UInt8(vote.signature.count))
                bytes += vote.signature
            }
        }
        return bytes
    }

    private static func choice(of vote: SignedVote) -> [UInt8]? {
        guard vote.vote.isBlockSignature == (vote.form != nil), (vote.form?.lastConfig ?? 0) == vote.vote.choice.lastConfig else { return nil }
        var bytes = [vote.vote.kind.rawValue]
        guard let id = vote.vote.choice.id else { return vote.vote.choice == .nil ? bytes + [0] : nil }
        bytes += [1] + id.bytes
        if let form = vote.form {
            guard vote.vote.choice.validRound == VoteChoice.unused, let part = self.encode(form) else { return nil }
            bytes += part
        } else {
            bytes.append(bigEndian: UInt32(bitPattern: vote.vote.choice.validRound))
        }
        return bytes
    }

    private static func signers(_ signers: [UInt32], committee: Committee?) -> [UInt8]? {
        guard let committee else {
            var bytes = [UInt8(signers.count)]
            for signer in signers { bytes.append(bigEndian: signer) }
            return bytes
        }
        var bitmap = [UInt8](repeating: 0, count: (committee.members.count + 7) / 8)
        for signer in signers {
            guard let index = committee.index(of: signer) else { return nil }
            bitmap[index / 8] |= 1 << UInt8(index % 8)
        }
        return bitmap
    }

    private static func group(
        _ reader: inout FixedBytes, height: UInt64, round: Round, committee: Committee?
    ) throws(MessageError) -> [SignedVote] {
        guard let kind = VoteKind(rawValue: try reader.number(UInt8.self)) else { throw reader.refusal("has a vote of an unknown kind") }
        var choice = VoteChoice.nil
        var form: BlockForm?
        if try reader.flag() {
            let id = try reader.blockID()
            if kind == .prevote {
                choice = .prevote(id, validRound: try reader.round())
            } else {
                let read = try self.form(&reader)
                choice = .precommit(id, lastConfig: read.lastConfig)
                form = read
            }
        }
        var signers: [UInt32] = []
        if let committee {
            let bitmap = try reader.take((committee.members.count + 7) / 8)
            // A bit beyond the last member is lost here and missing when the bytes are made again.
            for (index, member) in committee.members.enumerated() where bitmap[index / 8] >> UInt8(index % 8) & 1 == 1 { signers.append(member) }
        } else {
            for _ in 0..<(try reader.number(UInt8.self)) { signers.append(try reader.number(UInt32.self)) }
        }
        var votes: [SignedVote] = []
        for signer in signers {
            let signature = try reader.take(Int(try reader.number(UInt8.self)))
            let vote = Vote(height: height, round: round, kind: kind, choice: choice, signer: signer)
            votes.append(SignedVote(vote: vote, form: form, signature: signature))
        }
        return votes
    }

    /// The bytes of a block's form; nil when a header is too long.
    static func encode(_ form: BlockForm) -> [UInt8]? {
        guard form.isSmall else { return nil }
        var bytes: [UInt8] = []
        bytes.append(bigEndian: form.lastConfig)
        for part in [form.blockHeader, form.extendedHeader] {
            bytes.append(bigEndian: UInt16(part.count))
            bytes += part
        }
        return bytes
    }

    static func form(_ reader: inout FixedBytes) throws(MessageError) -> BlockForm {
        let lastConfig = try reader.number(UInt64.self)
        let blockHeader = try reader.take(Int(try reader.number(UInt16.self)))
        let extendedHeader = try reader.take(Int(try reader.number(UInt16.self)))
        return BlockForm(lastConfig: lastConfig, blockHeader: blockHeader, extendedHeader: extendedHeader)
    }
}
