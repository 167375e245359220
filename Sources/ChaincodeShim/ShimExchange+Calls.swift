import Chaincode
import ContractVM
import FabricMessages
import LedgerModel

/// Calls of other contracts (interop 9.8).
extension ShimExchange {
    /// The result is a whole message again, with the callee's response in it: the shims unwrap both.
    func invoke(_ request: Protos_ChaincodeSpec, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        let target = Self.target(request.chaincodeID.name)
        let response: Response
        do throws(ContractError) {
            response = try host.invoke(chaincode: target.chaincode, arguments: request.input.args.map(\.byteArray), channel: target.channel)
        } catch {
            throw .refused("execute failed: \(error)")
        }
        var content = Protos_Response()
        content.status = response.status
        content.message = response.message
        content.payload = response.payload.data
        return self.id.message(.completed, content.encoded()).encoded()
    }

    /// "name:version/channel", of which the version and the channel may be missing; the version is not looked at.
    static func target(_ text: String) -> (chaincode: String, channel: String) {
        let bytes = text.utf8
        let slash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
        let name = bytes[..<slash].prefix { $0 != UInt8(ascii: ":") }
        return (String(decoding: name, as: UTF8.self), String(decoding: bytes[slash...].dropFirst(), as: UTF8.self))
    }
}
