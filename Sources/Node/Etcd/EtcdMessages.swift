import EtcdServices
import LedgerModel
import Ordering
import SwiftProtobuf

extension EtcdTransaction {
    /// etcd's message.
    var message: Etcdserverpb_TxnRequest {
        var message = Etcdserverpb_TxnRequest()
        message.compare = self.compares.map { compare in
            var item = Etcdserverpb_Compare()
            item.result = .equal
            item.key = compare.key.data
            switch compare.target {
            case .createRevision:
                item.target = .create
                item.createRevision = compare.revision
            case .modRevision:
                item.target = .mod
                item.modRevision = compare.revision
            }
            return item
        }
        message.success = self.success.map(\.message)
        message.failure = self.failure.map(\.message)
        return message
    }
}

extension EtcdOperation {
    fileprivate var message: Etcdserverpb_RequestOp {
        var message = Etcdserverpb_RequestOp()
        switch self {
        case .put(let key, let value, let lease):
            message.requestPut.key = key.data
            message.requestPut.value = value.data
            message.requestPut.lease = lease
        case .get(let key, let end, let limit):
            message.requestRange.key = key.data
            message.requestRange.rangeEnd = end.data
            message.requestRange.limit = limit
        case .delete(let key, let end):
            message.requestDeleteRange.key = key.data
            message.requestDeleteRange.rangeEnd = end.data
        }
        return message
    }
}

extension EtcdAnswer {
    init(_ message: Etcdserverpb_TxnResponse) {
        self.init(
            succeeded: message.succeeded, revision: message.header.revision,
            results: message.responses.map { $0.responseRange.kvs.map(EtcdKeyValue.init) })
    }
}

extension EtcdKeyValue {
    init(_ message: Mvccpb_KeyValue) {
        self.init(
            key: [UInt8](message.key), value: [UInt8](message.value), createRevision: message.createRevision, modRevision: message.modRevision,
            lease: message.lease)
    }
}
