import Chaincode
import CryptoPrimitives
import LedgerModel
import Node
import RecordSharing
import SelvageClient
import SystemContracts

/// What a grantee has in hand before it asks the custodians.
struct GrantInHand {
    let consignment: Consignment
    let grantID: String
    let commitment: [UInt8]
    let wrappedKey: [UInt8]
}

/// What the custodians answered.
struct CollectedShares {
    var shares: [CustodyShare] = []
    var refusals: [CustodianError] = []
}

extension Story {
    private static let purpose = "claim"
    private static let grantSeconds: Int64 = 3_600

    /// The insurer, who asks for records.
    var insurer: Subject { self.institutions[2] }

    /// Stage 4: the insurer asks, the patient grants, custodians release, the record is put together and its author is checked.
    func shareRecords() async throws {
        for (index, consignment) in self.consignments.enumerated() {
            self.progress("sharing record \(index + 1) of \(self.consignments.count): \(consignment.record.name)")
            try await self.narrator.timed({ (receipts: Int) in
                "\(consignment.record.name): requested, granted, \(receipts) shares released with signed receipts, reconstructed byte-equal, "
                    + "signed by \(consignment.doctor.id)"
            }) {
                let grant = try await self.grant(consignment, to: self.insurer)
                let collected = try await self.collect(grant, as: self.insurer)
                try self.requireEqual(try self.open(grant, collected.shares), consignment)
                try await self.requireAuthor(consignment)
                try await self.verifyOnChain(consignment, collected.shares)
                return collected.shares.count
            }
        }
        self.narrator.done(
            "for every record contract 'signatures' confirmed the doctor's signature in a transaction, and contract 'shares' recombined the "
                + "ciphertext from fragments and wrote only a receipt")
    }

    /// A request by the grantee and the patient's answer to it, both on the chain.
    func grant(_ consignment: Consignment, to grantee: Subject) async throws -> GrantInHand {
        let upload = consignment.upload
        let requestID = self.randomID()
        let expires = String(self.seconds + Self.grantSeconds)
        try await self.submit(
            Self.call(MedicalContracts.records, "requestAccess", requestID, upload.recordID, Self.purpose, expires), as: grantee.gateway)
        // The patient takes the grantee's key from the registry, not from the request.
        let entry = try await self.ask(Self.call(MedicalContracts.registry, "lookup", grantee.id), as: consignment.patient.gateway)
        guard let keyBytes = entry["sealingKey"]?.string.flatMap(Base16.decode) else { throw StoryError.unexpectedAnswer("registry.lookup") }
        let grantID = self.randomID()
        let wrapped = try RecordVault.wrap(
            upload.dataKey, to: try SealingKey(x963: keyBytes), channel: Organizations.channel.text, recordID: upload.recordID,
            version: upload.version, grant: grantID)
        try await self.submit(
            Self.call(
                MedicalContracts.records, "grant", grantID, upload.recordID, String(upload.version), grantee.id, Self.purpose, expires,
                Base16.encode(wrapped), requestID), as: consignment.patient.gateway)
        return try await self.readGrant(grantID, consignment, as: grantee)
    }

    /// The grantee reads grant and index from the chain: it trusts nothing that it was told.
    private func readGrant(_ grantID: String, _ consignment: Consignment, as grantee: Subject) async throws -> GrantInHand {
        let grant = try await self.ask(Self.call(MedicalContracts.records, "getGrant", grantID), as: grantee.gateway)
        let version = try await self.ask(
            Self.call(MedicalContracts.records, "getVersion", consignment.upload.recordID, String(consignment.upload.version)),
            as: grantee.gateway)
        guard let wrapped = grant["wrappedKey"]?.string.flatMap(Base16.decode),
            let commitment = version["commitment"]?.string.flatMap(Base16.decode)
        else { throw StoryError.unexpectedAnswer("records.getGrant") }
        return GrantInHand(consignment: consignment, grantID: grantID, commitment: commitment, wrappedKey: wrapped)
    }

    /// Asks every custodian for its share; each decides on its own.
    func collect(_ grant: GrantInHand, as grantee: Subject) async throws -> CollectedShares {
        var collected = CollectedShares()
        for custodian in self.network.custodians {
            let request = ShareRequest(
                custodian: custodian.name, channel: Organizations.channel.text, record: grant.consignment.upload.recordID,
                version: grant.consignment.upload.version,
                grant: grant.grantID, requester: grantee.id, nonce: self.network.environment.randomBytes(count: ShareRequestFormat.nonceBytes),
                seconds: self.seconds)
            let signed = ShareRequestFormat.encode(request)
            do {
                let released = try await custodian.release(request, signature: try grantee.identity.sign(signed))
                try custodian.checkReceipt(of: released, for: signed)
                let binding = Custodian.shareBinding(custodian: custodian.name, signedRequest: signed)
                let bytes = try grantee.unsealing.open(released.box, info: binding, authenticating: [])
                guard let share = CustodyShareFormat.decode(bytes) else { throw StoryError.unexpectedAnswer(custodian.name) }
                collected.shares.append(share)
            } catch let error as CustodianError {
                collected.refusals.append(error)
            }
        }
        return collected
    }

    /// Opens a record with shares and the wrapped key.
    func open(_ grant: GrantInHand, _ shares: [CustodyShare]) throws -> (authored: AuthoredRecord, verdicts: [EMS1ShareVerdict]) {
        try RecordVault.open(
            shares: shares.map(\.share), commitment: grant.commitment, wrappedKey: grant.wrappedKey, with: self.insurer.unsealing,
            channel: Organizations.channel.text, recordID: grant.consignment.upload.recordID, version: grant.consignment.upload.version,
            grant: grant.grantID)
    }

    /// Byte equality with the bundle, and the doctor's signature under exactly these bytes.
    func requireEqual(_ opened: (authored: AuthoredRecord, verdicts: [EMS1ShareVerdict]), _ consignment: Consignment) throws {
        guard opened.authored.record == consignment.record.bytes else { throw StoryError.recordDiffers(consignment.record.name) }
        let key = consignment.doctor.identity.certificate.publicKey
        let isSigned = opened.authored.isSigned(
            by: key, channel: Organizations.channel.text, recordID: consignment.upload.recordID, version: consignment.upload.version)
        guard isSigned, opened.authored.author.utf8.elementsEqual(consignment.doctor.id.utf8) else {
            throw StoryError.authorDiffers(consignment.record.name)
        }
    }

    /// The key that the doctor's signature was checked with must be the one that the registry names for it.
    private func requireAuthor(_ consignment: Consignment) async throws {
        let entry = try await self.ask(Self.call(MedicalContracts.registry, "lookup", consignment.doctor.id), as: self.insurer.gateway)
        guard entry["signingKey"]?.string.flatMap(Base16.decode) == consignment.doctor.identity.certificate.publicKey.x963 else {
            throw StoryError.authorDiffers(consignment.record.name)
        }
    }

    /// The doctor's signature by contract `signatures`, in a transaction; the ciphertext by contract `shares`, evaluated and then logged.
    private func verifyOnChain(_ consignment: Consignment, _ shares: [CustodyShare]) async throws {
        let upload = consignment.upload
        let version = String(upload.version)
        let verified = try await self.submit(
            Self.call(MedicalContracts.signatures, "verifyRecord", upload.recordID, version), as: self.insurer.gateway)
        guard verified.result == Array("true".utf8) else { throw StoryError.authorDiffers(consignment.record.name) }
        let fragments = shares.prefix(Organizations.threshold).enumerated().map { index, share in
            TransientEntry(name: "fragment-\(index)", value: share.fragment)
        }
        let object = try await self.insurer.gateway.evaluate(
            Self.call(MedicalContracts.shares, "reconstruct", upload.recordID), transient: fragments, on: self.endorsers[0])
        guard SHA256.hash(object) == upload.shared.fragmentCommitment.sealedObjectDigest else {
            throw StoryError.recordDiffers(consignment.record.name)
        }
        try await self.submit(
            Self.call(MedicalContracts.shares, "logReconstruction", upload.recordID, version), transient: fragments, as: self.insurer.gateway)
    }
}

/// What came out differs from what went in: the run has failed.
enum StoryError: Error, CustomStringConvertible {
    case unexpectedAnswer(String)
    case recordDiffers(String)
    case authorDiffers(String)
    /// Something that was waited for has not come.
    case late(String, seconds: Int64, committee: [String])

    var description: String {
        switch self {
        case .unexpectedAnswer(let who): "\(who) answered in an unexpected form"
        case .recordDiffers(let name): "\(name): what was reconstructed is not what was sealed"
        case .authorDiffers(let name): "\(name): the doctor's signature does not verify"
        case .late(let what, let seconds, let committee):
            "waited \(seconds) s in vain until \(what); \(committee.joined(separator: "; "))"
        }
    }
}
