import FabricMessages

/// What a proposal touched, for whoever has to find its endorsers (`protos.ChaincodeInterest`); nobody signs it.
package struct ChaincodeInterest: Hashable, Sendable {
    /// One namespace, or one collection of it.
    package struct Touch: Hashable, Sendable {
        package var chaincode: Namespace
        package var collections: [CollectionName]
        /// Whether private values of the collections were only written: then their readers alone need not be asked.
        package var hasNoPrivateReads: Bool
        package var hasNoPublicWrites: Bool
        /// The policies of written keys that have their own, each a serialised `common.SignaturePolicyEnvelope`.
        package var keyPolicies: [[UInt8]]
        /// Whether those policies alone count: all written keys have one.
        package var disregardsNamespacePolicy: Bool

        package init(
            chaincode: Namespace, collections: [CollectionName] = [], hasNoPrivateReads: Bool = false, hasNoPublicWrites: Bool = false,
            keyPolicies: [[UInt8]] = [], disregardsNamespacePolicy: Bool = false
        ) {
            self.chaincode = chaincode
            self.collections = collections
            self.hasNoPrivateReads = hasNoPrivateReads
            self.hasNoPublicWrites = hasNoPublicWrites
            self.keyPolicies = keyPolicies
            self.disregardsNamespacePolicy = disregardsNamespacePolicy
        }
    }

    /// By namespace and collection in byte order, when made by an endorser of ours.
    package var touches: [Touch]

    package init(touches: [Touch]) {
        self.touches = touches
    }

    package init(message: Protos_ChaincodeInterest) {
        self.touches = message.chaincodes.map { call in
            Touch(
                chaincode: Namespace(call.name), collections: call.collectionNames.map { CollectionName($0) }, hasNoPrivateReads: call.noPrivateReads,
                hasNoPublicWrites: call.noPublicWrites, keyPolicies: call.keyPolicies.map { $0.encoded() },
                disregardsNamespacePolicy: call.disregardNamespacePolicy)
        }
    }

    /// - Throws: `MessageError` when a key's policy does not parse.
    func message() throws(MessageError) -> Protos_ChaincodeInterest {
        var message = Protos_ChaincodeInterest()
        for touch in self.touches {
            var call = Protos_ChaincodeCall()
            call.name = touch.chaincode.text
            call.collectionNames = touch.collections.map(\.text)
            call.noPrivateReads = touch.hasNoPrivateReads
            call.noPublicWrites = touch.hasNoPublicWrites
            for policy in touch.keyPolicies { call.keyPolicies.append(try Common_SignaturePolicyEnvelope.decode(policy, as: "key policy")) }
            call.disregardNamespacePolicy = touch.disregardsNamespacePolicy
            message.chaincodes.append(call)
        }
        return message
    }
}
