/// What a member says the state is after a block.
package struct Attestation: Hashable, Sendable {
    package let height: UInt64
    /// Id of the block of that height.
    package let blockID: BlockID
    /// 32 bytes.
    package let stateRoot: [UInt8]
    /// Root over the validation codes, 32 bytes.
    package let validityRoot: [UInt8]

    package init(height: UInt64, blockID: BlockID, stateRoot: [UInt8], validityRoot: [UInt8]) {
        self.height = height
        self.blockID = blockID
        self.stateRoot = stateRoot
        self.validityRoot = validityRoot
    }
}

/// An attestation with its author and signature.
package struct SignedAttestation: Hashable, Sendable {
    package let attestation: Attestation
    /// Consenter id.
    package let signer: UInt32
    package let signature: [UInt8]

    package init(attestation: Attestation, signer: UInt32, signature: [UInt8]) {
        self.attestation = attestation
        self.signer = signer
        self.signature = signature
    }
}

/// What a member answered to a query about the state, in words that it can be held to.
package struct StateAnswer: Hashable, Sendable {
    package let query: [UInt8]
    package let height: UInt64
    package let result: [UInt8]
    /// Names the certified state that the answer is about, 32 bytes.
    package let checkpoint: [UInt8]

    package init(query: [UInt8], height: UInt64, result: [UInt8], checkpoint: [UInt8]) {
        self.query = query
        self.height = height
        self.result = result
        self.checkpoint = checkpoint
    }
}

/// An answer with its author and signature.
package struct SignedStateAnswer: Hashable, Sendable {
    package let answer: StateAnswer
    /// Consenter id.
    package let signer: UInt32
    package let signature: [UInt8]

    package init(answer: StateAnswer, signer: UInt32, signature: [UInt8]) {
        self.answer = answer
        self.signer = signer
        self.signature = signature
    }
}
