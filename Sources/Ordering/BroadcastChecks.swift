import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// What an envelope must fulfil before it is ordered (interop 7.1), as far as it can be told from the envelope and the configuration alone.
///
/// A check has no memory, so hosts may run many at a time. Whether the envelope came before is the ordering service's question.
package struct BroadcastChecks: Sendable {
    private static let writersPolicy = "/Channel/Writers"
    private static let maintenancePolicy = "/Channel/Orderer/Writers"

    private let bundle: ChannelBundle
    private let officeHolders: [OfficeHolder]
    private let takesUpdates: Bool
    private let isInMaintenance: Bool
    private let maxBytes: Int

    /// - Parameters:
    ///   - officeHolders: Those in office: their charges are taken beside what the policy for writers allows.
    ///   - takesUpdates: Whether requests to change the configuration are taken; what they ask for is judged when they are ordered.
    package init(bundle: ChannelBundle, officeHolders: [OfficeHolder] = [], takesUpdates: Bool = false) {
        self.bundle = bundle
        self.takesUpdates = takesUpdates
        self.officeHolders = officeHolders
        self.maxBytes = min(Int(bundle.batch.absoluteMaxBytes), OrderingLimits.blockPayloadBytes)
        let value = bundle.config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value
        let consensus = value.flatMap { try? Orderer_ConsensusType.decode($0, as: "consensus type") }
        self.isInMaintenance = consensus?.state == .maintenance
    }

    /// Judges an envelope.
    ///
    /// - Parameter now: The orderer's clock; only the expiry of the creator's certificate is judged by it.
    package func check(_ envelope: Envelope, now: Timestamp) throws(BroadcastRefusal) -> CheckedEnvelope {
        guard !envelope.payload.isEmpty else { throw .emptyPayload }
        // Before anything is parsed: a large message must not cost more than its length.
        guard envelope.sizeBytes <= self.maxBytes else { throw .tooLarge(sizeBytes: envelope.sizeBytes, limit: self.maxBytes) }
        let (payload, header) = try Self.channelHeader(of: envelope)
        guard header.channelID == self.bundle.channelID else { throw .unknownChannel(header.channelID) }
        let isUpdate = try Self.isUpdate(header)
        let signer: SignatureHeader
        do {
            signer = try SignatureHeader(serialized: payload.signatureHeaderBytes)
        } catch {
            throw .noCreator(error)
        }
        try self.checkCreator(signer.creator, of: envelope, now: now)
        if isUpdate, !self.takesUpdates { throw .configurationUpdate }
        if self.isInMaintenance, !isUpdate { throw .maintenance }
        let serialized = envelope.serialized()
        let digest = SHA256.hash(serialized)
        let derivedID = isUpdate ? nil : Formulas.transactionID(nonce: signer.nonce, creator: signer.creator)
        return CheckedEnvelope(
            serialized: serialized, digest: digest, sizeBytes: envelope.sizeBytes,
            transactionID: isUpdate ? ConfigurationRequest.id(ofHash: digest) : header.transactionID,
            hasDerivedID: isUpdate || header.transactionID == derivedID,
            timestamp: header.timestamp, creator: SHA256.hash(signer.creator),
            isGovernance: !isUpdate && (try? header.chaincodeName()) == ChaincodeDefinition.governanceNamespace, isUpdate: isUpdate,
            configurationSequence: self.bundle.sequence)
    }

    /// Judges a configuration that the ordering service has made from a request, as any other envelope by size and signature (interop 7.3, 6).
    func checkOwnConfiguration(_ envelope: Envelope, now: Timestamp) throws(BroadcastRefusal) {
        guard envelope.sizeBytes <= self.maxBytes else { throw .tooLarge(sizeBytes: envelope.sizeBytes, limit: self.maxBytes) }
        let creator: [UInt8]
        do throws(MessageError) {
            creator = try SignatureHeader(serialized: Payload(serialized: envelope.payload).signatureHeaderBytes).creator
        } catch {
            throw .noCreator(error)
        }
        try self.checkCreator(creator, of: envelope, now: now)
    }

    private static func channelHeader(of envelope: Envelope) throws(BroadcastRefusal) -> (Payload, ChannelHeader) {
        do throws(MessageError) {
            let payload = try Payload(serialized: envelope.payload)
            guard !payload.channelHeaderBytes.isEmpty else { throw MessageError(part: "payload", reason: "has no channel header") }
            return (payload, try ChannelHeader(serialized: payload.channelHeaderBytes))
        } catch {
            throw .noChannel(error)
        }
    }

    /// Whether the envelope asks for another configuration; throws for all other types but transactions.
    private static func isUpdate(_ header: ChannelHeader) throws(BroadcastRefusal) -> Bool {
        // CONFIG and ORDERER_TRANSACTION.
        if header.type == 1 || header.type == 4 { throw .notForClients(type: header.type) }
        guard header.kind == .endorserTransaction || header.kind == .configUpdate else { throw .unknownType(header.type) }
        return header.kind == .configUpdate
    }

    private func checkCreator(_ creator: [UInt8], of envelope: Envelope, now: Timestamp) throws(BroadcastRefusal) {
        if let identity = try? self.bundle.membership.identity(creator), identity.isExpired(at: now) {
            throw .creatorExpired(identity.mspID)
        }
        let path = self.isInMaintenance ? Self.maintenancePolicy : Self.writersPolicy
        let signed = SignedMessage(identity: creator, message: envelope.payload, signature: envelope.signature)
        let result: PolicyResult
        do {
            result = try self.bundle.evaluate(policy: path, [signed])
        } catch {
            if self.isCharge(envelope, by: creator) { return }
            throw .notWriter(policy: path, missing: error.description)
        }
        if case .unsatisfied(let missing) = result, !self.isCharge(envelope, by: creator) {
            throw .notWriter(policy: path, missing: missing)
        }
    }

    /// Whether the envelope is evidence, signed by someone in office with the very key of the office (decision 0012).
    ///
    /// Consensus keys are of nodes, which the policy for writers need not name; yet who is in office has to be able to charge.
    private func isCharge(_ envelope: Envelope, by creator: [UInt8]) -> Bool {
        guard !self.officeHolders.isEmpty, case .governance(.evidence, creator) = GovernanceEnvelope.read(envelope.serialized()),
            let identity = try? self.bundle.membership.verify(envelope.signature, of: envelope.payload, by: creator)
        else { return false }
        return self.officeHolders.contains { $0.isHeld(by: identity) }
    }
}
