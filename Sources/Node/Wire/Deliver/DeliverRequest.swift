import FabricMessages
import Identity
import LedgerModel

/// An envelope with a seek, its headers checked (interop 7.4, 1).
struct DeliverRequest: Sendable {
    let channel: ChannelID
    /// Who asks, with what they signed.
    let signed: SignedMessage
    private let data: [UInt8]

    /// - Parameters:
    ///   - now: The node's clock.
    ///   - certificate: Where requests are bound to their connection: the hash of the certificate that the client showed, or empty.
    init(_ envelope: Envelope, now: Timestamp, boundTo certificate: [UInt8]?) throws(DeliverRefusal) {
        do {
            let payload = try Payload(serialized: envelope.payload)
            let header = try Common_ChannelHeader.decode(payload.channelHeaderBytes, as: "channel header")
            let signer = try SignatureHeader(serialized: payload.signatureHeaderBytes)
            self.channel = ChannelID(header.channelID)
            self.signed = SignedMessage(identity: signer.creator, message: envelope.payload, signature: envelope.signature)
            self.data = payload.data
            try Self.checkTime(of: header, now: now)
            if let certificate, header.tlsCertHash.byteArray != certificate { throw DeliverRefusal.wrongCertificate }
        } catch let refusal as DeliverRefusal {
            throw refusal
        } catch let error as MessageError {
            throw .malformed(error)
        } catch {
            throw .malformed(MessageError(part: "request", reason: "\(error)"))
        }
    }

    /// What is asked for.
    func seek() throws(DeliverRefusal) -> Orderer_SeekInfo {
        do {
            return try Orderer_SeekInfo.decode(self.data, as: "seek info")
        } catch {
            throw .malformed(error)
        }
    }

    private static func checkTime(of header: Common_ChannelHeader, now: Timestamp) throws(DeliverRefusal) {
        guard header.hasTimestamp else { throw .noTimestamp }
        let (difference, overflow) = header.timestamp.seconds.subtractingReportingOverflow(now.seconds)
        guard !overflow, difference.magnitude <= UInt64(WireLimits.deliverWindowSeconds) else { throw .outsideTimeWindow }
    }
}
