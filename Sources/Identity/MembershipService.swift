import CryptoPrimitives
import FabricMessages
import LedgerModel
import Synchronization

/// Judges the identities of one channel by the configurations of its organisations (interop 5.1).
///
/// Verdicts do not depend on the time, so they are remembered by the identity's bytes. Accepted and refused identities have memories of
/// their own: a stranger who sends many bad identities cannot push out the members.
package final class MembershipService: Sendable {
    private struct Memory: ~Copyable {
        var accepted = IdentityCache(capacity: Limits.acceptedIdentities)
        var refused = IdentityCache(capacity: Limits.refusedIdentities)
    }

    /// The organisations, in byte order.
    package let mspIDs: [MSPID]
    private let domains: [MSPID: MembershipDomain]
    private let verifier: any SignatureVerifying
    private let memory = Mutex(Memory())

    /// Prepares the organisations. One that appears twice with equal settings (as orderer and as application organisation) counts once.
    package init(
        _ configurations: [MSPConfiguration], supportsEd25519: Bool, verifier: any SignatureVerifying = DirectSignatureVerifier()
    ) throws(IdentityError) {
        var known: [MSPID: MSPConfiguration] = [:]
        var domains: [MSPID: MembershipDomain] = [:]
        for configuration in configurations {
            if let other = known[configuration.name] {
                guard other == configuration else { throw .duplicateMSP(configuration.name) }
                continue
            }
            known[configuration.name] = configuration
            domains[configuration.name] = try MembershipDomain(configuration, supportsEd25519: supportsEd25519)
        }
        self.domains = domains
        self.mspIDs = domains.keys.sorted()
        self.verifier = verifier
    }

    /// The identity that the bytes name, when its organisation vouches for it. Expiry is not looked at.
    package func identity(_ serialized: [UInt8]) throws(IdentityError) -> VerifiedIdentity {
        // Checked before the bytes become a key, so that nothing large is ever remembered.
        guard serialized.count <= Limits.serializedIdentityBytes else {
            throw .malformed(reason: "\(serialized.count) bytes is over the limit of \(Limits.serializedIdentityBytes)")
        }
        let key = IdentityCache.Key(serialized)
        let remembered = self.memory.withLock { $0.accepted.verdict(on: key) ?? $0.refused.verdict(on: key) }
        if let remembered { return try remembered.get() }
        let verdict = self.judge(serialized)
        self.memory.withLock { memory in
            switch verdict {
            case .success: memory.accepted.remember(verdict, on: key)
            case .failure: memory.refused.remember(verdict, on: key)
            }
        }
        return try verdict.get()
    }

    private func judge(_ serialized: [UInt8]) -> Result<VerifiedIdentity, IdentityError> {
        do throws(IdentityError) {
            let message: Msp_SerializedIdentity
            do {
                message = try Msp_SerializedIdentity.decode(serialized, as: "identity")
            } catch {
                throw .malformed(reason: error.reason)
            }
            let mspID = MSPID(message.mspid)
            guard let domain = self.domains[mspID] else { throw .unknownMSP(mspID) }
            let certificate: Certificate
            do {
                certificate = try Certificate(pem: message.idBytes.byteArray)
            } catch {
                throw .malformed(reason: "certificate of '\(mspID)': \(error)")
            }
            return .success(try domain.identity(certificate))
        } catch {
            return .failure(error)
        }
    }

    /// Signs, and remembers that the signature is right: whoever endorses a transaction will find its own endorsement in a block.
    package func sign(_ message: [UInt8], as identity: SigningIdentity) throws(CryptoError) -> [UInt8] {
        let signature = try identity.sign(message)
        self.verifier.noteOwn(signature, of: message, by: identity.certificate.publicKey)
        return signature
    }

    /// The identity that the bytes name, when it is valid and made the signature.
    package func verify(_ signature: [UInt8], of message: [UInt8], by serialized: [UInt8]) throws(IdentityError) -> VerifiedIdentity {
        let identity = try self.identity(serialized)
        guard self.verifier.isValid(signature, of: message, by: identity.publicKey) else { throw .badSignature(identity.mspID) }
        return identity
    }

    /// The signers that count for a policy (interop 5.3, step 1), in input order: invalid ones, repeated ones and wrong signatures are left out.
    ///
    /// Repetition is judged by certificate: two texts of one certificate are one signer.
    package func acceptedIdentities(_ signed: [SignedMessage]) -> [VerifiedIdentity] {
        var accepted: [VerifiedIdentity] = []
        accepted.reserveCapacity(min(signed.count, Limits.fewSigners))
        // A few are looked through faster than hashed; nobody may make this quadratic, so many are hashed.
        var ids: Set<IdentityID> = []
        let areFew = signed.count <= Limits.fewSigners
        for entry in signed {
            guard let identity = try? self.identity(entry.identity) else { continue }
            guard !(areFew ? accepted.contains { $0.id == identity.id } : ids.contains(identity.id)) else { continue }
            guard self.verifier.isValid(entry.signature, of: entry.message, by: identity.publicKey) else { continue }
            if !areFew { ids.insert(identity.id) }
            accepted.append(identity)
        }
        return accepted
    }
}
