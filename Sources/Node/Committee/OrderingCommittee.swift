import Identity
import Ledger
import LedgerModel
import Ordering
import SelvageClient
import Synchronization

/// An ordering committee with all its members in this process; each has its own folder, key, pool and chain, as on machines of their own.
///
/// `run()` must be running for blocks to be made. Receivers get every block once, in order, from whichever member is up.
package final class OrderingCommittee: Sendable {
    /// Who sits in the committee, and where its files are.
    package struct Seat: Sendable {
        package let name: String
        package let identity: SigningIdentity
        package let folder: String
        /// The member's number where block 0 does not name it: it follows the chain until it is in office.
        package let consenter: UInt32?
        /// What a new folder begins with instead of block 0.
        package let join: SnapshotJoin?
        /// The file system under the member; tests let it fail.
        package var files: any BlockFileIO

        package init(
            name: String, identity: SigningIdentity, consenter: UInt32? = nil, folder: String, join: SnapshotJoin? = nil,
            files: any BlockFileIO = SystemFiles()
        ) {
            self.join = join
            self.name = name
            self.identity = identity
            self.consenter = consenter
            self.folder = folder
            self.files = files
        }
    }

    private struct State {
        var seats: [UInt32: Seat] = [:]
        var members: [UInt32: CommitteeMember] = [:]
        var receivers: [any BlockReceiver] = []
        /// Up to where receivers are served after `stop()`.
        var lastDelivery: UInt64?
    }

    package let progress = CommitteeProgress()
    private let genesis: OrderedBlock
    private let settings: CommitteeSettings
    private let environment: SystemEnvironment
    private let transport: any CommitteeTransport
    private let state: Mutex<State>
    private let launches: AsyncStream<CommitteeMember>
    private let launchInput: AsyncStream<CommitteeMember>.Continuation

    /// Opens all members' folders.
    ///
    /// - Parameter seats: The members that this process runs; others may be reachable by the transport.
    package init(
        seats: [Seat], genesis: OrderedBlock, settings: CommitteeSettings = CommitteeSettings(),
        environment: SystemEnvironment,
        transport: any CommitteeTransport = LocalCommitteeTransport()
    ) throws(NodeError) {
        self.genesis = genesis
        self.settings = settings
        self.environment = environment
        self.transport = transport
        (self.launches, self.launchInput) = AsyncStream.makeStream()
        var byID: [UInt32: Seat] = [:]
        var members: [UInt32: CommitteeMember] = [:]
        for seat in seats {
            let member = try Self.open(seat, genesis, settings, environment, transport, self.progress)
            byID[member.consenter] = seat
            members[member.consenter] = member
        }
        self.state = Mutex(State(seats: byID, members: members))
        for id in members.keys.sorted() {
            if let member = members[id] { self.launchInput.yield(member) }
        }
    }

    /// Names those who get every block from now on, beginning with block 1; what a receiver has it passes over.
    package func deliver(to receivers: [any BlockReceiver]) {
        self.state.withLock { $0.receivers += receivers }
    }

    /// The consenter ids of the members in this process that are up, ascending.
    package var running: [UInt32] { self.state.withLock { $0.members.keys.sorted() } }

    package func member(_ consenter: UInt32) -> CommitteeMember? { self.state.withLock { $0.members[consenter] } }

    /// A client's way to a member; while that one is down, to the next one that is in office.
    package func connection(to consenter: UInt32? = nil) -> CommitteeConnection { CommitteeConnection(committee: self, preferred: consenter) }

    /// Runs all members and delivers blocks until `stop()` is called or a receiver refuses a block.
    ///
    /// A member that fails stops alone: the others go on, and `progress` has the reason.
    package func run() async throws(NodeError) {
        let failure = Mutex<String?>(nil)
        await withDiscardingTaskGroup { group in
            group.addTask {
                await withDiscardingTaskGroup { members in
                    for await member in self.launches { members.addTask { await self.run(member) } }
                }
            }
            do {
                try await self.deliverBlocks()
            } catch {
                failure.withLock { $0 = "\(error)" }
            }
            self.launchInput.finish()
            for member in self.state.withLock({ Array($0.members.values) }) { member.stop() }
        }
        for member in self.state.withLock({ Array($0.members.values) }) { await member.close() }
        let reason = failure.withLock { $0 }
        for receiver in self.state.withLock({ $0.receivers }) { receiver.endOfBlocks(because: reason ?? "the committee was stopped") }
        if let reason { throw .orderingStopped(node: "committee", reason: reason) }
    }

    /// Ends `run()` once every block that a member which is up has stored by now has been delivered.
    package func stop() {
        let running = self.running
        let head = self.progress.snapshot.members.filter { running.contains($0.key) }.map(\.value.head).max() ?? 0
        self.state.withLock { $0.lastDelivery = head }
        self.progress.touch()
    }

    /// Takes a member out of service as if its process had been killed, and returns when its folder is free.
    package func stopMember(_ consenter: UInt32) async throws {
        guard let member = self.member(consenter) else { return }
        // It may not have begun yet; a member that is stopped before still runs and ends at once.
        member.stop()
        try await self.waitUntilDown(consenter)
    }

    /// Waits until a member is down and its folder is free.
    package func waitUntilDown(_ consenter: UInt32) async throws {
        try await self.progress.wait { _ in self.member(consenter) == nil }
    }

    /// Starts a member again from its folder.
    ///
    /// - Parameter files: Another file system than its seat's.
    package func startMember(_ consenter: UInt32, files: (any BlockFileIO)? = nil) throws(NodeError) {
        guard var seat = self.state.withLock({ $0.seats[consenter] }), self.member(consenter) == nil else { return }
        if let files { seat.files = files }
        let member = try Self.open(seat, self.genesis, self.settings, self.environment, self.transport, self.progress)
        self.state.withLock { $0.members[consenter] = member }
        self.launchInput.yield(member)
        self.progress.touch()
    }

    /// Runs one more member in this process: one whose key was registered after the start. It follows the chain until it is in office.
    package func addMember(_ seat: Seat) throws(NodeError) {
        let member = try Self.open(seat, self.genesis, self.settings, self.environment, self.transport, self.progress)
        self.state.withLock { state in
            state.seats[member.consenter] = seat
            state.members[member.consenter] = member
        }
        self.launchInput.yield(member)
        self.progress.touch()
    }

    private func run(_ member: CommitteeMember) async {
        // The reason of a failure is in `progress`.
        try? await member.run()
        self.state.withLock { $0.members[member.consenter] = nil }
        self.progress.touch()
    }

    /// Gives block after block to all receivers at once, from the first member that has it.
    private func deliverBlocks() async throws {
        var next: UInt64 = 1
        while true {
            let wanted = next
            try await self.progress.wait { snapshot in
                let (members, last) = self.state.withLock { ($0.members, $0.lastDelivery) }
                if let last, wanted > last { return true }
                return members.keys.contains { snapshot.members[$0].map { $0.first <= wanted && $0.head >= wanted } ?? false }
            }
            let (members, receivers, last) = self.state.withLock { ($0.members, $0.receivers, $0.lastDelivery) }
            if let last, wanted > last { return }
            var blocks: [OrderedBlock] = []
            var sizeBytes = 0
            // All that are there, so that a receiver can work on several at once.
            while blocks.count < NodeLimits.pipelineBlocks, sizeBytes < NodeLimits.pipelineBytes, next <= last ?? .max {
                var block: OrderedBlock?
                for id in members.keys.sorted() where block == nil {
                    // A member whose disk fails is passed over: the next one has the same block.
                    block = (try? members[id]?.block(next)) ?? nil
                }
                guard let block else { break }
                sizeBytes += block.envelopes.reduce(0) { $0 + $1.count }
                blocks.append(block)
                next += 1
            }
            guard !blocks.isEmpty else {
                // Its disk fails or it is just going down; asking again at once would keep a core busy until it is back.
                try await self.environment.sleep(milliseconds: NodeLimits.unreadableBlockPauseMs)
                continue
            }
            let round = blocks
            try await withThrowingTaskGroup(of: Void.self) { group in
                for receiver in receivers {
                    group.addTask {
                        var rest = round[...]
                        try await receiver.receive { rest.popFirst() }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private static func open(
        _ seat: Seat, _ genesis: OrderedBlock, _ settings: CommitteeSettings, _ environment: SystemEnvironment,
        _ transport: any CommitteeTransport, _ progress: CommitteeProgress
    ) throws(NodeError) -> CommitteeMember {
        try CommitteeMember(
            name: seat.name, identity: seat.identity, consenter: seat.consenter, folder: seat.folder, genesis: genesis, join: seat.join,
            settings: settings,
            environment: environment, transport: transport, progress: progress, files: seat.files)
    }
}

/// A client's way to the committee.
package struct CommitteeConnection: OrdererConnection {
    let committee: OrderingCommittee
    let preferred: UInt32?

    package func broadcast(_ envelope: Envelope) async -> BroadcastReply {
        let known = self.committee.progress.snapshot.members
        let running = self.committee.running
        // Who only follows may be behind, and would judge by an old state; while nobody is in office anybody passes envelopes on.
        let inOffice = running.filter { known[$0]?.isObserver == false }
        let choice = inOffice.isEmpty ? running : inOffice
        let first = self.preferred ?? 0
        guard let id = choice.first(where: { $0 >= first }) ?? choice.first, let member = self.committee.member(id) else {
            return BroadcastReply(status: 503, info: "no member of the ordering committee is up: send again later")
        }
        return await member.broadcast(envelope)
    }
}
