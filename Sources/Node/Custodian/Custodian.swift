import CryptoPrimitives
import Identity
import LedgerModel
import SelvageClient
import Synchronization

/// A share on its way to a grantee: sealed to the grantee's key, with the custodian's signed receipt.
package struct ReleasedShare: Sendable {
    package let box: SealedBox
    package let receipt: ReleaseReceipt
    /// The custodian's signature over the receipt's bytes.
    package let signature: [UInt8]
}

/// Holds shares of records for an organisation and releases them only under a grant that it has checked itself.
///
/// A share is given to the grantee alone, sealed to the key that the registry names; every release leaves a signed receipt.
/// The custodian cannot read a record: fewer than the threshold of shares say nothing about it, and all of them only give ciphertext.
package final class Custodian: Sendable {
    package let name: String
    private let identity: SigningIdentity
    private let folder: String
    private let grants: any GrantReading
    private let environment: any ClientEnvironment
    private let answered = Mutex(AnsweredRequests())

    /// - Parameter folder: Where the shares and the log of receipts are kept; made if it is missing.
    package init(
        name: String, identity: SigningIdentity, folder: String, grants: any GrantReading, environment: any ClientEnvironment
    ) throws(HostFileError) {
        self.name = name
        self.identity = identity
        self.folder = folder
        self.grants = grants
        self.environment = environment
        try HostFiles.makeFolders(folder + "/shares")
        try HostFiles.makeFolders(folder + "/receipts")
    }

    /// Takes a share (`CustodyShareFormat`) into keeping; durable when this returns.
    package func hold(_ share: [UInt8], record: String, version: UInt64) throws(CustodianError) {
        let path = try self.sharePath(record, version)
        // What is larger could not be read back.
        guard share.count <= NodeLimits.shareBytes, CustodyShareFormat.decode(share) != nil else { throw .notAShare(custodian: self.name) }
        do {
            if let held = try HostFiles.read(path, limit: NodeLimits.shareBytes) {
                guard constantTimeEqual(held, share) else { throw CustodianError.shareExists(custodian: self.name, record: record, version: version) }
                return
            }
            try HostFiles.write(share, to: path, mode: 0o600)
        } catch let error as CustodianError {
            throw error
        } catch {
            throw .failed(custodian: self.name, reason: "\(error)")
        }
    }

    /// Answers a grantee's request: checks time, grant, grantee and signature, then seals the share to the grantee and logs a receipt.
    package func release(_ request: ShareRequest, signature: [UInt8]) async throws(CustodianError) -> ReleasedShare {
        let now = self.environment.now().seconds
        let (difference, overflow) = now.subtractingReportingOverflow(request.seconds)
        guard !overflow, difference.magnitude <= UInt64(NodeLimits.requestWindowSeconds) else {
            throw .outsideWindow(custodian: self.name, seconds: overflow ? .max : difference)
        }
        guard request.nonce.count == ShareRequestFormat.nonceBytes else { throw .badNonce(custodian: self.name) }
        guard ChannelID(request.channel) == self.grants.channel else {
            throw .grantDoesNotMatch(custodian: self.name, reason: "the request is for another channel")
        }
        let facts = try await self.grant(request.grant)
        try self.check(request, against: facts)
        let signed = ShareRequestFormat.encode(request)
        let requestHash = SHA256.hash(signed)
        guard let key = try? PublicKey(x963: facts.granteeSigningKey), key.isValid(signature: signature, for: signed) else {
            throw .badSignature(custodian: self.name, requester: request.requester)
        }
        let share = try self.share(of: request.record, request.version)
        // Remembered only now: a forged request must not use up an honest one's nonce.
        // The receipt outlives a restart, and must not be overwritten.
        guard self.answered.withLock({ $0.insert(requestHash, at: now) }), try !self.hasReceipt(requestHash) else {
            throw .replayed(custodian: self.name)
        }
        return try self.seal(share, request: request, signed: signed, requestHash: requestHash, facts: facts, now: now)
    }

    /// What the share is bound to on its way: the request that asked for it.
    package static func shareBinding(custodian: String, signedRequest: [UInt8]) -> [UInt8] {
        Array("selvage/custodian/v1/share".utf8) + [0] + Array(custodian.utf8) + [0] + SHA256.hash(signedRequest)
    }

    private func grant(_ id: String) async throws(CustodianError) -> GrantFacts {
        let facts: GrantFacts?
        do {
            facts = try await self.grants.grant(id)
        } catch {
            throw .failed(custodian: self.name, reason: "its ledger could not be read: \(error)")
        }
        guard let facts else { throw .unknownGrant(custodian: self.name, grant: id) }
        return facts
    }

    private func check(_ request: ShareRequest, against facts: GrantFacts) throws(CustodianError) {
        guard facts.record.utf8.elementsEqual(request.record.utf8), facts.version == request.version else {
            throw .grantDoesNotMatch(custodian: self.name, reason: "it is for another record or version")
        }
        guard facts.grantee.utf8.elementsEqual(request.requester.utf8) else {
            throw .grantDoesNotMatch(custodian: self.name, reason: "it was given to somebody else")
        }
        if let refusal = facts.refusal { throw .grantRefused(custodian: self.name, reason: refusal) }
    }

    private func share(of record: String, _ version: UInt64) throws(CustodianError) -> [UInt8] {
        let path = try self.sharePath(record, version)
        do {
            if let share = try HostFiles.read(path, limit: NodeLimits.shareBytes) { return share }
        } catch {
            throw .failed(custodian: self.name, reason: "\(error)")
        }
        throw .noShare(custodian: self.name, record: record, version: version)
    }

    private func seal(
        _ share: [UInt8], request: ShareRequest, signed: [UInt8], requestHash: [UInt8], facts: GrantFacts, now: Int64
    ) throws(CustodianError) -> ReleasedShare {
        guard let index = CustodyShareFormat.decode(share)?.index else {
            throw .failed(custodian: self.name, reason: "the share it holds is damaged")
        }
        let receipt = ReleaseReceipt(
            custodian: self.name, record: request.record, version: request.version, grant: request.grant, requester: request.requester,
            index: UInt16(index), height: self.grants.height, seconds: now, requestHash: requestHash)
        do {
            let sealingKey = try SealingKey(x963: facts.granteeSealingKey)
            let binding = Self.shareBinding(custodian: self.name, signedRequest: signed)
            let box = try sealingKey.seal(share, info: binding, authenticating: [])
            let receiptBytes = ReleaseReceiptFormat.encode(receipt)
            let signature = try self.identity.sign(receiptBytes)
            // The receipt is durable before the share leaves.
            try HostFiles.write(receiptBytes + signature, to: self.receiptPath(requestHash))
            return ReleasedShare(box: box, receipt: receipt, signature: signature)
        } catch {
            throw .failed(custodian: self.name, reason: "\(error)")
        }
    }

    private func hasReceipt(_ requestHash: [UInt8]) throws(CustodianError) -> Bool {
        do {
            return try HostFiles.read(self.receiptPath(requestHash), limit: NodeLimits.shareBytes) != nil
        } catch {
            throw .failed(custodian: self.name, reason: "\(error)")
        }
    }

    private func receiptPath(_ requestHash: [UInt8]) -> String {
        self.folder + "/receipts/" + Base16.encode(requestHash) + ".receipt"
    }

    private func sharePath(_ record: String, _ version: UInt64) throws(CustodianError) -> String {
        // Only lower case hexadecimal digits reach the file system: one record, one name, also where case does not count.
        guard record.utf8.count == 32, let bytes = Base16.decode(record), Base16.encode(bytes).utf8.elementsEqual(record.utf8) else {
            throw .badRecordName(custodian: self.name)
        }
        return "\(self.folder)/shares/\(record)-\(version).share"
    }
}

/// The requests that were answered lately, so that a copied request is not answered again.
struct AnsweredRequests {
    private var times: [[UInt8]: Int64] = [:]

    /// Returns false when the request was answered within the window.
    mutating func insert(_ hash: [UInt8], at now: Int64) -> Bool {
        if self.times[hash] != nil { return false }
        if self.times.count >= NodeLimits.rememberedRequests {
            // Older requests are refused by their time.
            self.times = self.times.filter { now - $0.value <= 2 * NodeLimits.requestWindowSeconds }
            guard self.times.count < NodeLimits.rememberedRequests else { return false }
        }
        self.times[hash] = now
        return true
    }
}
