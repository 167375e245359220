import FabricMessages
import LedgerModel

/// What a Deliver stream is asked for: blocks from one place to another.
package struct SeekRequest: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        case oldest
        case newest
        /// The next block that is committed.
        case next
        case number(UInt64)
    }

    package var start: Place
    package var stop: Place
    /// Whether blocks that are not there yet are waited for; else the stream ends with status 404.
    package var waits: Bool

    package init(from start: Place, to stop: Place, waits: Bool = true) {
        self.start = start
        self.stop = stop
        self.waits = waits
    }

    /// From a place on, without end.
    package init(from start: Place) { self.init(from: start, to: .number(.max)) }

    /// The signed envelope that a stream begins with.
    ///
    /// - Parameter certificateHash: Of the TLS certificate that the connection shows; empty without one.
    func envelope(
        _ channel: ChannelID, by identity: ClientIdentity, certificateHash: [UInt8], host: some ClientEnvironment
    ) throws(ClientIdentityError) -> [UInt8] {
        var seek = Orderer_SeekInfo()
        seek.start.type = self.start.type
        seek.stop.type = self.stop.type
        seek.behavior = self.waits ? .blockUntilReady : .failIfNotReady
        var header = Common_ChannelHeader()
        header.type = Int32(Common_HeaderType.deliverSeekInfo.rawValue)
        header.channelID = channel.text
        header.timestamp = host.now().message
        header.tlsCertHash = certificateHash.data
        let signer = SignatureHeader(creator: identity.serialized, nonce: host.randomBytes(count: ProposalDraft.nonceBytes))
        let payload = Payload(
            channelHeaderBytes: header.encoded(), signatureHeaderBytes: signer.serialized(), data: seek.encoded()
        ).serialized()
        return Envelope(payload: payload, signature: try identity.sign(payload)).serialized()
    }
}

extension SeekRequest.Place {
    fileprivate var type: Orderer_SeekPosition.OneOf_Type {
        switch self {
        case .oldest: return .oldest(Orderer_SeekOldest())
        case .newest: return .newest(Orderer_SeekNewest())
        case .next: return .nextCommit(Orderer_SeekNextCommit())
        case .number(let number):
            var place = Orderer_SeekSpecified()
            place.number = number
            return .specified(place)
        }
    }
}
