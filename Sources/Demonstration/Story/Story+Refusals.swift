import CryptoPrimitives
import LedgerModel
import SelvageClient
import SystemContracts

extension Story {
    /// Stage 6: what must not be possible, tried for real.
    func tryWhatIsForbidden() async throws {
        let narrator = self.narrator
        let consignment = self.consignments[0]
        let patient = consignment.patient
        let other = self.patients[self.patients.count - 1]

        let stranger = try self.makeSubject(self.randomID(), "patient", self.randomID(), Organizations.consortium[0])
        await narrator.mustRefuse("an unregistered caller uploads", containing: "not-registered") {
            try await self.submit(try self.nextVersion(of: consignment, patient: stranger), as: stranger.gateway)
            return "it was committed"
        }
        await narrator.mustRefuse("a second registration of an id", containing: "already-registered") {
            let clerk = self.network.gateway(
                try self.network.issue("clerk2@\(Organizations.consortium[0].domain)", .client, of: Organizations.consortium[0]))
            try await self.submit(try self.registration(of: patient), as: clerk)
            return "it was committed"
        }
        await narrator.mustRefuse("another patient uploads a version of the record", containing: "not-owner") {
            try await self.submit(try self.nextVersion(of: consignment, patient: other), as: other.gateway)
            return "it was committed"
        }
        await narrator.mustRefuse("a delegation endorsed by one organisation only", containing: "ENDORSEMENT_POLICY_FAILURE") {
            let call = Self.call(MedicalContracts.records, "addDelegate", other.id, String(self.seconds + 3_600))
            let status = try await patient.gateway.submit(call, endorsedBy: [self.endorsers[0]]).status
            return "it is valid in block \(status.block)"
        }
        try await self.conflict(consignment, self.insurer)
        try await self.replay(patient, other.id)
        await narrator.mustRefuse("a custodian is asked under a grant that was revoked", containing: "revoked") {
            let grant = try await self.grant(consignment, to: self.insurer)
            try await self.submit(Self.call(MedicalContracts.records, "revokeGrant", grant.grantID), as: patient.gateway)
            let collected = try await self.collect(grant, as: self.insurer)
            if let refusal = collected.refusals.first, collected.shares.isEmpty { throw refusal }
            return "\(collected.shares.count) shares were released"
        }
    }

    /// A new version of a record as somebody would upload it; the sealed object is the one that is there.
    private func nextVersion(of consignment: Consignment, patient: Subject) throws -> ChaincodeCall {
        let upload = consignment.upload
        let next = SealedUpload(
            recordID: upload.recordID, version: upload.version + 1, dataKey: upload.dataKey, shared: upload.shared, custody: upload.custody)
        return try self.index(of: next, patient: patient, doctor: consignment.doctor)
    }

    /// Two writers of one key, both endorsed on the same state: the second in order loses.
    private func conflict(_ consignment: Consignment, _ grantee: Subject) async throws {
        let gateway = consignment.patient.gateway
        // The contract looks whether the grant's id is free, so both writers have read what the first one writes.
        let call = Self.call(
            MedicalContracts.records, "grant", self.randomID(), consignment.upload.recordID, "1", grantee.id, "claim",
            String(self.seconds + 3_600), Base16.encode(self.network.environment.randomBytes(count: 128)), "")
        let one = try await gateway.endorse(call, by: self.endorsers)
        let two = try await gateway.endorse(call, by: self.endorsers)
        try await gateway.broadcast(one.envelope, transaction: one.transaction)
        try await gateway.broadcast(two.envelope, transaction: two.transaction)
        // Which of them comes first is up to the committee.
        let statuses = [
            try await self.endorsers[0].commitStatus(of: one.transaction), try await self.endorsers[0].commitStatus(of: two.transaction),
        ]
        try await self.waitForEverybody(one.transaction)
        try await self.waitForEverybody(two.transaction)
        await self.narrator.mustRefuse("two writers of one key: the second loses", containing: "MVCC_READ_CONFLICT") {
            let losers = statuses.filter { !$0.isValid }
            guard losers.count == 1, let loser = losers.first else { return "\(losers.count) of two are invalid" }
            throw ClientError.invalid(loser)
        }
    }

    /// The same envelope again: whoever sends it is told that it was taken, and it gets into no second block.
    private func replay(_ patient: Subject, _ delegate: String) async throws {
        let gateway = patient.gateway
        func delegation(_ seconds: Int64) -> ChaincodeCall {
            Self.call(MedicalContracts.records, "addDelegate", delegate, String(self.seconds + seconds))
        }
        let endorsed = try await gateway.endorse(delegation(3_600), by: self.endorsers)
        try await gateway.broadcast(endorsed.envelope, transaction: endorsed.transaction)
        try await self.waitForEverybody(endorsed.transaction)
        // A member that has not heard of the block yet would hold the envelope until it does.
        try await self.network.waitForMembers()
        let height = self.endorsers[0].height
        await self.narrator.mustRefuse("a replayed envelope", containing: "not ordered again") {
            try await gateway.broadcast(endorsed.envelope, transaction: endorsed.transaction)
            let next = try await self.submit(delegation(7_200), as: gateway).status
            let block = try self.endorsers[0].blockBytes(next.block.rawValue).map { try OrderedBlock(serialized: $0) }
            guard next.block.rawValue == height, block?.envelopes.count == 1 else { return "it is in block \(height) too" }
            throw NotOrderedAgain(transaction: endorsed.transaction)
        }
    }

    private struct NotOrderedAgain: Error, CustomStringConvertible {
        let transaction: TransactionID
        var description: String { "transaction \(self.transaction.text.prefix(8))… is in a block already and was not ordered again" }
    }
}
