import FabricMessages
import LedgerModel

/// In which form Deliver sends a block; each is a `DeliverResponse`, of the orderer's or the peer's package, which agree in fields 1 and 2.
enum DeliverForm: Equatable, Sendable {
    /// As it is stored.
    case whole
    /// With an empty map of private data: private data in the clear are not given out.
    case withPrivateData
    /// What became of each transaction.
    case filtered

    private static let statusTag: UInt8 = 1 << 3
    private static let blockTag: UInt8 = 2 << 3 | 2
    private static let filteredTag: UInt8 = 3 << 3 | 2
    private static let privateTag: UInt8 = 4 << 3 | 2
    /// Of the block in `BlockAndPrivateData`.
    private static let innerTag: UInt8 = 1 << 3 | 2

    /// The end of a seek, or of the stream.
    static func status(_ status: Int32) -> WireFrame {
        WireFrame(head: [self.statusTag] + WireFrame.varint(UInt64(max(status, 0))))
    }

    /// - Parameters:
    ///   - stored: A `common.Block`.
    ///   - withoutData: Leaves the transactions out of all but configuration blocks.
    func frame(_ stored: [UInt8], channel: ChannelID, withoutData: Bool) throws(MessageError) -> WireFrame {
        switch self {
        case .whole:
            let block = withoutData ? try Self.withoutData(stored) : stored
            return WireFrame(head: WireFrame.lengthPrefix(tag: Self.blockTag, block.count), body: block)
        case .withPrivateData:
            let block = withoutData ? try Self.withoutData(stored) : stored
            let inner = WireFrame.lengthPrefix(tag: Self.innerTag, block.count)
            return WireFrame(head: WireFrame.lengthPrefix(tag: Self.privateTag, inner.count + block.count) + inner, body: block)
        case .filtered:
            let block = try FilteredBlock(OrderedBlock(serialized: stored), channel: channel).message.encoded()
            return WireFrame(head: WireFrame.lengthPrefix(tag: Self.filteredTag, block.count), body: block)
        }
    }

    private static func withoutData(_ stored: [UInt8]) throws(MessageError) -> [UInt8] {
        var message = try Common_Block.decode(stored, as: "block")
        if let first = message.data.data.first, message.data.data.count == 1, self.isConfiguration(first.byteArray) { return stored }
        message.clearData()
        return message.encoded()
    }

    private static func isConfiguration(_ envelope: [UInt8]) -> Bool {
        guard let payload = try? Payload(serialized: Envelope(serialized: envelope).payload),
            let header = try? ChannelHeader(serialized: payload.channelHeaderBytes)
        else { return false }
        return header.kind == .config
    }
}
