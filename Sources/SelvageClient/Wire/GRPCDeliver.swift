import FabricMessages
import FabricServices
import GRPCCore
import LedgerModel

/// The blocks of a channel from one node, ours or a stock one: `protos.Deliver` of peers, `orderer.AtomicBroadcast/Deliver` of ordering nodes.
package struct GRPCDeliver: Sendable {
    package enum Form: Sendable {
        /// Whole blocks of a peer.
        case block
        /// Ids, verdicts and events of a peer's blocks.
        case filtered
        /// Whole blocks of an ordering node, which have no verdicts.
        case ordered
    }

    package enum Item: Sendable {
        /// A serialised `common.Block`.
        case block([UInt8])
        case filtered(Protos_FilteredBlock)
        /// The `common.Status` number with which a seek ends: 200 when all was sent.
        case ended(Int)
    }

    private let connection: NodeConnection
    private let form: Form

    package init(_ connection: NodeConnection, _ form: Form) {
        self.connection = connection
        self.form = form
    }

    /// Reads until the node ends the stream or `take` says that it is enough.
    ///
    /// - Throws: What `take` throws; `NodeConnectionError` for what goes wrong at the node and on the way; `CancellationError`.
    package func read(
        _ seek: SeekRequest, of channel: ChannelID, by identity: ClientIdentity, host: some ClientEnvironment,
        take: @Sendable (Item) async throws -> EventDemand
    ) async throws {
        let request = try seek.envelope(channel, by: identity, certificateHash: self.connection.certificateHash, host: host)
        let (connection, form) = (self.connection, self.form)
        do {
            try await withoutActuallyEscaping(take) { take in
                try await connection.stream { client in
                    try await client.bidirectionalStreaming(
                        request: StreamingClientRequest { try await $0.write(request) }, descriptor: form.method, serializer: BytesCoding(),
                        deserializer: BytesCoding(), options: connection.options(hasDeadline: false)
                    ) { response in
                        for try await message in response.messages where try await take(form.item(message)) == .enough { return }
                    }
                }
            }
        } catch let error as RPCError {
            // A Deliver stream tells its own refusals as a status; what comes so is of the node or the way.
            throw NodeConnectionError.reason(error, node: connection.name, address: connection.address)
        }
    }
}

extension GRPCDeliver.Form {
    fileprivate var method: MethodDescriptor {
        switch self {
        case .block: Protos_Deliver.Method.Deliver.descriptor
        case .filtered: Protos_Deliver.Method.DeliverFiltered.descriptor
        case .ordered: Orderer_AtomicBroadcast.Method.Deliver.descriptor
        }
    }

    fileprivate func item(_ bytes: [UInt8]) throws(MessageError) -> GRPCDeliver.Item {
        switch self {
        case .ordered:
            switch try Orderer_DeliverResponse.decode(bytes, as: "deliver response").type {
            case .block(let block): return .block(block.encoded())
            case .status(let status): return .ended(status.rawValue)
            case nil: throw MessageError(part: "deliver response", reason: "is empty")
            }
        case .block, .filtered:
            switch try Protos_DeliverResponse.decode(bytes, as: "deliver response").type {
            case .block(let block): return .block(block.encoded())
            case .filteredBlock(let block): return .filtered(block)
            case .status(let status): return .ended(status.rawValue)
            case .blockAndPrivateData, nil: throw MessageError(part: "deliver response", reason: "is not what was asked for")
            }
        }
    }
}

extension NodeConnection {
    /// Makes a call that gives messages one after the other; what its reader throws comes out as it is.
    ///
    /// - Throws: `RPCError` for what the node itself says, `NodeConnectionError` for what goes wrong on the way, `CancellationError`.
    func stream(_ body: (Client) async throws -> Void) async throws {
        let outcome = try await self.call { client -> Result<Void, any Error> in
            do {
                return .success(try await body(client))
            } catch {
                return .failure(error)
            }
        }
        switch outcome {
        case .success: return
        case .failure(let error as RPCError): throw self.explain(error)
        case .failure(let error): throw error
        }
    }
}
