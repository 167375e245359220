import LedgerModel

/// The bytes of the messages of the consensus between members; all integers big-endian.
///
///     message     = kind u8 | body
///     kind        = 1 proposal | 2 vote | 3 polka or commit | 4 round certificate | 5 bundle
///     proposal    = proposed | long polka                                                           empty without a polka
///     vote        = one vote
///     certificate = the certificate, to the end                                                    kinds 3 and 4
///     bundle      = height u64 | round u32 | count u16, proposed | count u16, vote | count u16, long polka | long round certificate
///     proposed    = height u64 | round u32 | id[32] | validRound u32 | signer u32 | signature
///     vote        = height u64 | round u32 | kind u8 | hasId u8, id[32] | validRound u32 | lastConfig u64 | signer u32 | hasForm u8, form
///                 | signature
///     signature   = length u8, bytes
///     long x      = length u32, x
///
/// What follows a flag of 0 is absent. Certificates and forms are those of `CertificateFormat`, with signers by number, so that a reader needs no
/// committee. A round certificate of length 0 stands for none. Nothing about a message is believed when it has been read.
package enum ConsensusMessageFormat {
    static let part = "message of a member"

    /// The bytes of a message; nil when a certificate does not fit together or a part is too long.
    package static func encode(_ message: ConsensusMessage) -> [UInt8]? {
        switch message {
        case .proposal(let proposal, let polka):
            var bytes: [UInt8] = [1]
            guard self.append(proposal, to: &bytes), self.append(polka, to: &bytes) else { return nil }
            return bytes
        case .vote(let vote):
            var bytes: [UInt8] = [2]
            return self.append(vote, to: &bytes) ? bytes : nil
        case .certificate(let certificate): return CertificateFormat.encode(certificate, committee: nil).map { [3] + $0 }
        case .round(let certificate): return CertificateFormat.encode(certificate, committee: nil).map { [4] + $0 }
        case .bundle(let bundle): return self.encode(bundle)
        }
    }

    /// Reads a message.
    ///
    /// - Throws: `MessageError` for bytes that are not the one form of a message.
    package static func decode(_ bytes: [UInt8]) throws(MessageError) -> ConsensusMessage {
        var reader = FixedBytes(bytes, part: self.part)
        let kind = try reader.number(UInt8.self)
        let message: ConsensusMessage
        switch kind {
        case 1: message = .proposal(try self.proposal(&reader), polka: try self.polka(&reader))
        case 2: message = .vote(try self.vote(&reader))
        case 3, 4:
            let certificate = try CertificateFormat.decode(Array(bytes.dropFirst()), committee: nil)
            switch (kind, certificate) {
            case (3, .certificate), (4, .round): return certificate
            default: throw reader.refusal("has a certificate of another kind")
            }
        case 5: message = .bundle(try self.bundle(&reader))
        default: throw reader.refusal("is of the unknown kind \(kind)")
        }
        try reader.finish()
        return message
    }

    // MARK: - Writing

    private static func encode(_ bundle: RelayBundle) -> [UInt8]? {
        var bytes: [UInt8] = [5]
        bytes.append(bigEndian: bundle.height)
        bytes.append(bigEndian: UInt32(bitPattern: bundle.round))
        guard let proposals = UInt16(exactly: bundle.proposals.count), let votes = UInt16(exactly: bundle.votes.count),
            let polkas = UInt16(exactly: bundle.polkas.count)
        else { return nil }
        bytes.append(bigEndian: proposals)
        for proposal in bundle.proposals { guard self.append(proposal, to: &bytes) else { return nil } }
        bytes.append(bigEndian: votes)
        for vote in bundle.votes { guard self.append(vote, to: &bytes) else { return nil } }
        bytes.append(bigEndian: polkas)
        for polka in bundle.polkas { guard self.append(polka, to: &bytes) else { return nil } }
        guard let certificate = bundle.roundCertificate else { return bytes + [0, 0, 0, 0] }
        guard let encoded = CertificateFormat.encode(certificate, committee: nil) else { return nil }
        self.append(long: encoded, to: &bytes)
        return bytes
    }

    private static func append(_ signed: SignedBlockProposal, to bytes: inout [UInt8]) -> Bool {
        let proposal = signed.proposal
        bytes.append(bigEndian: proposal.height)
        bytes.append(bigEndian: UInt32(bitPattern: proposal.round))
        bytes += proposal.id.bytes
        bytes.append(bigEndian: UInt32(bitPattern: proposal.validRound))
        bytes.append(bigEndian: proposal.signer)
        return self.append(signature: signed.signature, to: &bytes)
    }

    private static func append(_ signed: SignedVote, to bytes: inout [UInt8]) -> Bool {
        let vote = signed.vote
        bytes.append(bigEndian: vote.height)
        bytes.append(bigEndian: UInt32(bitPattern: vote.round))
        bytes.append(vote.kind.rawValue)
        bytes.append(vote.choice.id == nil ? 0 : 1)
        bytes += vote.choice.id?.bytes ?? []
        bytes.append(bigEndian: UInt32(bitPattern: vote.choice.validRound))
        bytes.append(bigEndian: vote.choice.lastConfig)
        bytes.append(bigEndian: vote.signer)
        bytes.append(signed.form == nil ? 0 : 1)
        if let form = signed.form {
            guard let encoded = CertificateFormat.encode(form) else { return false }
            bytes += encoded
        }
        return self.append(signature: signed.signature, to: &bytes)
    }

    private static func append(_ polka: VoteCertificate?, to bytes: inout [UInt8]) -> Bool {
        guard let polka else {
            bytes.append(bigEndian: UInt32(0))
            return true
        }
        guard let encoded = CertificateFormat.encode(polka, committee: nil) else { return false }
        self.append(long: encoded, to: &bytes)
        return true
    }

    private static func append(signature: [UInt8], to bytes: inout [UInt8]) -> Bool {
        guard let length = UInt8(exactly: signature.count) else { return false }
        bytes.append(length)
        bytes += signature
        return true
    }

    static func append(long part: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(bigEndian: UInt32(clamping: part.count))
        bytes += part
    }

    // MARK: - Reading

    private static func bundle(_ reader: inout FixedBytes) throws(MessageError) -> RelayBundle {
        var bundle = RelayBundle(height: try reader.number(UInt64.self), round: try reader.round())
        for _ in 0..<(try reader.number(UInt16.self)) { bundle.proposals.append(try self.proposal(&reader)) }
        for _ in 0..<(try reader.number(UInt16.self)) { bundle.votes.append(try self.vote(&reader)) }
        for _ in 0..<(try reader.number(UInt16.self)) {
            guard let polka = try self.polka(&reader) else { throw reader.refusal("has an empty polka") }
            bundle.polkas.append(polka)
        }
        let certificate = try self.long(&reader)
        guard !certificate.isEmpty else { return bundle }
        guard case .round(let round) = try CertificateFormat.decode(certificate, committee: nil) else {
            throw reader.refusal("has another certificate in the place of a round's")
        }
        bundle.roundCertificate = round
        return bundle
    }

    private static func proposal(_ reader: inout FixedBytes) throws(MessageError) -> SignedBlockProposal {
        let height = try reader.number(UInt64.self)
        let proposal = BlockProposal(
            height: height, round: try reader.round(), id: try reader.blockID(), validRound: try reader.round(),
            signer: try reader.number(UInt32.self))
        return SignedBlockProposal(proposal: proposal, signature: try self.signature(&reader))
    }

    private static func vote(_ reader: inout FixedBytes) throws(MessageError) -> SignedVote {
        let height = try reader.number(UInt64.self)
        let round = try reader.round()
        guard let kind = VoteKind(rawValue: try reader.number(UInt8.self)) else { throw reader.refusal("has a vote of an unknown kind") }
        let id = try reader.flag() ? try reader.blockID() : nil
        let choice = VoteChoice(id: id, validRound: try reader.round(), lastConfig: try reader.number(UInt64.self))
        let signer = try reader.number(UInt32.self)
        let form = try reader.flag() ? try CertificateFormat.form(&reader) : nil
        let vote = Vote(height: height, round: round, kind: kind, choice: choice, signer: signer)
        return SignedVote(vote: vote, form: form, signature: try self.signature(&reader))
    }

    private static func polka(_ reader: inout FixedBytes) throws(MessageError) -> VoteCertificate? {
        let bytes = try self.long(&reader)
        guard !bytes.isEmpty else { return nil }
        guard case .certificate(let polka) = try CertificateFormat.decode(bytes, committee: nil) else {
            throw reader.refusal("has another certificate in the place of a polka")
        }
        return polka
    }

    private static func signature(_ reader: inout FixedBytes) throws(MessageError) -> [UInt8] {
        try reader.take(Int(try reader.number(UInt8.self)))
    }

    static func long(_ reader: inout FixedBytes) throws(MessageError) -> [UInt8] {
        try reader.take(Int(try reader.number(UInt32.self)))
    }
}
