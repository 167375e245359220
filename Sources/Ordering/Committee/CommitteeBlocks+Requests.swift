import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel

/// Configurations that clients ask for: made by whoever has the turn, and judged by everybody (decision 0021).
extension CommitteeBlocks {
    private var requests: RequestRules { RequestRules(bundle: self.bundle, plane: (self.governance as? ElectedGovernance)?.plane) }

    /// Whether requests may have other answers than under former rules: the configuration is another, or others may come into office.
    func judgesRequestsOtherwise(than former: CommitteeBlocks) -> Bool {
        let (now, before) = (self.governance as? ElectedGovernance, former.governance as? ElectedGovernance)
        return self.bundle.sequence != former.bundle.sequence || now?.plane.possibleKeys != before?.plane.possibleKeys
    }

    /// Why a request cannot be ordered under the configuration in force; nil when it can.
    func refusal(ofRequest request: CheckedEnvelope) -> BroadcastRefusal? {
        do throws(BroadcastRefusal) {
            _ = try self.requests.transaction(of: try Self.envelope(request))
            return nil
        } catch {
            return error
        }
    }

    /// Makes the CONFIG envelope that a request leads to.
    ///
    /// - Throws: `BroadcastRefusal` when it leads to none any more.
    func configuration(_ request: CheckedEnvelope, by proposer: SigningIdentity, now: Timestamp) throws -> CheckedEnvelope {
        let transaction = try self.requests.transaction(of: try Self.envelope(request))
        let envelope = try transaction.envelope(signer: proposer, nonce: self.nonce(of: transaction.configEnvelope), timestamp: now)
        return Self.checked(envelope, isConfiguration: true)
    }

    /// Checks a configuration that nobody but a client can have asked for.
    ///
    /// It has to be, byte by byte, what the request inside leads to under the configuration in force, and the request one that the door of any
    /// member would take.
    func checkConfiguration(
        _ envelope: Envelope, _ serialized: [UInt8], in candidate: CandidateBlock, after position: ChainPosition, rules: ReplayRules
    ) throws(CandidateFault) {
        guard let config = ConfigurationBlock.configEnvelope(in: envelope), config.header.channelID == self.bundle.channelID,
            envelope.serialized() == serialized, self.isOneForm(envelope, config)
        else { throw .envelopeForm(index: 0) }
        try self.checkSigner(config.signer.creator, of: envelope, is: candidate.header.proposer)
        guard let request = ConfigurationTransaction.request(in: config.data) else { throw .update(.noLastUpdate) }
        let transaction: ConfigurationTransaction
        do throws(BroadcastRefusal) {
            let item = try self.checks.check(request, now: Self.judgedAt(position))
            guard item.isUpdate else { throw .unknownType(ChannelHeader.Kind.endorserTransaction.rawValue) }
            try rules.check(item, parentMs: position.timeMs, latestMs: candidate.header.timeMs)
            transaction = try self.requests.transaction(of: request)
        } catch {
            if case .refusedUpdate(let reason) = error { throw .update(reason) }
            throw .envelope(index: 0, error)
        }
        guard transaction.configEnvelope != config.data else { return }
        // Another configuration than the request leads to: which element it is helps people to see what the proposer did.
        do throws(ConfigurationUpdateError) {
            _ = try self.bundle.successor(verifying: config.data, strictness: .ordering)
        } catch {
            throw .update(error)
        }
        throw .envelopeForm(index: 0)
    }

    /// Whether headers and nonce of a CONFIG envelope are the ones that every member would write; only the time is the proposer's.
    private func isOneForm(_ envelope: Envelope, _ config: (header: ChannelHeader, signer: SignatureHeader, data: [UInt8])) -> Bool {
        let header = ChannelHeader(kind: .config, timestamp: config.header.timestamp, channelID: self.bundle.channelID, transactionID: "")
        let signer = SignatureHeader(creator: config.signer.creator, nonce: self.nonce(of: config.data))
        let payload = Payload(channelHeaderBytes: header.serialized(), signatureHeaderBytes: signer.serialized(), data: config.data)
        return payload.serialized() == envelope.payload
    }

    /// A request leads to one configuration only, so its hash is nonce enough.
    private func nonce(of configEnvelope: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(concatenating: self.keys.chain, configEnvelope).prefix(24))
    }

    private static func envelope(_ request: CheckedEnvelope) throws(BroadcastRefusal) -> Envelope {
        do {
            return try Envelope(serialized: request.serialized)
        } catch {
            throw .noChannel(error)
        }
    }
}
