import FabricMessages

/// One named private input of a proposal; it never reaches the ledger.
package struct TransientEntry: Hashable, Sendable {
    package let name: String
    package let value: [UInt8]

    package init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// What a client asks a chaincode to do.
package struct ProposalPayload: Hashable, Sendable {
    /// A serialised `protos.ChaincodeInvocationSpec`, as received.
    package let input: [UInt8]
    /// Sorted by name.
    package let transient: [TransientEntry]

    package init(input: [UInt8], transient: [TransientEntry] = []) {
        self.input = input
        self.transient = transient.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
    }

    /// Makes the payload of an invocation.
    package init(chaincode: Namespace, arguments: [[UInt8]], isInit: Bool = false, transient: [TransientEntry] = []) {
        var message = Protos_ChaincodeInvocationSpec()
        message.chaincodeSpec.chaincodeID.name = chaincode.text
        message.chaincodeSpec.input.args = arguments.map(\.data)
        message.chaincodeSpec.input.isInit = isInit
        self.init(input: message.encoded(), transient: transient)
    }

    /// Reads a serialised `protos.ChaincodeProposalPayload`.
    package init(serialized: [UInt8]) throws(MessageError) {
        let message = try Protos_ChaincodeProposalPayload.decode(serialized, as: "proposal payload")
        self.init(
            input: message.input.byteArray, transient: message.transientMap.map { TransientEntry(name: $0.key, value: $0.value.byteArray) })
    }

    /// Fabric's bytes with transient data: what the client signs, inside the proposal.
    package func serialized() -> [UInt8] {
        var message = Protos_ChaincodeProposalPayload()
        message.input = self.input.data
        for entry in self.transient { message.transientMap[entry.name] = entry.value.data }
        return message.encoded()
    }

    /// Fabric's bytes with the input alone: what endorsers hash and the transaction carries (interop 4.3).
    package var withoutTransient: [UInt8] {
        var message = Protos_ChaincodeProposalPayload()
        message.input = self.input.data
        return message.encoded()
    }

    /// The chaincode and its arguments.
    package func invocation() throws(MessageError) -> ChaincodeCall {
        let message = try Protos_ChaincodeInvocationSpec.decode(self.input, as: "invocation spec")
        guard message.hasChaincodeSpec else { throw MessageError(part: "invocation spec", reason: "has no chaincode spec") }
        guard message.chaincodeSpec.hasInput else { throw MessageError(part: "invocation spec", reason: "has no input") }
        return ChaincodeCall(
            chaincode: Namespace(message.chaincodeSpec.chaincodeID.name), arguments: message.chaincodeSpec.input.args.map(\.byteArray),
            isInit: message.chaincodeSpec.input.isInit)
    }
}

/// A chaincode's name and the arguments of one call; the first is the function's name by custom.
package struct ChaincodeCall: Hashable, Sendable {
    package let chaincode: Namespace
    package let arguments: [[UInt8]]
    package let isInit: Bool

    package init(chaincode: Namespace, arguments: [[UInt8]], isInit: Bool = false) {
        self.chaincode = chaincode
        self.arguments = arguments
        self.isInit = isInit
    }
}

/// A proposal as a client signs it: two headers and the payload, kept as received because they are hashed.
package struct Proposal: Hashable, Sendable {
    package let channelHeaderBytes: [UInt8]
    package let signatureHeaderBytes: [UInt8]
    package let payloadBytes: [UInt8]

    package init(channelHeaderBytes: [UInt8], signatureHeaderBytes: [UInt8], payloadBytes: [UInt8]) {
        self.channelHeaderBytes = channelHeaderBytes
        self.signatureHeaderBytes = signatureHeaderBytes
        self.payloadBytes = payloadBytes
    }

    /// Reads a serialised `protos.Proposal`.
    package init(serialized: [UInt8]) throws(MessageError) {
        let message = try Protos_Proposal.decode(serialized, as: "proposal")
        let header = try Common_Header.decode(message.header, as: "proposal header")
        self.init(
            channelHeaderBytes: header.channelHeader.byteArray, signatureHeaderBytes: header.signatureHeader.byteArray,
            payloadBytes: message.payload.byteArray)
    }

    /// Fabric's bytes: what the client signs.
    package func serialized() -> [UInt8] {
        var header = Common_Header()
        header.channelHeader = self.channelHeaderBytes.data
        header.signatureHeader = self.signatureHeaderBytes.data
        var message = Protos_Proposal()
        message.header = header.encoded().data
        message.payload = self.payloadBytes.data
        return message.encoded()
    }
}

/// A proposal with its creator's signature.
package struct SignedProposal: Hashable, Sendable {
    /// A serialised `protos.Proposal`; the signature covers exactly these bytes.
    package let proposalBytes: [UInt8]
    package let signature: [UInt8]

    package init(proposalBytes: [UInt8], signature: [UInt8]) {
        self.proposalBytes = proposalBytes
        self.signature = signature
    }

    /// Fabric's bytes: a `protos.SignedProposal`.
    package func serialized() -> [UInt8] {
        var message = Protos_SignedProposal()
        message.proposalBytes = self.proposalBytes.data
        message.signature = self.signature.data
        return message.encoded()
    }

    /// Reads a serialised `protos.SignedProposal` that may lie in a larger buffer.
    package init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError) {
        if let plain = Self.plain(bytes) {
            self = plain
            return
        }
        let message = try Protos_SignedProposal.decode([UInt8](bytes), as: "signed proposal")
        self.init(proposalBytes: message.proposalBytes.byteArray, signature: message.signature.byteArray)
    }
}

/// A peer's answer to a proposal.
package struct ProposalResponse: Hashable, Sendable {
    package let response: ChaincodeResponse
    /// A serialised `ProposalResponsePayload`; empty when the peer refused.
    package let payload: [UInt8]
    /// Present only when the peer endorsed.
    package let endorsement: Endorsement?
    /// What the simulation touched; nil where none ran.
    package let interest: ChaincodeInterest?

    package init(response: ChaincodeResponse, payload: [UInt8], endorsement: Endorsement?, interest: ChaincodeInterest? = nil) {
        self.response = response
        self.payload = payload
        self.endorsement = endorsement
        self.interest = interest
    }

    /// The version that Fabric's peers write into an answer with an endorsement.
    private static let version: Int32 = 1

    /// Fabric's bytes: a `protos.ProposalResponse`.
    package func serialized() -> [UInt8] {
        var message = Protos_ProposalResponse()
        message.response = self.response.wireMessage
        message.payload = self.payload.data
        if let endorsement {
            message.version = Self.version
            message.endorsement.endorser = endorsement.endorser.data
            message.endorsement.signature = endorsement.signature.data
        }
        // A hint: an endorser puts no policy in it that it could not read, so nothing is lost here.
        if let interest, let hint = try? interest.message() { message.interest = hint }
        return message.encoded()
    }

    /// Reads a serialised `protos.ProposalResponse`.
    package init(serialized bytes: [UInt8]) throws(MessageError) {
        let message = try Protos_ProposalResponse.decode(bytes, as: "proposal response")
        self.init(
            response: ChaincodeResponse(message: message.response), payload: message.payload.byteArray,
            endorsement: message.hasEndorsement
                ? Endorsement(endorser: message.endorsement.endorser.byteArray, signature: message.endorsement.signature.byteArray) : nil,
            interest: message.hasInterest ? ChaincodeInterest(message: message.interest) : nil)
    }
}
