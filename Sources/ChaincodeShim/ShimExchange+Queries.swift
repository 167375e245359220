import Chaincode
import ContractVM
import FabricMessages
import LedgerModel

/// Queries with many results: ranges, pages and histories, in batches as Fabric's peers make them (interop 9.2, 9.3 and 9.5).
extension ShimExchange {
    mutating func openRange(_ request: Protos_GetStateByRange, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        let paging: Protos_QueryMetadata = try Self.read(request.metadata.byteArray)
        if !request.collection.utf8.isEmpty {
            let collection = try self.usable(request.collection, host)
            let entries = try Self.host { () throws(ContractError) in
                try host.privateEntries(from: request.startKey, to: request.endKey, collection: collection)
            }
            return try self.rest(entries[...], id: self.newQuery(), host)
        }
        if paging.pageSize != 0 || !paging.bookmark.utf8.isEmpty { return try self.page(request, paging, host) }
        let batch = try Self.host { () throws(ContractError) in try host.openRange(from: request.startKey, to: request.endKey) }
        return self.batch(batch, id: self.newQuery(), host)
    }

    mutating func openHistory(_ request: Protos_GetHistoryForKey, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        guard self.queries.count < ShimLimits.openHistories else {
            throw .refused("\(self.queries.count) queries are open, which is the limit; close those that are done")
        }
        return try self.history(of: request.key, from: "", id: self.newQuery(), host)
    }

    func query(_ request: Protos_GetQueryResult, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        let paging: Protos_QueryMetadata = try Self.read(request.metadata.byteArray)
        let isPaged = request.collection.utf8.isEmpty && (paging.pageSize != 0 || !paging.bookmark.utf8.isEmpty)
        throw .refused("\(isPaged ? "ExecuteQueryWithMetadata" : "ExecuteQuery") not supported for leveldb")
    }

    mutating func next(_ request: Protos_QueryStateNext, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        // What fails is closed.
        guard let query = self.queries.removeValue(forKey: request.id) else { throw .refused("query iterator not found") }
        switch query {
        case .range(let iterator):
            return self.batch(try Self.host { () throws(ContractError) in try host.nextBatch(of: iterator) }, id: request.id, host)
        case .history(let key, let bookmark): return try self.history(of: key, from: bookmark, id: request.id, host)
        case .rest(let entries): return try self.rest(entries, id: request.id, host)
        }
    }

    /// Closing what is not open is no error.
    mutating func close(_ request: Protos_QueryStateClose, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        if case .range(let iterator) = self.queries.removeValue(forKey: request.id) {
            try Self.host { () throws(ContractError) in try host.closeRange(iterator) }
        }
        return Self.response([], id: request.id, hasMore: false)
    }

    private mutating func newQuery() -> String {
        self.lastQuery += 1
        return String(self.lastQuery)
    }

    private mutating func batch(_ batch: RangeBatch, id: String, _ host: any ProcessHost) -> [UInt8] {
        if let iterator = batch.iterator { self.queries[id] = .range(iterator) }
        return Self.response(Self.results(batch.entries, host), id: id, hasMore: batch.iterator != nil)
    }

    /// One page, which is the whole answer; the bookmark is the key after it.
    private mutating func page(
        _ request: Protos_GetStateByRange, _ paging: Protos_QueryMetadata, _ host: any ProcessHost
    ) throws(RequestError) -> [UInt8] {
        let isBounded = paging.pageSize > 0 && paging.pageSize < ShimLimits.pageResults
        let page = try Self.host { () throws(ContractError) in
            try host.statePage(
                from: request.startKey, to: request.endKey, pageSize: isBounded ? paging.pageSize : ShimLimits.pageResults,
                bookmark: paging.bookmark)
        }
        var metadata = Protos_QueryResponseMetadata()
        metadata.fetchedRecordsCount = Int32(clamping: page.entries.count)
        metadata.bookmark = page.bookmark
        return Self.response(Self.results(page.entries, host), id: self.newQuery(), hasMore: false, metadata: metadata.encoded())
    }

    private mutating func history(of key: String, from bookmark: String, id: String, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        let page = try Self.host { () throws(ContractError) in
            try host.historyPage(of: key, pageSize: Int32(InvocationLimits.rangeBatch), bookmark: bookmark)
        }
        let hasMore = !page.bookmark.utf8.isEmpty
        if hasMore { self.queries[id] = .history(key: key, bookmark: page.bookmark) }
        let results = page.entries.map { entry in
            var change = Queryresult_KeyModification()
            change.txID = entry.transactionID
            change.value = entry.value.data
            change.timestamp.seconds = entry.timestamp.seconds
            change.timestamp.nanos = entry.timestamp.nanoseconds
            change.isDelete = entry.isDelete
            return change.encoded()
        }
        return Self.response(results, id: id, hasMore: hasMore)
    }

    private mutating func rest(_ entries: ArraySlice<StateEntry>, id: String, _ host: any ProcessHost) throws(RequestError) -> [UInt8] {
        let batch = entries.prefix(InvocationLimits.rangeBatch)
        let rest = entries.dropFirst(InvocationLimits.rangeBatch)
        if !rest.isEmpty { self.queries[id] = .rest(rest) }
        return Self.response(Self.results(Array(batch), host), id: id, hasMore: !rest.isEmpty)
    }

    private static func results(_ entries: [StateEntry], _ host: any ProcessHost) -> [[UInt8]] {
        entries.map { entry in
            var pair = Queryresult_KV()
            pair.namespace = host.chaincodeName
            pair.key = entry.key
            pair.value = entry.value.data
            return pair.encoded()
        }
    }

    private static func response(_ results: [[UInt8]], id: String, hasMore: Bool, metadata: [UInt8] = []) -> [UInt8] {
        var response = Protos_QueryResponse()
        response.results = results.map { bytes in
            var result = Protos_QueryResultBytes()
            result.resultBytes = bytes.data
            return result
        }
        response.hasMore_p = hasMore
        response.id = id
        response.metadata = metadata.data
        return response.encoded()
    }
}
