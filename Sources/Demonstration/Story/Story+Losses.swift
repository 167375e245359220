import Node
import RecordSharing

extension Story {
    /// Stage 5: custodians lost and a share altered.
    func loseCustodians() async throws {
        let consignment = self.consignments[0]
        let grant = try await self.grant(consignment, to: self.insurer)
        let custodians = self.network.custodians
        let narrator = self.narrator

        for custodian in custodians.prefix(3) { custodian.setReachable(false) }
        let three = try await self.collect(grant, as: self.insurer)
        try self.requireEqual(try self.open(grant, three.shares), consignment)
        narrator.done(
            "three custodians gone (\(three.refusals.count) calls failed): \(consignment.record.name) recovered byte-equal from \(three.shares.count) shares"
        )

        for custodian in custodians { custodian.setReachable(true) }
        try self.alterShare(of: consignment, heldBy: 1)
        let altered = try await self.collect(grant, as: self.insurer)
        let opened = try self.open(grant, altered.shares)
        try self.requireEqual(opened, consignment)
        let bad = opened.verdicts.filter { $0.error != nil }
        if bad.count == 1, let verdict = bad.first, let error = verdict.error, verdict.index == 1 {
            narrator.refused(
                "one share altered by its custodian: share \(verdict.index ?? -1) of \(custodians[1].name) named and dropped, record recovered from the others",
                reason: "\(error)")
        } else {
            narrator.failed("one share altered by its custodian", reason: "\(bad.count) shares were dropped instead of one")
        }

        for custodian in custodians.prefix(4) { custodian.setReachable(false) }
        let four = try await self.collect(grant, as: self.insurer)
        await narrator.mustRefuse("four custodians gone: nothing is released", containing: "3 valid shares, but 4 are needed") {
            let released = try self.open(grant, four.shares)
            return "\(released.authored.record.count) bytes came out"
        }
        for custodian in custodians { custodian.setReachable(true) }
    }

    /// Changes one byte of the key part in the custodian's file, as a dishonest custodian would.
    private func alterShare(of consignment: Consignment, heldBy index: Int) throws {
        let path = self.directory + "/\(self.network.custodians[index].name)/shares/\(consignment.upload.recordID)-1.share"
        guard var bytes = try HostFiles.read(path, limit: NodeLimits.shareBytes) else { throw StoryError.unexpectedAnswer(path) }
        let firstByteOfKeyShare = CustodyOffsets.keyShare
        guard bytes.count > firstByteOfKeyShare else { throw StoryError.unexpectedAnswer(path) }
        bytes[firstByteOfKeyShare] ^= 1
        try HostFiles.write(bytes, to: path, mode: 0o600)
    }
}

/// Offsets in a custody share, for the dishonest custodian of the story.
private enum CustodyOffsets {
    /// Magic and length of the custody file, then header and fixed fields of the key part.
    static let keyShare = 8 + 104
}
