import Chaincode
import CryptoPrimitives
import LedgerModel
import RecordSharing
import SelvageClient
import SystemContracts

extension Story {
    /// Stage 3: every record is signed by a doctor, sealed and split by its patient, held by the custodians, and indexed on the chain.
    func uploadRecords() async throws {
        for (index, record) in self.records.enumerated() {
            self.progress("record \(index + 1) of \(self.records.count): \(record.name)")
            let patient = self.patients[index]
            let doctor = self.doctors[index % self.doctors.count]
            let consignment = try await self.narrator.timed({ (done: (Consignment, CommitStatus)) in
                let largest = done.0.upload.custody.map(\.count).max() ?? 0
                return "\(record.name) (\(record.bytes.count) bytes): signed by \(doctor.id), sealed, split (\(Organizations.threshold),"
                    + "\(done.0.upload.custody.count)) into shares of \(largest) bytes, index in block \(done.1.block)"
            }) {
                try await self.upload(record, of: patient, by: doctor)
            }.0
            self.consignments.append(consignment)
        }
    }

    private func upload(_ record: MedicalRecord, of patient: Subject, by doctor: Subject) async throws -> (Consignment, CommitStatus) {
        let channel = Organizations.channel.text
        let recordID = self.randomID()
        // The doctor's signature under the record itself travels only inside the sealed object.
        let signed = AuthoredRecordFormat.signedBytes(
            author: doctor.id, channel: channel, recordID: recordID, version: 1, record: record.bytes)
        let authored = AuthoredRecord(author: doctor.id, signature: try doctor.identity.sign(signed), record: record.bytes)
        let upload = try RecordVault.seal(
            authored, channel: channel, recordID: recordID, version: 1, threshold: Organizations.threshold,
            custodians: self.network.custodians.count)
        for (custodian, share) in zip(self.network.custodians, upload.custody) {
            try custodian.hold(share, record: recordID, version: 1)
        }
        let status = try await self.submit(try self.index(of: upload, patient: patient, doctor: doctor), as: patient.gateway).status
        return (Consignment(record: record, patient: patient, doctor: doctor, upload: upload), status)
    }

    /// The call that puts a sealed version's index on the chain, with the doctor's signature under the ciphertext's digest.
    func index(of upload: SealedUpload, patient: Subject, doctor: Subject) throws -> ChaincodeCall {
        let shared = upload.shared
        let digest = shared.fragmentCommitment.sealedObjectDigest
        let message = MedicalMessages.upload(
            channel: Organizations.channel.text, author: doctor.id, recordID: upload.recordID, version: Int64(upload.version),
            owner: patient.id, objectDigest: digest)
        let index = JSONValue.object([
            ("objectDigest", .string(Base16.encode(digest))),
            ("size", .integer(Int64(try EMS1.facts(ofFragment: shared.fragments[0]).sealedObjectLength))),
            ("storeRef", .string("custodians:" + upload.recordID)), ("commitment", .string(Base16.encode(shared.commitment))),
            ("fragmentRoot", .string(Base16.encode(shared.fragmentCommitment.root))), ("threshold", .integer(Int64(shared.threshold))),
            ("count", .integer(Int64(shared.count))), ("epoch", .integer(Int64(shared.epoch))),
            ("custodians", .array(Organizations.custodians.map { .string($0.mspID.text) })),
        ])
        return Self.call(
            MedicalContracts.records, "uploadEMRInformation", upload.recordID, patient.id, String(upload.version),
            String(decoding: index.encoded(), as: UTF8.self), doctor.id, Base16.encode(try doctor.identity.sign(message)))
    }
}
