/// The verdict on one transaction: a byte in slot 2 of the block's metadata, with Fabric's numbers and names (interop chapter 2).
package enum ValidationCode: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case valid = 0
    case nilEnvelope = 1
    case badPayload = 2
    case badCommonHeader = 3
    case badCreatorSignature = 4
    case invalidEndorserTransaction = 5
    case invalidConfigTransaction = 6
    case unsupportedTransactionPayload = 7
    case badProposalTransactionID = 8
    case duplicateTransactionID = 9
    case endorsementPolicyFailure = 10
    case mvccReadConflict = 11
    case phantomReadConflict = 12
    case unknownTransactionType = 13
    case targetChainNotFound = 14
    case marshalTransactionError = 15
    case nilTransactionAction = 16
    case expiredChaincode = 17
    case chaincodeVersionConflict = 18
    case badHeaderExtension = 19
    case badChannelHeader = 20
    case badResponsePayload = 21
    case badReadWriteSet = 22
    case illegalWriteSet = 23
    case invalidWriteSet = 24
    case invalidChaincode = 25
    case notValidated = 254
    case invalidOtherReason = 255

    /// Fabric's name of the code.
    package var name: String {
        switch self {
        case .valid: "VALID"
        case .nilEnvelope: "NIL_ENVELOPE"
        case .badPayload: "BAD_PAYLOAD"
        case .badCommonHeader: "BAD_COMMON_HEADER"
        case .badCreatorSignature: "BAD_CREATOR_SIGNATURE"
        case .invalidEndorserTransaction: "INVALID_ENDORSER_TRANSACTION"
        case .invalidConfigTransaction: "INVALID_CONFIG_TRANSACTION"
        case .unsupportedTransactionPayload: "UNSUPPORTED_TX_PAYLOAD"
        case .badProposalTransactionID: "BAD_PROPOSAL_TXID"
        case .duplicateTransactionID: "DUPLICATE_TXID"
        case .endorsementPolicyFailure: "ENDORSEMENT_POLICY_FAILURE"
        case .mvccReadConflict: "MVCC_READ_CONFLICT"
        case .phantomReadConflict: "PHANTOM_READ_CONFLICT"
        case .unknownTransactionType: "UNKNOWN_TX_TYPE"
        case .targetChainNotFound: "TARGET_CHAIN_NOT_FOUND"
        case .marshalTransactionError: "MARSHAL_TX_ERROR"
        case .nilTransactionAction: "NIL_TXACTION"
        case .expiredChaincode: "EXPIRED_CHAINCODE"
        case .chaincodeVersionConflict: "CHAINCODE_VERSION_CONFLICT"
        case .badHeaderExtension: "BAD_HEADER_EXTENSION"
        case .badChannelHeader: "BAD_CHANNEL_HEADER"
        case .badResponsePayload: "BAD_RESPONSE_PAYLOAD"
        case .badReadWriteSet: "BAD_RWSET"
        case .illegalWriteSet: "ILLEGAL_WRITESET"
        case .invalidWriteSet: "INVALID_WRITESET"
        case .invalidChaincode: "INVALID_CHAINCODE"
        case .notValidated: "NOT_VALIDATED"
        case .invalidOtherReason: "INVALID_OTHER_REASON"
        }
    }

    package var description: String { self.name }
}
