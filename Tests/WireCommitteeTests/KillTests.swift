import Foundation
import LedgerModel
import TestSupport
import Testing

/// How much these tests are asked to do.
enum WireEffort {
    static let isLong = ProcessInfo.processInfo.environment["SELVAGE_LONG_TESTS"].flatMap { Int($0) }.map { $0 > 0 } ?? false
}

/// Members as processes on ports of this machine: they are killed one after the other under load.
@Suite(.serialized, .timeLimit(.minutes(20))) struct KillTests {
    @Test func `members that are killed one after the other lose nothing, agree on every byte, and keep registers linearizable`() async throws {
        try await Self.play(killsOfEach: 1)
    }

    @Test(.enabled(if: WireEffort.isLong, "set SELVAGE_LONG_TESTS to a number of seeds"))
    func `ten minutes of kills lose nothing, and all chains stay one`() async throws {
        try await Self.play(killsOfEach: .max, seconds: 600)
    }

    @Test(.enabled(if: WireEffort.isLong, "set SELVAGE_LONG_TESTS to a number of seeds"))
    func `a member that stands still holds nobody up, and the others hold little for it`() async throws {
        let story = try KillStory()
        try await story.clients.whileOpen { () async throws in
            for member in story.members { try story.start(member) }
            try await withThrowingTaskGroup(of: Void.self) { group async throws in
                for client in 1...3 { group.addTask { try await story.use(client: client, seed: 30) } }
                group.addTask {
                    defer { story.end() }
                    try await story.waitForOperations(5)
                    let before = [1, 2, 4].map { story.residentBytes(of: $0) ?? 0 }
                    story.pause(3)
                    // Its connections stay, and its system takes what fits into the buffers.
                    try await story.waitForOperations(40)
                    let after = [1, 2, 4].map { story.residentBytes(of: $0) ?? 0 }
                    for (before, after) in zip(before, after) { #expect(after < before + 64 << 20, "\(before) to \(after) bytes") }
                    story.resume(3)
                    try await story.waitUntilCaughtUp(3)
                }
                try await group.waitForAll()
            }
            let chains = try await story.finalChains()
            let fault = try story.fault(in: chains)
            #expect(fault == nil)
            #expect(story.history.violation == nil)
        }
        story.killAll()
    }

    /// Kills each member so many times, at most for so long.
    private static func play(killsOfEach count: Int, seconds: Int64 = .max / 2) async throws {
        let story = try KillStory()
        let started = KillStory.now().seconds
        try await story.clients.whileOpen {
            for member in story.members { try story.start(member) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 1...3 { group.addTask { try await story.use(client: client, seed: 28) } }
                group.addTask {
                    defer { story.end() }
                    try await story.waitForOperations(3)
                    var round = 0
                    while round < count, KillStory.now().seconds < started + seconds {
                        round += 1
                        for member in story.members {
                            story.kill(member)
                            // The three others go on without it.
                            try await story.waitForOperations(4)
                            try story.start(member)
                            try await story.waitUntilCaughtUp(member)
                        }
                    }
                    try await story.waitForOperations(3)
                }
                try await group.waitForAll()
            }
            let chains = try await story.finalChains()
            let fault = try story.fault(in: chains)
            #expect(fault == nil)
            #expect(story.forks == [])
            #expect(KillStory.lost(story.acknowledged, in: chains[0]) == [])
            let history = story.history
            #expect(history.operations.allSatisfy { $0.end != nil })
            #expect(history.violation == nil)
            print(
                "\(history.operations.count) operations in \(chains[0].count) blocks, \(KillStory.repetitions(in: chains[0]).count) of them again, \(KillStory.now().seconds - started) s"
            )
        }
        story.killAll()
    }

    @Test func `what two members have acknowledged survives that both are killed before it is in a block`() async throws {
        let lost = try await Self.promises(isForgetful: false)
        #expect(lost == [])
    }

    @Test func `members that forget their pool log are found out by the same check`() async throws {
        let lost = try await Self.promises(isForgetful: true)
        #expect(lost == ["promise 0", "promise 1", "promise 2", "promise 3"])
    }

    /// Two members, too few for a block, acknowledge transactions and are killed; then all four start. What of the promises is in no block?
    private static func promises(isForgetful: Bool) async throws -> Set<String> {
        let story = try KillStory()
        let lost = ResultBox<Set<String>>()
        try await story.clients.whileOpen {
            for member: UInt32 in [1, 2] { try story.start(member) }
            for number in 0..<4 { try await story.order("promise \(number)", first: UInt32(number % 2 + 1), only: true) }
            story.killAll()
            let promised = story.acknowledged
            for member in story.members { try story.start(member, isForgetful: isForgetful) }
            if isForgetful {
                // What waited longer is ordered earlier: when these are in blocks, the promises would be.
                for number in 0..<3 {
                    let text = "later \(number)"
                    try await story.order(text, first: UInt32(number + 1))
                    try await story.patiently("'\(text)' is ordered") {
                        let chain = try await story.clients.chain(of: 4, at: KillStory.now())
                        guard KillStory.lost([text], in: chain).isEmpty else { throw KillStory.Failure(description: "not in \(chain.count) blocks") }
                    }
                }
                lost.value = KillStory.lost(promised, in: try await story.clients.chain(of: 4, at: KillStory.now()))
            } else {
                let chains = try await story.finalChains()
                let fault = try story.fault(in: chains)
                #expect(fault == nil)
                lost.value = KillStory.lost(promised, in: chains[0])
            }
        }
        story.killAll()
        return lost.value ?? ["nothing was looked at"]
    }
}
