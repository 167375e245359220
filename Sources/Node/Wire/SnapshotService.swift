import FabricMessages
import FabricServices
import GRPCCore
import Identity
import LedgerModel

/// `protos.Snapshot`: administrators of the peer's organisation ask for snapshots of its ledgers, take requests back, and see what is pending.
package struct SnapshotService: RegistrableRPCService {
    /// Who asks for what, when it was checked.
    private struct Request {
        let channel: ChannelID
        let block: UInt64
    }

    private let now: @Sendable () -> Timestamp
    private let membership: MembershipService
    private let snapshots: @Sendable (ChannelID) -> SnapshotRequests?
    private let gate: ConcurrencyGate

    /// - Parameters:
    ///   - membership: The peer's organisation alone.
    ///   - snapshots: Of a channel's ledger; nil when the peer has not joined it.
    package init(_ context: WireContext, membership: MembershipService, snapshots: @escaping @Sendable (ChannelID) -> SnapshotRequests?) {
        self.now = context.now
        self.membership = membership
        self.snapshots = snapshots
        self.gate = ConcurrencyGate("/protos.Snapshot", limit: context.limits.gatewayCalls)
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        typealias Method = Protos_Snapshot.Method
        self.register(Method.Generate.descriptor, "submitrequest", with: &router) { snapshots, block in
            try await snapshots.submit(block)
            return WireFrame(head: [])
        }
        self.register(Method.Cancel.descriptor, "cancelrequest", with: &router) { snapshots, block in
            try await snapshots.cancel(block)
            return WireFrame(head: [])
        }
        self.register(Method.QueryPendings.descriptor, "listpending", with: &router) { snapshots, _ in
            var answer = Protos_QueryPendingSnapshotsResponse()
            answer.blockNumbers = snapshots.pendingBlocks
            return WireFrame(head: answer.encoded())
        }
    }

    private func register<Transport: ServerTransport>(
        _ method: MethodDescriptor, _ resource: String, with router: inout RPCRouter<Transport>,
        _ answer: @escaping @Sendable (SnapshotRequests, UInt64) async throws -> WireFrame
    ) {
        let (service, gate) = (self, self.gate)
        router.registerHandler(
            forMethod: method, deserializer: WireReader<Protos_SignedSnapshotRequest>(), serializer: WireFrameSerializer()
        ) { request, _ in
            let signed = try await ServerRequest(stream: request).message
            try gate.enter()
            defer { gate.leave() }
            do {
                let request = try service.check(signed, resource)
                guard !request.channel.isEmpty else { throw SnapshotRefusal("missing channel ID") }
                guard let snapshots = service.snapshots(request.channel) else {
                    throw SnapshotRefusal("cannot find ledger for channel \(request.channel)")
                }
                return StreamingServerResponse(single: ServerResponse(message: try await answer(snapshots, request.block)))
            } catch {
                throw RPCError(code: .unknown, message: "\(error)")
            }
        }
    }

    /// Reads a request, and lets nobody through but an administrator of the peer's organisation who signed it.
    private func check(_ signed: Protos_SignedSnapshotRequest, _ resource: String) throws -> Request {
        let message: Protos_SnapshotRequest
        do {
            // A query has the same fields but for the block's number.
            message = try Protos_SnapshotRequest.decode(signed.request, as: "snapshot request")
        } catch {
            throw SnapshotRefusal("failed to unmarshal snapshot request: \(error)")
        }
        guard message.hasSignatureHeader else { throw SnapshotRefusal("missing signature header") }
        let administrator: VerifiedIdentity
        do {
            administrator = try self.membership.verify(
                signed.signature.byteArray, of: signed.request.byteArray, by: message.signatureHeader.creator.byteArray)
        } catch {
            throw SnapshotRefusal("access denied to snapshot/\(resource): \(error)")
        }
        guard !administrator.isExpired(at: self.now()) else { throw SnapshotRefusal("client identity expired") }
        guard administrator.isAdmin else {
            throw SnapshotRefusal("access denied to snapshot/\(resource): the caller is no administrator of \(administrator.mspID)")
        }
        return Request(channel: ChannelID(message.channelID), block: message.blockNumber)
    }
}

/// Words as from Fabric's peers where they have some.
private struct SnapshotRefusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Protos_SignedSnapshotRequest: WireReadable {
    init(serialized bytes: UnsafeRawBufferPointer) throws(MessageError) { self = try Self.decode([UInt8](bytes), as: "signed snapshot request") }
}
