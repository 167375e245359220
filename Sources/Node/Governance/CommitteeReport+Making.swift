import CryptoPrimitives
import Ledger
import LedgerModel
import Ordering

extension CommitteeReport {
    /// Reads the blocks of a ledger folder, as a peer keeps it, from the first to the last; nothing is written or locked.
    ///
    /// - Throws: `CommitteeReportError`; a frame cut short at the very end is a write that was never finished, and is left out.
    package init(ledger folder: String) throws(CommitteeReportError) {
        var replay: GovernanceReplay?
        do {
            var scan = try BlockScan(folder: folder + "/blocks", files: SystemFiles())
            while let stored = try scan.next() {
                let block = try Self.block(stored)
                if replay == nil { replay = try GovernanceReplay(genesis: block) } else { try replay?.take(block) }
            }
        } catch let error as BlockStoreError {
            if case .file(let error) = error { throw .unreadable("\(error)") }
            throw .broken("\(error)")
        } catch GovernanceReplayError.noGovernance(let channel) {
            throw .unreadable("\(GovernanceReplayError.noGovernance(channel))")
        } catch {
            throw .broken("\(error)")
        }
        guard let replay else { throw .unreadable("\(folder)/blocks holds no block: name the folder of a peer's ledger") }
        self.init(replay)
    }

    private static func block(_ stored: StoredBlock) throws -> OrderedBlock {
        do {
            return try OrderedBlock(serialized: stored.bytes)
        } catch {
            throw GovernanceReplayError.block(BlockNumber(stored.number), reason: "\(error)")
        }
    }

    /// The report on a replay.
    package init(_ replay: GovernanceReplay) {
        let plane = replay.plane
        let record = plane.epoch
        let ranked = record.producers + record.auditNodes + record.standbys
        let rest = plane.statistics.map(\.member).filter { !ranked.contains($0) }
        let statistics = Dictionary(plane.statistics.map { ($0.member, $0) }) { first, _ in first }
        self.channel = plane.channelID.text
        self.genesis = Base16.encode(plane.chain)
        self.blocks = replay.height.rawValue + 1
        self.epoch = record.number
        self.epochBegan = record.firstHeight.rawValue
        self.quorum = record.quorum
        self.members = (ranked + rest).enumerated().compactMap { index, member in
            statistics[member].map { Member($0, rank: index < ranked.count ? index + 1 : nil) }
        }
        self.offences = plane.offences.map { offence in
            Offence(
                block: offence.height, code: "E\(offence.fact.code)", institution: plane.key(offence.fact.offender)?.member.text,
                consenter: offence.fact.offender, height: offence.fact.height, round: offence.fact.round)
        }
        self.next = Self.next(plane)
        let texts = replay.happenings.map { Happening(block: $0.block.rawValue, what: "\($0.event)") }
        let changes = replay.changes.map { change in
            Happening(
                block: change.block.rawValue,
                what: "configuration: from block \(change.block.rawValue + 1) on blocks are signed by "
                    + change.consenters.map { "\($0.mspID) (\($0.id))" }.joined(separator: ", "))
        }
        let updates = replay.updates.map { update in
            Happening(
                block: update.block.rawValue, what: "configuration: number \(update.sequence), asked for by a client; the committee stays as it is")
        }
        // In one block the configuration comes first: the rest follows from it.
        self.happenings = ((changes + updates).map { ($0, 0) } + texts.map { ($0, 1) }).enumerated().sorted {
            ($0.element.0.block, $0.element.1, $0.offset) < ($1.element.0.block, $1.element.1, $1.offset)
        }.map(\.element.0)
    }

    private static func next(_ plane: ControlPlane) -> [String] {
        var lines: [String] = []
        if plane.isHalted { lines.append("ordering is halted by the fork alarm") }
        if let due = plane.due { lines.append("block \(due.configurationHeight) has to bring a new committee into office") }
        if let running = plane.election, running.isRunning {
            let schedule = running.election.parameters.schedule
            let kind = running.election.parameters.seats.map { "by-election for \($0) seat\($0 == 1 ? "" : "s")" } ?? "election"
            let phase = schedule.phase(at: BlockNumber(plane.height + 1))
            lines.append(
                "\(kind) for epoch \(running.election.parameters.epoch): block \(plane.height + 1) is in the phase '\(phase)', count at block "
                    + "\(schedule.tally)")
        }
        if let pending = plane.pending {
            lines.append(
                "epoch \(pending.record.number) begins at block \(pending.record.firstHeight) with "
                    + pending.record.producers.map(\.text).joined(separator: ", "))
        }
        if plane.epoch.vacantSeats > 0, plane.election?.isRunning != true {
            let seats = plane.epoch.vacantSeats
            lines.append("\(seats) seat\(seats == 1 ? " is" : "s are") empty: the agencies may open a by-election in any block")
        }
        if let height = plane.nextElectionHeight {
            lines.append("the agencies may open the election for epoch \(plane.epoch.number + 1) from block \(height) on")
        }
        return lines
    }
}

extension CommitteeReport.Member {
    fileprivate init(_ statistics: CommitteeStatistics, rank: Int?) {
        let standing = statistics.standing
        self.init(
            institution: statistics.member.text, office: statistics.place.map(\.title), rank: rank,
            consenter: statistics.consenter > 0 ? statistics.consenter : nil, produced: standing.produced,
            missedSignatures: standing.missedSignatures, missedProposals: standing.missedProposals, strikes: standing.strikes,
            offences: standing.offencePoints,
            barred: statistics.barred.map { term in
                switch term {
                case .through(let epoch): "through epoch \(epoch)"
                case .forGood: "for good"
                }
            })
    }
}

extension OfficePlace {
    /// As people call it.
    package var title: String {
        switch self {
        case .producer: "producer"
        case .auditNode: "audit node"
        case .standby: "standby"
        }
    }
}

/// Why there is no report.
package enum CommitteeReportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is nothing that could be judged.
    case unreadable(String)
    /// The blocks are there, and something in them is wrong.
    case broken(String)

    package var description: String {
        switch self {
        case .unreadable(let text), .broken(let text): text
        }
    }
}
