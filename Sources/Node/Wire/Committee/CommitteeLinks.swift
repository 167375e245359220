import CryptoPrimitives
import Identity
import Ordering
import Synchronization

/// The transport of one member over the wire: a link to every other member in each lane, made when there is something to send.
///
/// Who the others are and where comes from the chain itself: `use(_:)` is told the rules in force, `follow(_:)` does it for every block.
package final class CommitteeLinks: CommitteeTransport {
    private struct Key: Hashable {
        let member: UInt32
        let lane: CommitteeLane
    }

    private struct State {
        var consenter: UInt32?
        var endpoint: (any CommitteeEndpoint)?
        var directory = CommitteeDirectory()
        var outbound: [Key: OutboundLink] = [:]
        /// The stream that a member speaks on, by which a newer one ends an older one.
        var inbound: [Key: OneTimeSignal<Void>] = [:]
        /// The last reason why a stream of a member was not taken or ended.
        var refusals: [UInt32: CommitteeLinkError] = [:]
        var refusalCount = 0
    }

    /// The header hash of block 0.
    let chain: [UInt8]
    private let identity: SigningIdentity
    private let wire: CommitteeWire
    private let state = Mutex(State())

    /// - Parameters:
    ///   - chain: The header hash of the channel's block 0.
    ///   - identity: The member's consensus key.
    package init(chain: [UInt8], identity: SigningIdentity, wire: CommitteeWire) {
        self.chain = chain
        self.identity = identity
        self.wire = wire
    }

    // MARK: - The transport

    package func send(_ parcel: MemberParcel, from sender: UInt32, to receiver: UInt32) {
        let key = Key(member: receiver, lane: CommitteeLane(parcel.lane))
        let (link, isNew) = self.state.withLock { state -> (OutboundLink?, Bool) in
            guard sender == state.consenter, receiver != sender else { return (nil, false) }
            if let known = state.outbound[key] { return (known, false) }
            guard state.outbound.count < NodeLimits.committeeChannels * CommitteeLane.allCases.count else { return (nil, false) }
            let link = OutboundLink(wire: self.wire, from: sender, to: receiver, lane: key.lane)
            state.outbound[key] = link
            return (link, true)
        }
        guard let link else { return }
        for piece in parcel.pieces(ofBytes: self.wire.limits.pushBytes) { link.queue.push(piece) }
        if isNew { self.wire.start { await link.run(self) } }
    }

    package func attach(_ endpoint: any CommitteeEndpoint, as consenter: UInt32) {
        self.state.withLock { state in
            state.endpoint = endpoint
            state.consenter = consenter
        }
        self.wire.add(self)
    }

    package func detach(_ consenter: UInt32) {
        self.wire.remove(self)
        let (outbound, inbound) = self.state.withLock { state in
            defer {
                (state.endpoint, state.consenter) = (nil, nil)
                (state.outbound, state.inbound) = ([:], [:])
            }
            return (Array(state.outbound.values), Array(state.inbound.values))
        }
        for link in outbound { link.close() }
        for stream in inbound { stream.fire(()) }
    }

    // MARK: - Whom the chain knows

    /// From now on these rules say who is a member and where.
    package func use(_ rules: CommitteeBlocks) {
        self.state.withLock { $0.directory.use(rules) }
    }

    /// Keeps up with the rules of a member until the task is cancelled.
    package func follow(_ member: CommitteeMember) async {
        while !Task.isCancelled {
            let next = member.deliverableHeight
            self.use(member.blocks)
            guard await member.waitForBlock(next) else { return }
        }
    }

    func contact(_ consenter: UInt32) -> CommitteeContact? {
        self.state.withLock { $0.directory.contact(consenter) }
    }

    // MARK: - Proofs

    func sign(_ bytes: [UInt8]) throws -> [UInt8] { try self.identity.sign(bytes) }

    /// Judges who begins a stream.
    ///
    /// - Parameter binding: The nonces, and the TLS keys as this side has seen them.
    /// - Returns: The member that speaks.
    func judge(_ hello: CommitteeLinkFormat.Hello, _ binding: CommitteeLinkFormat.Binding) throws(CommitteeLinkError) -> CommitteeContact {
        let link = hello.link
        let (own, contact) = self.state.withLock { ($0.consenter, $0.directory.contact(link.from)) }
        guard own == link.to, link.from != link.to else { throw .notMeantForUs(consenter: link.to) }
        guard let contact else { throw .stranger(consenter: link.from) }
        guard contact.clientKey.map({ $0 == binding.clientKey }) ?? true else { throw .wrongTLSCertificate(consenter: link.from) }
        let signed = CommitteeLinkFormat.signedBytes(link, binding, asClient: true)
        guard contact.publicKey.isValid(signature: hello.signature, for: signed) else { throw .notProven(consenter: link.from) }
        return contact
    }

    /// Takes a member's stream; an older one of the same lane ends.
    func begin(_ link: CommitteeLinkFormat.Link) -> OneTimeSignal<Void> {
        let signal = OneTimeSignal<Void>()
        let older = self.state.withLock { state in
            let key = Key(member: link.from, lane: link.lane)
            defer { state.inbound[key] = signal }
            return state.inbound[key]
        }
        older?.fire(())
        return signal
    }

    func end(_ link: CommitteeLinkFormat.Link, _ signal: OneTimeSignal<Void>) {
        self.state.withLock { state in
            let key = Key(member: link.from, lane: link.lane)
            if state.inbound[key] === signal { state.inbound[key] = nil }
        }
    }

    /// Gives a parcel to the member, as long as the chain knows its sender by the key that it has proven.
    func take(_ parcel: MemberParcel, from contact: CommitteeContact) throws(CommitteeLinkError) {
        let (endpoint, known) = self.state.withLock { ($0.endpoint, $0.directory.contact(contact.consenter)) }
        guard let known, known.publicKey == contact.publicKey, known.clientKey == contact.clientKey else {
            throw .stranger(consenter: contact.consenter)
        }
        guard let endpoint else { throw .unknownChain }
        endpoint.accept(parcel, from: contact.consenter)
    }

    // MARK: - What others may want to know

    func note(_ refusal: CommitteeLinkError, of consenter: UInt32) {
        self.state.withLock { state in
            state.refusalCount += 1
            if state.refusals.count < NodeLimits.committeeChannels || state.refusals[consenter] != nil { state.refusals[consenter] = refusal }
        }
    }

    /// The last reason why a stream that a member had begun was refused or ended.
    package func refusal(of consenter: UInt32) -> CommitteeLinkError? { self.state.withLock { $0.refusals[consenter] } }

    /// How many streams were refused or ended for a reason.
    package var refusalCount: Int { self.state.withLock { $0.refusalCount } }

    /// What waits for a member in all lanes, in parcels and bytes, and how many were dropped because there was no room.
    package func waiting(for consenter: UInt32) -> (count: Int, bytes: Int, lost: Int) {
        let queues = self.state.withLock { state in state.outbound.filter { $0.key.member == consenter }.map(\.value.queue) }
        return queues.reduce((0, 0, 0)) { ($0.0 + $1.count, $0.1 + $1.sizeBytes, $0.2 + $1.lost) }
    }

    /// Why the last try to reach a member failed; nil while all that was tried is linked.
    package func failure(to consenter: UInt32) -> String? {
        self.state.withLock { state in state.outbound.filter { $0.key.member == consenter }.map(\.value) }.compactMap(\.failure).first
    }
}
