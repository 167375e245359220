import CryptoPrimitives
import LedgerModel

/// A block as etcd holds it: in one value, or as a head whose envelopes are in parts; all integers big-endian.
///
///     value     = whole | head
///     whole     = 01 | serialised common.Block
///     head      = 02 | size u64 | count u16 | serialised common.Block without envelopes       size of the body, number of parts
///     body      = envelope*                      cut into `count` parts of 1 MiB, the last one shorter
///     envelope  = length u32 | serialised common.Envelope
///
/// Parts are named by the block's header, which holds a hash of the envelopes: two consenters that make parts of one name write the same bytes.
package enum EtcdBlockFormat {
    /// What is written for one block: the parts first, then the value.
    package struct Record: Hashable, Sendable {
        package let value: [UInt8]
        package let parts: [[UInt8]]
    }

    /// What a value says.
    package enum Content: Hashable, Sendable {
        case whole(OrderedBlock)
        /// The block without envelopes, the size of its body and the number of parts.
        case head(OrderedBlock, bodyBytes: Int, parts: Int)
    }

    private static let whole: UInt8 = 1
    private static let head: UInt8 = 2

    package static func record(of block: OrderedBlock, wholeBytes: Int = EtcdLimits.wholeBlockBytes, partBytes: Int = EtcdLimits.partBytes) -> Record
    {
        let serialized = block.serialized()
        guard serialized.count > wholeBytes else { return Record(value: [self.whole] + serialized, parts: []) }
        var body: [UInt8] = []
        for envelope in block.envelopes {
            body.append(bigEndian: UInt32(clamping: envelope.count))
            body += envelope
        }
        let parts = stride(from: 0, to: body.count, by: partBytes).map { Array(body[$0..<min($0 + partBytes, body.count)]) }
        var value: [UInt8] = [self.head]
        value.append(bigEndian: UInt64(body.count))
        value.append(bigEndian: UInt16(clamping: parts.count))
        let bare = OrderedBlock(
            number: block.number, previousHash: block.previousHash, dataHash: block.dataHash, envelopes: [], metadata: block.metadata)
        return Record(value: value + bare.serialized(), parts: parts)
    }

    /// Reads a value.
    package static func content(of value: [UInt8]) throws(MessageError) -> Content {
        func refuse(_ reason: String) -> MessageError { MessageError(part: "block in etcd", reason: reason) }
        switch value.first {
        case self.whole: return .whole(try OrderedBlock(serialized: Array(value.dropFirst())))
        case self.head:
            guard value.count > 11 else { throw refuse("is cut short") }
            let size = value[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let count = Int(value[9]) << 8 | Int(value[10])
            guard size <= UInt64(LedgerModelLimits.blockBytes), count <= EtcdLimits.parts else { throw refuse("is larger than a block may be") }
            return .head(try OrderedBlock(serialized: Array(value[11...])), bodyBytes: Int(size), parts: count)
        case let version: throw refuse("has the unknown version \(version.map(String.init) ?? "of nothing")")
        }
    }

    /// Joins a block's head and its parts.
    ///
    /// - Throws: `MessageError` when they do not make up the body; whether it is the block's own tells its data hash.
    package static func block(_ head: OrderedBlock, bodyBytes: Int, parts: [[UInt8]]) throws(MessageError) -> OrderedBlock {
        func refuse(_ reason: String) -> MessageError { MessageError(part: "body of block \(head.number) in etcd", reason: reason) }
        let body = Array(parts.joined())
        guard body.count == bodyBytes else { throw refuse("has \(body.count) bytes of \(bodyBytes)") }
        var envelopes: [[UInt8]] = []
        var offset = 0
        while offset < body.count {
            guard body.count - offset >= 4 else { throw refuse("ends inside an envelope") }
            let length = Int(body[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
            offset += 4
            guard length <= body.count - offset else { throw refuse("ends inside an envelope") }
            envelopes.append(Array(body[offset..<offset + length]))
            offset += length
        }
        return OrderedBlock(
            number: head.number, previousHash: head.previousHash, dataHash: head.dataHash, envelopes: envelopes, metadata: head.metadata)
    }
}
