import Chaincode

/// The registry of institutions, doctors and patients with their public keys: register, rotate, revoke, look up (chaincode-specs/registry).
///
/// Patients are known by a random id only; nothing in the state names a person.
package struct RegistryContract: Contract {
    package let name = MedicalContracts.registry
    package let summary = "Institutions, doctors and patients with their public keys; patients under random ids."

    package init() {}

    package var transactions: [Transaction] { [register, rotate, revoke, lookup, lookupCaller, lookupKey, list] }

    private var register: Transaction {
        Transaction.submit(
            "register", Parameter<String>("subject", description: "the id: 32 random hexadecimal digits for a patient, otherwise a word"),
            Parameter<String>("role", description: "institution, doctor or patient"),
            Parameter<String>("certificate", description: "SHA-256 of the DER certificate that will act for the subject, hexadecimal"),
            Parameter<String>("signingKey", description: "P-256 public key, uncompressed point, hexadecimal"),
            Parameter<String>("sealingKey", description: "P-256 public key, uncompressed point, hexadecimal"),
            Parameter<String>("signingProof", description: "signature of the signing key over the possession message, DER, hexadecimal"),
            Parameter<String>("sealingProof", description: "signature of the sealing key over the possession message, DER, hexadecimal"),
            Parameter<JSONValue>("validity", description: "{\"from\": seconds, \"until\": seconds}"),
            body: Registration.register
        ).described("Registers a subject with proofs that it holds the private halves of both keys; returns the entry.")
    }

    private var rotate: Transaction {
        Transaction.submit(
            "rotate", Parameter<String>("subject", description: "the id"),
            Parameter<String>("certificate", description: "fingerprint of the certificate that acts from now on, hexadecimal"),
            Parameter<String>("signingKey", description: "the new key, hexadecimal"),
            Parameter<String>("sealingKey", description: "the new key, hexadecimal"),
            Parameter<String>("signingProof", description: "signature of the new signing key over the possession message, hexadecimal"),
            Parameter<String>("sealingProof", description: "signature of the new sealing key over the possession message, hexadecimal"),
            Parameter<String>("authorization", description: "signature of the old signing key over the rotation message, hexadecimal"),
            Parameter<JSONValue>("validity", description: "{\"from\": seconds, \"until\": seconds}"),
            body: Rotation.rotate
        ).described("Replaces the keys with the old key's signature and proofs for the new ones; returns the entry.")
    }

    private var revoke: Transaction {
        Transaction.submit(
            "revoke", Parameter<String>("subject", description: "the id"),
            Parameter<String>("reason", description: "unspecified, key-compromise, superseded or cessation"), body: Rotation.revoke
        ).described("Revokes a subject for ever; returns the entry.")
    }

    private var lookup: Transaction {
        Transaction.evaluate("lookup", Parameter<String>("subject", description: "the id"), body: Lookup.lookup)
            .described("The entry of a subject with its status at the transaction's time.")
    }

    private var lookupCaller: Transaction {
        Transaction.evaluate("lookupCaller", body: Lookup.lookupCaller)
            .described("The entry whose certificate signed this proposal, with its status.")
    }

    private var lookupKey: Transaction {
        Transaction.evaluate(
            "lookupKey", Parameter<String>("subject", description: "the id"),
            Parameter<Int64>("keyVersion", description: "the number of the key pair, from 1"), body: Lookup.lookupKey
        ).described("A past or present key pair of a subject with the time of its use.")
    }

    private var list: Transaction {
        Transaction.evaluate(
            "list", Parameter<Int64>("pageSize", description: "1 to 100"),
            Parameter<String>("bookmark", description: "empty, or the bookmark of the page before"), body: Lookup.list
        ).described("All entries in the order of their ids, in pages.")
    }
}
