import LedgerModel
import Node
import Ordering

extension Story {
    /// The count is in the block of its height, for everybody to see; the facility signs what was counted.
    func count(_ election: PlayedElection) async throws -> ElectionTally {
        let height = election.parameters.schedule.tally.rawValue
        try await self.moveOn(to: height)
        guard let tally = try self.election().tally else { throw StoryError.unexpectedAnswer("the control plane") }
        self.narrator.done(
            "block \(height): the count: numbers \(tally.issued), ballots \(tally.committed), opened \(tally.revealed); votes: "
                + Self.ranks(tally))
        try await self.network.arrangeNodes()
        return tally
    }

    /// Ranks with their votes, the first ones of many.
    private static func ranks(_ tally: ElectionTally) -> String {
        let shown = tally.ranking.count > 12 ? 10 : tally.ranking.count
        let texts = tally.ranking.prefix(shown).enumerated().map { "\($0.offset + 1). \($0.element.member) (\($0.element.approvals))" }
        return texts.joined(separator: ", ") + (tally.ranking.count > shown ? " and \(tally.ranking.count - shown) more" : "")
    }

    /// The facility's word, and a count by somebody who has nothing but the blocks of another peer.
    func recount(_ tally: ElectionTally, of election: PlayedElection) async throws {
        let pool = self.network.institutions
        let block = try await self.govern(try election.statement(on: tally), through: pool[pool.count > 1 ? 1 : 0])
        let replay = try self.network.replayed(by: self.network.followers[6])
        guard let running = replay.plane.election, let closing = running.closing else { throw StoryError.unexpectedAnswer("the replay") }
        let counted = try Recount.check(running.record, published: tally, closing: closing)
        let voters = self.voters(in: election)
        let found = voters.count { election.finds($0.id, in: running.election) }
        self.narrator.done(
            "block \(block): the tabulating facility signs the count; custodian7.example has counted again from the blocks alone: the same "
                + "\(counted.ranking.count == 1 ? "rank" : "\(counted.ranking.count) ranks"); \(found) of \(voters.count) voters find their own ballot"
        )
    }

    /// The elected take office by a configuration block that the committee in office has authorised.
    func takeOffice(_ elected: EpochRecord, after former: [UInt32]) async throws {
        try await self.moveOn(to: elected.firstHeight.rawValue)
        let change = try self.configuration(below: elected.firstHeight)
        let record = try self.network.control().epoch
        guard record.number == elected.number else { throw StoryError.unexpectedAnswer("the control plane") }
        self.narrator.done(
            "block \(change.block): a configuration, signed by \(former.count == 1 ? "the founder" : "\(change.signers) of the \(former.count) founders"), "
                + "brings the elected into office: from block \(elected.firstHeight) on \(Self.list(record.producers)) "
                + "\(record.producers.count == 1 ? "signs with its" : "sign, each with its") new key; \(Self.list(record.auditNodes)) "
                + (record.auditNodes.count == 1 || record.auditNodes.isEmpty ? "audits" : "audit"))
        try await self.network.arrangeNodes()
    }

    /// The newest configuration below a block, with how many have signed that block.
    func configuration(below height: BlockNumber) throws -> (block: BlockNumber, signers: Int) {
        guard let change = try self.network.replayed(by: self.network.peers[0]).changes.last(where: { $0.block < height }),
            let block = try self.network.peers[0].snapshot().block(change.block)
        else { throw StoryError.unexpectedAnswer("the ledger") }
        return (change.block, try BlockSignatures(slot: block.metadata(.signatures)).entries.count)
    }

    /// Who has proposed the blocks of a range, in the order of the first one of each.
    func proposers(_ blocks: ClosedRange<UInt64>) throws -> String {
        let snapshot = self.network.peers[0].snapshot()
        var counts: [(member: MSPID, count: Int)] = []
        for number in blocks {
            guard let block = try snapshot.block(BlockNumber(number)) else { continue }
            let member = try self.network.institution(try DecidedHeight(block).header.proposer).id
            if let index = counts.firstIndex(where: { $0.member == member }) { counts[index].count += 1 } else { counts.append((member, 1)) }
        }
        return counts.map { "\($0.member) \($0.count)" }.joined(separator: ", ")
    }
}
