import FabricMessages
import LedgerModel

/// Takes blocks of real networks apart into inputs for every target.
package enum VectorSeeds {
    /// Inputs by target, each with a name; blocks that do not parse are inputs for the block target only.
    package static func seeds(ofBlock bytes: [UInt8], named name: String) -> [(target: FuzzTarget, name: String, bytes: [UInt8])] {
        var seeds: [(target: FuzzTarget, name: String, bytes: [UInt8])] = [(.block, name, bytes)]
        guard let block = try? OrderedBlock(serialized: bytes) else { return seeds }
        for (index, envelopeBytes) in block.envelopes.enumerated() {
            let part = "\(name)-\(index)"
            seeds.append((.envelope, part, envelopeBytes))
            guard let envelope = try? Envelope(serialized: envelopeBytes), let payload = try? Payload(serialized: envelope.payload),
                let header = try? ChannelHeader(serialized: payload.channelHeaderBytes)
            else { continue }
            if let signer = try? SignatureHeader(serialized: payload.signatureHeaderBytes) { seeds.append((.identity, part, signer.creator)) }
            if header.kind == .config {
                seeds.append((.configuration, part, payload.data))
                seeds += self.organizations(payload.data, part)
            }
            guard let transaction = try? EndorserTransaction(serialized: payload.data),
                let response = try? ProposalResponsePayload(serialized: transaction.responsePayloadBytes),
                let action = try? ChaincodeAction(serialized: response.actionBytes)
            else { continue }
            seeds.append((.readWriteSet, part, action.results))
        }
        return seeds
    }

    /// The MSP values of a configuration.
    private static func organizations(_ configEnvelope: [UInt8], _ name: String) -> [(target: FuzzTarget, name: String, bytes: [UInt8])] {
        guard let envelope = try? Common_ConfigEnvelope.decode(configEnvelope, as: "configuration envelope") else { return [] }
        var seeds: [(target: FuzzTarget, name: String, bytes: [UInt8])] = []
        for group in envelope.config.channelGroup.groups.values {
            for (organization, content) in group.groups.sorted(by: { $0.key < $1.key }) {
                guard let msp = content.values["MSP"] else { continue }
                seeds.append((.identity, "\(name)-\(organization)", msp.value.byteArray))
            }
        }
        return seeds
    }
}
