import FabricMessages

/// What a chaincode answers.
package struct ChaincodeResponse: Hashable, Sendable {
    /// 200 is success, from 400 an error.
    package var status: Int32
    package var message: String
    package var payload: [UInt8]

    package init(status: Int32, message: String = "", payload: [UInt8] = []) {
        self.status = status
        self.message = message
        self.payload = payload
    }

    package init(message: Protos_Response) {
        self.init(status: message.status, message: message.message, payload: message.payload.byteArray)
    }

    package var wireMessage: Protos_Response {
        var message = Protos_Response()
        message.status = self.status
        message.message = self.message
        message.payload = self.payload.data
        return message
    }
}

/// A notice that a chaincode attaches to its transaction.
package struct ChaincodeEvent: Hashable, Sendable {
    package var chaincode: Namespace
    package var transactionID: TransactionID
    package var name: String
    package var payload: [UInt8]

    package init(chaincode: Namespace, transactionID: TransactionID, name: String, payload: [UInt8]) {
        self.chaincode = chaincode
        self.transactionID = transactionID
        self.name = name
        self.payload = payload
    }

    /// Reads a serialised `protos.ChaincodeEvent`.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Protos_ChaincodeEvent.decode(serialized, as: "chaincode event")
        self.init(
            chaincode: Namespace(message.chaincodeID), transactionID: TransactionID(message.txID), name: message.eventName,
            payload: message.payload.byteArray)
    }

    /// Fabric's bytes.
    package func serialized() -> [UInt8] {
        var message = Protos_ChaincodeEvent()
        message.chaincodeID = self.chaincode.text
        message.txID = self.transactionID.text
        message.eventName = self.name
        message.payload = self.payload.data
        return message.encoded()
    }
}

/// The outcome of a simulation, as all endorsers must agree on it.
package struct ChaincodeAction: Hashable, Sendable {
    /// A serialised `rwset.TxReadWriteSet`.
    package var results: [UInt8]
    /// A serialised `protos.ChaincodeEvent`, or empty.
    package var events: [UInt8]
    package var response: ChaincodeResponse
    /// The chaincode invoked; nil when the action names none.
    package var chaincode: Namespace?
    /// The version of its committed definition; "syscc" for system chaincodes.
    package var chaincodeVersion: String

    package init(results: [UInt8], events: [UInt8], response: ChaincodeResponse, chaincode: Namespace?, chaincodeVersion: String) {
        self.results = results
        self.events = events
        self.response = response
        self.chaincode = chaincode
        self.chaincodeVersion = chaincodeVersion
    }

    /// Reads a serialised `protos.ChaincodeAction`.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Protos_ChaincodeAction.decode(serialized, as: "chaincode action")
        self.init(
            results: message.results.byteArray, events: message.events.byteArray, response: ChaincodeResponse(message: message.response),
            chaincode: message.hasChaincodeID ? Namespace(message.chaincodeID.name) : nil, chaincodeVersion: message.chaincodeID.version)
    }

    /// Fabric's bytes.
    package func serialized() -> [UInt8] {
        var message = Protos_ChaincodeAction()
        message.results = self.results.data
        message.events = self.events.data
        message.response = self.response.wireMessage
        if let chaincode {
            message.chaincodeID.name = chaincode.text
            message.chaincodeID.version = self.chaincodeVersion
        }
        return message.encoded()
    }
}

/// What endorsers sign: the proposal's hash and the outcome (interop 4.4).
package struct ProposalResponsePayload: Hashable, Sendable {
    package var proposalHash: [UInt8]
    /// A serialised `protos.ChaincodeAction`.
    package var actionBytes: [UInt8]

    package init(proposalHash: [UInt8], actionBytes: [UInt8]) {
        self.proposalHash = proposalHash
        self.actionBytes = actionBytes
    }

    /// Reads a serialised `protos.ProposalResponsePayload`.
    package init(serialized: [UInt8]) throws(MessageError) {
        if let plain = Self.plain(serialized) {
            self = plain
            return
        }
        let message = try Protos_ProposalResponsePayload.decode(serialized, as: "proposal response payload")
        self.init(proposalHash: message.proposalHash.byteArray, actionBytes: message.extension.byteArray)
    }

    /// Fabric's bytes.
    package func serialized() -> [UInt8] {
        var message = Protos_ProposalResponsePayload()
        message.proposalHash = self.proposalHash.data
        message.extension = self.actionBytes.data
        return message.encoded()
    }
}

/// One peer's signature under the outcome of a simulation.
package struct Endorsement: Hashable, Sendable {
    /// The peer's serialised identity, as received.
    package var endorser: [UInt8]
    /// Over the proposal response payload, then `endorser`.
    package var signature: [UInt8]

    package init(endorser: [UInt8], signature: [UInt8]) {
        self.endorser = endorser
        self.signature = signature
    }
}
