import FabricMessages
import GRPCCore

/// Why a call of the gateway gives nothing, with what the other nodes said (interop 12.2).
struct GatewayFailure: Error, Equatable, CustomStringConvertible {
    let code: RPCError.Code
    let message: String
    var details: [Gateway_ErrorDetail] = []

    init(_ code: RPCError.Code, _ message: String, details: [Gateway_ErrorDetail] = []) {
        self.code = code
        self.message = message
        self.details = details
    }

    var description: String { "\(self.code): \(self.message)" }

    private static let detailsKey = "grpc-status-details-bin"
    private static let detailType = "type.googleapis.com/gateway.ErrorDetail"

    /// What goes to the client.
    var rpcError: RPCError {
        var metadata = Metadata()
        if !self.details.isEmpty { metadata.addBinary(self.status, forKey: Self.detailsKey) }
        return RPCError(code: self.code, message: self.message, metadata: metadata)
    }

    /// A `google.rpc.Status`: 1 code, 2 message, 3 the details, each an `Any` {1 type, 2 value}.
    private var status: [UInt8] {
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { WireFrame.lengthPrefix(tag: number << 3 | 2, bytes.count) + bytes }
        var status = [1 << 3] + WireFrame.varint(UInt64(self.code.rawValue)) + field(2, Array(self.message.utf8))
        for detail in self.details { status += field(3, field(1, Array(Self.detailType.utf8)) + field(2, detail.encoded())) }
        return status
    }

    /// Any error of a handler: what is not the gateway's own is somebody else's.
    static func rpcError(of error: any Error) -> RPCError {
        switch error {
        case let failure as GatewayFailure: failure.rpcError
        case let error as RPCError: error
        case is CancellationError: RPCError(code: .cancelled, message: "the call was given up")
        default: RPCError(code: .aborted, message: "\(error)")
        }
    }
}

extension Gateway_ErrorDetail {
    init(address: String, mspID: String, message: String) {
        self.init()
        self.address = address
        self.mspID = mspID
        self.message = message
    }
}
