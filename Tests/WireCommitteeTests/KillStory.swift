import ChannelConfiguration
import CommitteeTestSupport
import CryptoPrimitives
import Foundation
import GRPCCore
import Glibc
import LedgerModel
import Synchronization
import TestSupport
import Validation

/// Four members as processes, clients that use two registers through them, and whatever happens to the members meanwhile.
final class KillStory: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var history = RegisterHistory()
        /// Counts beginnings and ends of operations: what comes earlier for one of them has the lower number.
        var time = 0
        var acknowledged: Set<String> = []
        var isOver = false
        /// The header hash of each block as whoever read it first saw it.
        var heads: [UInt64: [UInt8]] = [:]
        var forks: [String] = []
        var lastProblem = ""
    }

    let network: PortedCommittee
    let folder: TemporaryFolder
    let clients: MemberClients
    private let processes = Mutex<[UInt32: MemberProcess]>([:])
    private let state = Mutex(State())
    private let prefix: @Sendable (UInt32) -> [String]
    private let seconds: Int

    init(
        network: PortedCommittee? = nil, seconds: Int = 900, host: @escaping @Sendable (UInt32) -> String = { _ in "127.0.0.1" },
        prefix: @escaping @Sendable (UInt32) -> [String] = { _ in [] }
    ) throws {
        self.network = try network ?? PortedCommittee(now: Self.now())
        self.folder = try TemporaryFolder("selvage-wire")
        self.clients = try MemberClients(self.network, host: host)
        self.prefix = prefix
        self.seconds = seconds
        try MemberFolder.write(self.network, to: self.folder.path, listen: host)
    }

    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    var members: [UInt32] { self.network.members.map(\.id) }

    // MARK: - Members

    func start(_ member: UInt32, isForgetful: Bool = false) throws {
        let process = try MemberProcess(
            member, folder: self.folder.path, seconds: self.seconds, isForgetful: isForgetful, prefix: self.prefix(member))
        self.processes.withLock { $0[member] = process }
    }

    /// As `kill -9`.
    func kill(_ member: UInt32) { self.processes.withLock { $0.removeValue(forKey: member) }?.kill() }

    func killAll() { for member in self.members { self.kill(member) } }

    func pause(_ member: UInt32) { self.processes.withLock { $0[member]?.pause() } }
    func resume(_ member: UInt32) { self.processes.withLock { $0[member]?.resume() } }
    func residentBytes(of member: UInt32) -> Int? { self.processes.withLock { $0[member]?.residentBytes } }

    /// Waits until a member has stored a block, whatever its number, that another one has stored now.
    func waitUntilCaughtUp(_ member: UInt32) async throws {
        let head = self.state.withLock { $0.heads.keys.max() ?? 0 }
        try await self.patiently("member \(member) catches up to block \(head)") {
            try await self.clients.read(from: head, of: member, seconds: 3, at: Self.now()) { _ in true }
        }
    }

    /// Tries something until it goes well; for at most two minutes, which only a story that does not end takes.
    func patiently(_ what: String, _ body: () async throws -> Void) async throws {
        let started = Self.now().seconds
        while true {
            do {
                return try await body()
            } catch {
                if Task.isCancelled { throw error }
                self.state.withLock { $0.lastProblem = "\(what): \(error)" }
                guard Self.now().seconds < started + 120 else { throw Failure(description: "\(what) took too long: \(error)\n\(self.logs)") }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    var logs: String {
        self.members.map { "member \($0): \(MemberProcess.said($0, folder: self.folder.path).suffix(600))" }.joined(separator: "\n")
    }

    // MARK: - Clients

    /// Uses registers until `end()`; each operation is a transaction, and its result what the blocks before it say.
    func use(client: Int, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed &+ UInt64(client))
        var view = View()
        var number = 0
        while !self.state.withLock({ $0.isOver }) {
            number += 1
            let register = Int.random(in: 1...2, using: &random)
            let isWrite = Bool.random(using: &random)
            let value = client * 100_000 + number
            let text = isWrite ? "write \(register) \(value)" : "read \(register) \(value)"
            let member = self.members[Int.random(in: self.members.indices, using: &random)]
            let start = self.tick()
            let result: Int?
            do {
                try await self.order(text, first: member)
                result = try await view.result(of: text, register: register, in: self, first: member)
            } catch {
                // It may take effect yet.
                self.note(RegisterHistory.Operation(register: register, action: isWrite ? .write(value) : .read(nil), start: start, end: nil))
                throw error
            }
            let action = isWrite ? RegisterHistory.Action.write(value) : .read(result)
            self.note(RegisterHistory.Operation(register: register, action: action, start: start, end: self.tick()))
        }
    }

    /// Hands a transaction in until a member acknowledges it.
    func order(_ text: String, first: UInt32, only: Bool = false) async throws {
        let envelope = try self.network.envelope(text, at: Self.now())
        let turn = Mutex(self.members.firstIndex(of: first) ?? 0)
        try await self.patiently("ordering '\(text)'") {
            let member = turn.withLock { turn in
                defer { if !only { turn = (turn + 1) % self.members.count } }
                return self.members[turn]
            }
            let answer = try await self.clients.broadcast(envelope, to: member)
            guard answer.status == 200 || answer.info.contains("already") else {
                throw Failure(description: "member \(member) answered \(answer.status) \(answer.info)")
            }
        }
        self.state.withLock { _ = $0.acknowledged.insert(text) }
    }

    func end() { self.state.withLock { $0.isOver = true } }

    private func tick() -> Int {
        self.state.withLock { state in
            state.time += 1
            return state.time
        }
    }

    private func note(_ operation: RegisterHistory.Operation) { self.state.withLock { $0.history.operations.append(operation) } }

    var history: RegisterHistory { self.state.withLock { $0.history } }
    var acknowledged: Set<String> { self.state.withLock { $0.acknowledged } }
    var lastProblem: String { self.state.withLock { $0.lastProblem } }
    var forks: [String] { self.state.withLock { $0.forks } }

    /// Waits for so many more operations.
    func waitForOperations(_ count: Int) async throws {
        let before = self.history.operations.count
        let started = Self.now().seconds
        while self.history.operations.count < before + count {
            guard Self.now().seconds < started + 120 else { throw Failure(description: "no progress: \(self.lastProblem)\n\(self.logs)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Compares a block with what others have read at its height.
    fileprivate func see(_ block: OrderedBlock, of member: UInt32) {
        self.state.withLock { state in
            let known = state.heads[block.number.rawValue]
            if known == nil { state.heads[block.number.rawValue] = block.headerHash }
            if let known, known != block.headerHash { state.forks.append("member \(member) has another block \(block.number)") }
        }
    }

    // MARK: - What is left

    /// The chains of all members, once each holds every acknowledged transaction and they are equally long.
    func finalChains() async throws -> [[OrderedBlock]] {
        let found = Mutex<[[OrderedBlock]]>([])
        try await self.patiently("all members have all blocks") {
            var chains: [[OrderedBlock]] = []
            for member in self.members { chains.append(try await self.clients.chain(of: member, at: Self.now())) }
            guard chains.allSatisfy({ $0.count == chains[0].count }) else {
                throw Failure(description: "the members have \(chains.map(\.count)) blocks")
            }
            guard Self.lost(self.acknowledged, in: chains[0]).isEmpty else {
                throw Failure(description: "not ordered yet: \(Self.lost(self.acknowledged, in: chains[0]).sorted().prefix(3))")
            }
            found.withLock { $0 = chains }
        }
        return found.withLock { $0 }
    }

    /// The transactions that no block has.
    static func lost(_ acknowledged: Set<String>, in chain: [OrderedBlock]) -> Set<String> {
        acknowledged.subtracting(chain.flatMap { $0.envelopes.compactMap(Self.text) })
    }

    /// The blocks that hold a transaction again, and how many blocks later.
    ///
    /// A member that starts again brings what its pool log holds, which may be long in blocks; beyond the window it is ordered again, and peers
    /// flag it as a duplicate.
    static func repetitions(in chain: [OrderedBlock]) -> [(block: UInt64, distance: Int)] {
        var last: [[UInt8]: UInt64] = [:]
        var found: [(block: UInt64, distance: Int)] = []
        for block in chain {
            for envelope in block.envelopes {
                if let earlier = last[envelope] { found.append((block.number.rawValue, Int(block.number.rawValue - earlier))) }
                last[envelope] = block.number.rawValue
            }
        }
        return found
    }

    static func text(of envelope: [UInt8]) -> String? {
        guard let envelope = try? Envelope(serialized: envelope), let payload = try? Payload(serialized: envelope.payload) else { return nil }
        return String(decoding: payload.data, as: UTF8.self)
    }

    /// What is wrong with chains that should be one: nil when header, data and value are the same bytes everywhere and every block is valid.
    ///
    /// The value of a block names the round in which its signers decided; the last four bytes of it may differ where two members have learned of
    /// one decision from different rounds, and nothing else may.
    func fault(in chains: [[OrderedBlock]]) throws -> String? {
        for chain in chains {
            var position = ChainPosition(genesis: self.network.genesis)
            let bundle = try ChannelBundle(block: self.network.genesis)
            for (index, block) in chain.enumerated() {
                let first = chains[0][index]
                guard block.headerBytes == first.headerBytes, block.envelopes == first.envelopes else { return "block \(block.number) differs" }
                guard block.metadata(.orderer) == first.metadata(.orderer) else { return "block \(block.number) has another parent certificate" }
                let values = try [block, first].map { try BlockSignatures(slot: $0.metadata(.signatures)).value }
                if values[0] != values[1] {
                    let metadata = try [block, first].map { try ConsenterMetadata.of($0) }
                    guard metadata[0] == metadata[1] else { return "block \(block.number) has another value" }
                }
                do {
                    try BlockVerifier(bundle: bundle, form: .canonical).verify(block, after: position)
                    position = try ChainPosition(after: block, chain: self.network.genesis.headerHash)
                } catch {
                    return "block \(block.number): \(error)"
                }
            }
            if let number = Self.repetitions(in: chain).first(where: { $0.distance < MemberFolder.replayBlocks })?.block {
                return "block \(number) holds a transaction again, within the replay window"
            }
        }
        return nil
    }
}

extension ConsenterMetadata {
    /// What a block's value says beside the round.
    static func of(_ block: OrderedBlock) throws -> [[UInt8]] {
        let metadata = try OrdererBlockMetadata(serialized: BlockSignatures(slot: block.metadata(.signatures)).value)
        return [Array(metadata.consenterMetadata.dropLast(4)), Array("\(metadata.lastConfig)".utf8)]
    }
}

/// The registers as one client has read them, block after block, from whichever member answers.
private struct View {
    private var next: UInt64 = 1
    private var registers: [Int: Int] = [:]
    private var seen: Set<String> = []
    /// Results of transactions that were read and not asked for yet.
    private var results: [String: Int?] = [:]

    /// Reads on until a transaction is there; what its register held before it.
    mutating func result(of text: String, register: Int, in story: KillStory, first: UInt32) async throws -> Int? {
        let members = story.members
        var turn = members.firstIndex(of: first) ?? 0
        let found = Mutex<View>(self)
        let started = KillStory.now().seconds
        while self.results[text] == nil {
            let member = members[turn]
            do {
                try await story.clients.read(from: self.next, of: member, seconds: 3, at: KillStory.now()) { block in
                    story.see(block, of: member)
                    return found.withLock { view in
                        view.take(block)
                        return view.results[text] != nil
                    }
                }
            } catch {
                guard KillStory.now().seconds < started + 120 else {
                    throw KillStory.Failure(description: "'\(text)' is in no block: \(error)\n\(story.logs)")
                }
                // The member is down or behind: another one has the same blocks.
                turn = (turn + 1) % members.count
                try await Task.sleep(for: .milliseconds(50))
            }
            self = found.withLock { $0 }
        }
        defer { self.results = [:] }
        return self.results[text] ?? nil
    }

    private mutating func take(_ block: OrderedBlock) {
        guard block.number.rawValue == self.next else { return }
        self.next += 1
        for envelope in block.envelopes {
            // Only the first one counts, as for peers.
            guard let text = KillStory.text(of: envelope), self.seen.insert(text).inserted else { continue }
            let words = text.split(separator: " ")
            guard words.count == 3, let register = Int(words[1]), let value = Int(words[2]) else { continue }
            self.results[text] = .some(self.registers[register])
            if words[0] == "write" { self.registers[register] = value }
        }
    }
}
