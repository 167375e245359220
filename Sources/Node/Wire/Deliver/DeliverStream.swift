import GRPCCore
import LedgerModel

/// One Deliver stream: seek after seek, each answered by its blocks and a status (interop 7.4).
///
/// It holds one block at a time. A client that reads slowly is waited for, and what it has not read stays in the block files.
struct DeliverStream: Sendable {
    /// The client went away, so there is nobody to answer.
    private struct ClientGone: Error {}

    let context: WireContext
    let call: ServerContext
    let source: @Sendable (ChannelID) -> (any DeliverSource)?
    let rule: DeliverAccess.Rule
    let form: DeliverForm

    /// Serves until the client has no more requests or one of them ends in another status than 200.
    func serve(_ requests: RPCAsyncSequence<Envelope, any Error>, to writer: RPCWriter<WireFrame>) async throws {
        for try await envelope in requests {
            let status: Int32
            do {
                try await self.answer(envelope, to: writer)
                status = 200
            } catch let refusal as DeliverRefusal {
                status = refusal.status
            } catch is ClientGone {
                return
            }
            try await writer.write(DeliverForm.status(status))
            if status != 200 { return }
        }
    }

    private func answer(_ envelope: Envelope, to writer: RPCWriter<WireFrame>) async throws {
        let now = self.context.now()
        let request = try DeliverRequest(envelope, now: now, boundTo: self.context.certificate(of: self.call))
        guard let source = self.source(request.channel) else { throw DeliverRefusal.unknownChannel(request.channel) }
        let message = try request.seek()
        // Before access, as Fabric's orderers do.
        if message.hasStart, message.hasStop, message.errorResponse != .bestEffort, source.isOut { throw DeliverRefusal.outage }
        var access = DeliverAccess(rule: self.rule, signed: request.signed)
        try access.check(source.bundle, now: now)
        let seek = try BlockSeek(message)
        let range = try seek.range(height: source.deliverableHeight)
        var number = range.first
        while true {
            try await self.reach(number, seek, source, access.expiry)
            try access.check(source.bundle, now: self.context.now())
            try await writer.write(try self.frame(number, seek, source, request.channel))
            if number == range.last { return }
            number += 1
        }
    }

    /// Returns when the block is there.
    private func reach(_ number: UInt64, _ seek: BlockSeek, _ source: any DeliverSource, _ expiry: Int64?) async throws {
        while source.deliverableHeight <= number {
            guard seek.waits else { throw DeliverRefusal.notFound(block: number) }
            switch await BlockWatch(context: self.context, call: self.call).nextEvent(number, source, expiry, heedsOutages: seek.isStrict) {
            case .block: continue
            case .expiry: if let expiry, self.context.now() > Timestamp(seconds: expiry) { throw DeliverRefusal.expired }
            case .outage: throw DeliverRefusal.outage
            case .stopping: throw DeliverRefusal.stopping
            case .clientGone: throw ClientGone()
            }
        }
        if self.context.stopping.value != nil { throw DeliverRefusal.stopping }
        if self.call.cancellation.isCancelled { throw ClientGone() }
    }

    private func frame(_ number: UInt64, _ seek: BlockSeek, _ source: any DeliverSource, _ channel: ChannelID) throws -> WireFrame {
        do {
            guard let stored = try source.blockBytes(number) else { throw DeliverRefusal.notFound(block: number) }
            return try self.form.frame(stored, channel: channel, withoutData: seek.withoutData)
        } catch let refusal as DeliverRefusal {
            throw refusal
        } catch {
            throw DeliverRefusal.unreadable(block: number, reason: "\(error)")
        }
    }
}
