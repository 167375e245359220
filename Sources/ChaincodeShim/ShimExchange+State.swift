import Chaincode
import ContractVM
import FabricMessages
import LedgerModel

/// Keys one by one: reads, writes, metadata, and the private data of the node's own organisation.
extension ShimExchange {
    func getState(_ request: Protos_GetState, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        try self.value(of: request.key, collection: request.collection, host) ?? []
    }

    func getStates(_ request: Protos_GetStateMultiple, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        var result = Protos_GetStateMultipleResult()
        var size = 0
        for key in request.keys {
            let value = try self.value(of: key, collection: request.collection, host) ?? []
            size += value.count
            // What cannot be sent is not collected either.
            guard size <= ShimLimits.messageBytes else { throw .refused("the values have more bytes than a message may have; ask for fewer keys") }
            result.values.append(value.data)
        }
        return result.encoded()
    }

    func getPrivateHash(_ request: Protos_GetState, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        guard !host.isInit else { throw .refused(Self.notInInit) }
        guard !request.collection.utf8.isEmpty else { throw .refused("collection must not be an empty string") }
        let collection = CollectionName(request.collection)
        try self.require(collection, host)
        return try Self.host { () throws(ContractError) in try host.privateHash(of: StateKey(request.key), collection: collection) ?? [] }
    }

    func getMetadata(_ request: Protos_GetStateMetadata, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        guard request.collection.utf8.isEmpty else { throw .refused(Self.noPrivateMetadata) }
        var result = Protos_StateMetadataResult()
        result.entries = try Self.host { () throws(ContractError) in try host.metadata(of: request.key) }.map { entry in
            var message = Protos_StateMetadata()
            message.metakey = entry.name
            message.value = entry.value.data
            return message
        }
        return result.encoded()
    }

    func put(_ request: Protos_PutState, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        try self.set(request.value.byteArray, at: request.key, collection: request.collection, host)
    }

    func delete(_ request: Protos_DelState, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        try self.set([], at: request.key, collection: request.collection, host)
    }

    func putMetadata(_ request: Protos_PutStateMetadata, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        guard request.collection.utf8.isEmpty else { throw .refused(Self.noPrivateMetadata) }
        let entry = MetadataEntry(name: request.metadata.metakey, value: request.metadata.value.byteArray)
        try Self.host { () throws(ContractError) in try host.setMetadata([entry], of: request.key) }
        return []
    }

    func purge(_ request: Protos_PurgePrivateState, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        guard !request.collection.utf8.isEmpty else { throw .refused("only applicable for private data") }
        throw .refused("this peer does not purge private data; delete it instead")
    }

    /// Records in their order; the first that fails ends the batch, and those before it stay.
    func write(_ request: Protos_WriteBatchState, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        for record in request.rec {
            switch record.type {
            case .putState: _ = try self.set(record.value.byteArray, at: record.key, collection: record.collection, host)
            case .delState: _ = try self.set([], at: record.key, collection: record.collection, host)
            case .putStateMetadata:
                var change = Protos_PutStateMetadata()
                change.key = record.key
                change.collection = record.collection
                change.metadata = record.metadata
                _ = try self.putMetadata(change, host)
            case .purgePrivateData:
                var change = Protos_PurgePrivateState()
                change.key = record.key
                change.collection = record.collection
                _ = try self.purge(change, host)
            default: throw .refused("unknown operation type")
            }
        }
        return []
    }

    private func value(of key: String, collection: String, _ host: any ProcessHost) throws(RequestError) -> [UInt8]? {
        guard !collection.utf8.isEmpty else { return try Self.host { () throws(ContractError) in try host.getState(key) } }
        let collection = try self.usable(collection, host)
        return try Self.host { () throws(ContractError) in try host.getPrivate(StateKey(key), collection: collection) }
    }

    private func set(_ value: [UInt8], at key: String, collection: String, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        guard !collection.utf8.isEmpty else {
            try Self.host { () throws(ContractError) in try host.putState(key, value) }
            return []
        }
        let collection = try self.usable(collection, host)
        try Self.host { () throws(ContractError) in try host.putPrivate(value, at: StateKey(key), collection: collection) }
        return []
    }

    private static let notInInit = "private data APIs are not allowed in chaincode Init()"
    private static let noPrivateMetadata = "this peer keeps no metadata of private keys"

    /// In the words of Fabric's peers.
    private func require(_ collection: CollectionName, _ host: any ProcessHost) throws(RequestError) {
        guard try Self.host({ () throws(ContractError) in try host.hasCollection(collection) }) else {
            throw .refused("collection [\(collection)] not defined in the collection config for chaincode [\(host.chaincodeName)]")
        }
    }

    /// The implicit collection of the node's own organisation is the one whose values stay where they are endorsed.
    func usable(_ collection: String, _ host: any ProcessHost) throws(RequestError) -> CollectionName {
        guard !host.isInit else { throw .refused(Self.notInInit) }
        let name = CollectionName(collection)
        try self.require(name, host)
        guard let organization = host.organization, name == .implicit(of: organization) else {
            throw .refused(
                "collection \(name) cannot be read or written here: this peer gives private data to no other, so it has only the implicit "
                    + "collection of its own organisation; hashes can be read of all")
        }
        return name
    }
}
