import ChannelConfiguration
import LedgerModel
import Ordering
import SelvageClient
import Synchronization

/// A channel of a committee on this node: a member's seat where the chain knows the node's key, and until then a follower.
///
/// A member that has lost its office goes on as an observer. A follower whose key comes into the configuration, or is registered, takes its
/// seat at once; the member fetches the chain anew, for its folder proves that the key has signed nothing.
final class CommitteeOrdering: ChannelOrdering {
    private struct Seat: Sendable {
        let member: CommitteeMember
        let links: CommitteeLinks
        let progress: CommitteeProgress
    }

    private let choice: OrderingChoice
    private let genesis: OrderedBlock
    private let folder: String
    /// The configuration of block 0.
    private let first: ChannelBundle
    /// The blocks of the time without a seat; nil where block 0 knows the node.
    private let followed: FollowedChain?
    private let seat: Mutex<Seat?>
    private let released: HeightSignal
    private let stopping = OneTimeSignal<Void>()

    /// - Throws: `NodeError.notJoined` when the folder cannot be used, or the node has no TLS to speak with other members.
    init(_ choice: OrderingChoice, genesis: OrderedBlock, folder: String) throws(NodeError) {
        let rules: CommitteeBlocks
        do {
            rules = try CommitteeBlocks(genesis: ChannelBundle(block: genesis, verifier: choice.signatures), chain: genesis.headerHash)
        } catch {
            throw .notJoined(node: choice.name, reason: "\(error)")
        }
        var followed: FollowedChain?
        var seat: Seat?
        if let number = rules.number(of: choice.identity) {
            seat = try Self.open(choice, number, genesis, folder)
        } else {
            let chain = try FollowedChain(choice, rules: rules, genesis: genesis, folder: folder + "/followed")
            if let number = chain.named.value { seat = try Self.open(choice, number, genesis, folder) }
            followed = chain
        }
        self.choice = choice
        self.genesis = genesis
        self.folder = folder
        self.first = rules.bundle
        self.followed = followed
        self.released = HeightSignal(height: max(followed?.height ?? 0, seat?.member.deliverableHeight ?? 0))
        self.seat = Mutex(seat)
    }

    private static func open(
        _ choice: OrderingChoice, _ number: UInt32, _ genesis: OrderedBlock, _ folder: String
    ) throws(NodeError) -> Seat {
        guard let wire = choice.wire else {
            throw .notJoined(node: choice.name, reason: "members of a committee speak over TLS: add 'tls' to this node's file")
        }
        let links = CommitteeLinks(chain: genesis.headerHash, identity: choice.identity, wire: wire)
        let progress = CommitteeProgress()
        let near = choice.near?.transport(of: genesis.headerHash)
        let member = try CommitteeMember(
            name: choice.name, identity: choice.identity, consenter: number, folder: folder, genesis: genesis, settings: choice.settings,
            environment: choice.environment, transport: near.map { NearAndFarTransport(near: $0, far: links) } ?? links, progress: progress)
        links.use(member.blocks)
        return Seat(member: member, links: links, progress: progress)
    }

    private var member: CommitteeMember? { self.seat.withLock { $0?.member } }

    // MARK: - Running

    func run() async throws(NodeError) {
        if self.member == nil, let followed {
            try await self.follow(followed)
            guard self.stopping.value == nil, let number = followed.named.value else { return }
            let seat = try Self.open(self.choice, number, self.genesis, self.folder)
            self.seat.withLock { $0 = seat }
        }
        guard let seat = self.seat.withLock({ $0 }) else { return }
        // Who was stopped meanwhile has stopped no member.
        if self.stopping.value != nil { seat.member.stop() }
        self.choice.report(.seated(node: self.choice.name, seat.member.bundle.channelID, member: seat.member.consenter))
        try await self.serve(seat)
    }

    func stop() {
        self.stopping.fire(())
        self.member?.stop()
    }

    /// Until the node is stopped or has a seat.
    private func follow(_ chain: FollowedChain) async throws(NodeError) {
        let (choice, channel) = (self.choice, chain.bundle.channelID)
        choice.report(.followingChannel(node: choice.name, channel))
        let follower = BlockFollower(
            node: choice.name, channel: channel, receiver: chain, feeds: { choice.feeds.feeds(of: chain.bundle) }, report: choice.report)
        let outcome = await withTaskGroup(of: Result<Void, NodeError>.self) { group in
            group.addTask { await Self.result { () async throws(NodeError) in try await follower.run() } }
            group.addTask { await Self.result { () async throws(NodeError) in _ = await self.stopping.wait() } }
            group.addTask { await Self.result { () async throws(NodeError) in _ = await chain.named.wait() } }
            group.addTask { await Self.result { () async throws(NodeError) in await self.release(chain) } }
            let first = await group.next()
            group.cancelAll()
            return first ?? .success(())
        }
        try outcome.get()
    }

    private func release(_ chain: FollowedChain) async {
        while await chain.released.wait(for: self.released.height) { self.released.advance(to: chain.height) }
    }

    /// Until the member ends.
    private func serve(_ seat: Seat) async throws(NodeError) {
        let outcome = await withTaskGroup(of: Result<Void, NodeError>?.self) { group in
            group.addTask {
                await self.keepUp(with: seat)
                return nil
            }
            group.addTask { await Self.result { () async throws(NodeError) in try await seat.member.run() } }
            var outcome: Result<Void, NodeError>?
            while outcome == nil, let next = await group.next() { outcome = next }
            group.cancelAll()
            return outcome ?? .success(())
        }
        try outcome.get()
    }

    /// Lets blocks go as they are stored; whom the links know follows from each.
    private func keepUp(with seat: Seat) async {
        while !Task.isCancelled {
            let next = seat.member.deliverableHeight
            seat.links.use(seat.member.blocks)
            self.released.advance(to: next)
            guard await seat.member.waitForBlock(next) else { return }
        }
    }

    private static func result(_ body: () async throws(NodeError) -> Void) async -> Result<Void, NodeError> {
        do throws(NodeError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    // MARK: - What others see

    var participation: Participation {
        guard let seat = self.seat.withLock({ $0 }) else { return Participation(.follower, self.stopping.value == nil ? .active : .inactive) }
        let known = seat.progress.snapshot.members[seat.member.consenter]
        let status: Participation.Status = known?.failure != nil ? .failed : self.stopping.value == nil ? .active : .inactive
        return Participation(seat.member.isObserver ? .follower : .consenter, status)
    }

    func broadcast(_ envelope: Envelope) async -> BroadcastReply {
        if let member = self.member { return await member.broadcast(envelope) }
        let verdict = BroadcastRefusal.follows(members: self.bundle.consenters.map { "\($0.host):\($0.port)" }).verdict
        return BroadcastReply(status: verdict.status, info: verdict.info)
    }

    /// A member that has taken its seat just now is behind what was followed.
    var deliverableHeight: UInt64 { max(self.followed?.height ?? 0, self.member?.deliverableHeight ?? 0) }

    var bundle: ChannelBundle {
        guard let member = self.member else { return self.followed?.bundle ?? self.first }
        if let followed, followed.height > member.deliverableHeight { return followed.bundle }
        return member.bundle
    }

    func blockBytes(_ number: UInt64) throws -> [UInt8]? {
        if let bytes = try self.member?.blockBytes(number) { return bytes }
        return try self.followed?.blockBytes(number)
    }

    func waitForBlock(_ number: UInt64) async -> Bool { await self.released.wait(for: number) }

    /// A follower that reaches nobody is as good as one that waits.
    var isOut: Bool { self.member?.isOut ?? (self.stopping.value != nil) }

    func waitForOutage() async {
        if let member = self.member { await member.waitForOutage() } else { _ = await self.stopping.wait() }
    }
}
