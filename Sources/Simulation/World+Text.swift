import Ordering

/// What happens, as words of the trace and as lines for people.
extension World {
    func name(_ index: Int) -> String {
        let node = self.nodes[index]
        guard let strategy = node.strategy else { return "\(node.member)" }
        return index >= self.processes.count ? "\(node.member)' (\(strategy.rawValue))" : "\(node.member) (\(strategy.rawValue))"
    }

    static func words(_ message: ConsensusMessage) -> UInt64 {
        switch message {
        case .proposal(let proposal, let polka): SimulatedKeys.content(of: proposal.proposal, epoch: polka == nil ? 2 : 3)
        case .vote(let vote): SimulatedKeys.content(of: vote.vote, epoch: UInt64(vote.vote.signer) << 8)
        case .certificate(let certificate): certificate.height << 16 | UInt64(certificate.entries.count) << 8 | UInt64(certificate.kind.rawValue)
        case .round(let certificate): certificate.height << 32 | UInt64(UInt32(bitPattern: certificate.round))
        case .bundle(let bundle): bundle.height << 40 | UInt64(UInt32(bitPattern: bundle.round)) << 12 | UInt64(bundle.votes.count)
        }
    }

    static func words(_ input: ReplicaInput) -> UInt64 {
        switch input {
        case .startHeight(let start): start.height << 8
        case .reason(let height): height << 8 | 1
        case .candidate(let height, _, let id): height << 40 | id.number << 8 | 2
        case .message(let message, _): self.words(message)
        case .verdict(let height, let id, let verdict): height << 40 | id.number << 8 | (verdict == .invalid ? 3 : 4)
        case .timeout(let height, let round, let kind): height << 40 | UInt64(UInt32(bitPattern: round)) << 8 | 5 + UInt64(kind.rawValue)
        case .rebroadcast: 9
        }
    }

    static func words(_ output: ReplicaOutput) -> UInt64 {
        switch output {
        case .persist(let record): record.height << 40 | UInt64(UInt32(bitPattern: record.round)) << 8 | UInt64(record.messages.count)
        case .sign(let request): SimulatedKeys.content(of: request, epoch: 1)
        case .buildCandidate(let height, let round): height << 32 | UInt64(UInt32(bitPattern: round))
        case .arm(let height, let round, let kind, _): height << 40 | UInt64(UInt32(bitPattern: round)) << 8 | UInt64(kind.rawValue)
        case .fetchBlock(let id, _): id.number << 8 | 1
        case .relay(let bundle, let to): self.words(.bundle(bundle)) ^ UInt64(to ?? 0) << 56
        case .sendDecision(let height, let to): height << 8 | UInt64(to)
        case .decide(let id, let commit): id.number << 32 | UInt64(UInt32(bitPattern: commit.round))
        case .archive(let polka): UInt64(UInt32(bitPattern: polka.round)) << 8 | 2
        case .evidence(let evidence): UInt64(evidence.identity.offender) << 8 | UInt64(evidence.identity.code)
        case .behind(let height): height << 8 | 3
        case .refuse(_, let from): UInt64(from) << 8 | 4
        case .fatal: 5
        }
    }

    static func text(_ vote: Vote) -> String {
        let choice = vote.choice.id.map { "block \($0.number)" } ?? "nil"
        let valid = vote.kind == .prevote && vote.choice.id != nil ? " valid \(vote.choice.validRound)" : ""
        return "\(vote.kind) \(vote.height)/\(vote.round) of \(vote.signer) for \(choice)\(valid)"
    }

    static func text(_ proposal: BlockProposal) -> String {
        "proposal \(proposal.height)/\(proposal.round) of \(proposal.signer): block \(proposal.id.number) valid \(proposal.validRound)"
    }

    static func text(_ certificate: VoteCertificate) -> String {
        let name = certificate.kind == .prevote ? "polka" : "commit"
        return
            "\(name) \(certificate.height)/\(certificate.round) block \(certificate.choice.id?.number ?? 0) by \(certificate.entries.map(\.consenter))"
    }

    static func text(_ message: ConsensusMessage) -> String {
        switch message {
        case .proposal(let proposal, let polka): self.text(proposal.proposal) + (polka == nil ? "" : " with its polka")
        case .vote(let vote): self.text(vote.vote)
        case .certificate(let certificate): self.text(certificate)
        case .round(let certificate): "round certificate \(certificate.height)/\(certificate.round)"
        case .bundle(let bundle): "bundle \(bundle.height)/\(bundle.round) with \(bundle.votes.count) votes, \(bundle.polkas.count) polkas"
        }
    }

    static func text(_ request: SignRequest) -> String {
        switch request {
        case .proposal(let proposal, _): self.text(proposal)
        case .vote(let vote, _): self.text(vote)
        }
    }

    static func text(_ input: ReplicaInput) -> String {
        switch input {
        case .startHeight(let start):
            "begins \(start.height)" + (start.record.map { " with its record of round \($0.round), \($0.step)" } ?? "")
                + (start.signer == nil ? " without signing" : "")
        case .reason(let height): "has a reason at \(height)"
        case .candidate(let height, let round, let id): "has assembled block \(id.number) for \(height)/\(round)"
        case .message(let message, let from): "hears \(self.text(message)) from \(from)"
        case .verdict(let height, let id, let verdict): "judges block \(id.number) at \(height): \(verdict == .invalid ? "invalid" : "valid")"
        case .timeout(let height, let round, let kind): "\(kind) timeout \(height)/\(round)"
        case .rebroadcast: "tick"
        }
    }

    static func text(_ output: ReplicaOutput) -> String {
        switch output {
        case .persist(let record): "persist \(record.height)/\(record.round) \(record.step), \(record.messages.count) messages"
        case .sign(let request): "sign \(self.text(request))"
        case .buildCandidate(let height, let round): "build a block for \(height)/\(round)"
        case .arm(let height, let round, let kind, let milliseconds): "arm \(kind) \(height)/\(round) in \(milliseconds) ms"
        case .fetchBlock(let id, let hint): "fetch block \(id.number), maybe from \(hint)"
        case .relay(let bundle, let to): "relay \(self.text(.bundle(bundle))) to \(to.map { "\($0)" } ?? "all")"
        case .sendDecision(let height, let to): "send decision \(height) to \(to)"
        case .decide(let id, let commit): "decide block \(id.number) by \(self.text(commit))"
        case .archive(let polka): "archive \(self.text(polka))"
        case .evidence(let evidence): "evidence E\(evidence.identity.code) against \(evidence.identity.offender)"
        case .behind(let height): "behind \(height)"
        case .refuse(let refusal, let from): "refuse a message of \(from): \(refusal)"
        case .fatal(let reason): "stop: \(reason)"
        }
    }

    static func text(_ recovery: Recovery) -> String {
        switch recovery {
        case .begin(let height): "begins height \(height)"
        case .resume(let record): "goes on in \(record.height)/\(record.round) \(record.step)"
        case .abstain(let until, _): "abstains until \(until) is stored"
        case .burned(let reason): "never signs again: \(reason.rawValue)"
        case .refused(let mismatch): "does not start: \(mismatch.rawValue)"
        }
    }
}
