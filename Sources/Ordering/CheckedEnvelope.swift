import LedgerModel

/// An envelope that passed `BroadcastChecks`: only they make one, so nothing unchecked gets into a block.
package struct CheckedEnvelope: Hashable, Sendable {
    /// Freshly encoded, as it will stand in a block.
    package let serialized: [UInt8]
    /// SHA-256 of `serialized`.
    package let digest: [UInt8]
    /// How batches count it: payload and signature (interop 7.2).
    package let sizeBytes: Int
    /// A configuration is alone in its block.
    package let isConfiguration: Bool
    /// As the channel header says; of a request for another configuration `ConfigurationRequest.id`.
    package let transactionID: TransactionID
    /// Whether the id is the hash of nonce and creator, or of the whole request. Without that anyone could take an id that somebody else is about to use.
    package let hasDerivedID: Bool
    /// As the channel header says.
    package let timestamp: Timestamp?
    /// SHA-256 of the creator's serialised identity.
    package let creator: [UInt8]
    /// Whether it speaks to the reserved contract of the committee.
    package let isGovernance: Bool
    /// Whether it asks for another configuration; then a configuration goes into a block in its place.
    package let isUpdate: Bool
    /// The number of the configuration that it was judged by.
    package let configurationSequence: UInt64

    init(
        serialized: [UInt8], digest: [UInt8], sizeBytes: Int, isConfiguration: Bool = false, transactionID: TransactionID,
        hasDerivedID: Bool = true, timestamp: Timestamp? = nil, creator: [UInt8] = [], isGovernance: Bool = false,
        isUpdate: Bool = false, configurationSequence: UInt64 = 0
    ) {
        self.serialized = serialized
        self.digest = digest
        self.sizeBytes = sizeBytes
        self.isConfiguration = isConfiguration
        self.transactionID = transactionID
        self.hasDerivedID = hasDerivedID
        self.timestamp = timestamp
        self.creator = creator
        self.isGovernance = isGovernance
        self.isUpdate = isUpdate
        self.configurationSequence = configurationSequence
    }
}

/// Envelopes that shall be one block, in order; never empty.
package struct Batch: Hashable, Sendable {
    package let envelopes: [CheckedEnvelope]

    init(_ envelopes: [CheckedEnvelope]) {
        self.envelopes = envelopes
    }

    /// Whether it is one configuration.
    package var isConfiguration: Bool { self.envelopes.count == 1 && self.envelopes[0].isConfiguration }

    /// Payload and signature bytes of all envelopes.
    package var sizeBytes: Int { self.envelopes.reduce(0) { $0 + $1.sizeBytes } }
}
