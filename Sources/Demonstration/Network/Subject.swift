import CryptoPrimitives
import Identity
import LedgerModel
import SelvageClient

/// Somebody in the registry: a certificate to act with, and the keys that the registry names.
struct Subject {
    /// The subject's id in the registry; random for a patient.
    let id: String
    let role: String
    let identity: SigningIdentity
    let unsealing: UnsealingKey
    let gateway: Gateway

    /// The certificate's fingerprint, as the registry knows it.
    var certificate: String { Base16.encode(self.identity.certificate.sha256) }
    var signingKey: String { Base16.encode(self.identity.certificate.publicKey.x963) }
    var sealingKey: String { Base16.encode(self.unsealing.sealingKey.x963) }
}

/// A record on its way: the bundle, whose it is, and what was sealed of it.
struct Consignment {
    let record: MedicalRecord
    let patient: Subject
    let doctor: Subject
    var upload: SealedUpload
}
