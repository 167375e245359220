import FabricMessages
import LedgerModel

/// What a request carries.
protocol ShimPayload {
    static func decode(_ bytes: [UInt8], as part: String) throws(MessageError) -> Self
}

extension Protos_GetState: ShimPayload {}
extension Protos_GetStateMultiple: ShimPayload {}
extension Protos_GetStateMetadata: ShimPayload {}
extension Protos_PutState: ShimPayload {}
extension Protos_DelState: ShimPayload {}
extension Protos_PutStateMetadata: ShimPayload {}
extension Protos_PurgePrivateState: ShimPayload {}
extension Protos_WriteBatchState: ShimPayload {}
extension Protos_GetStateByRange: ShimPayload {}
extension Protos_GetHistoryForKey: ShimPayload {}
extension Protos_GetQueryResult: ShimPayload {}
extension Protos_QueryStateNext: ShimPayload {}
extension Protos_QueryStateClose: ShimPayload {}
extension Protos_ChaincodeSpec: ShimPayload {}
extension Protos_QueryMetadata: ShimPayload {}
