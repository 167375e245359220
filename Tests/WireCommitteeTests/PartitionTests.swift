import CommitteeTestSupport
import LedgerModel
import Testing

/// Members in network namespaces whose links are cut and joined: what must hold is what holds for kills.
@Suite(.serialized, .timeLimit(.minutes(20))) struct PartitionTests {
    static let isAskedFor = WireEffort.isLong && Namespaces.isPossible

    @Test(.enabled(if: isAskedFor, "set SELVAGE_LONG_TESTS, and be root on a machine with the program ip"))
    func `members that are cut off and joined again, one and then two, lose nothing and agree on every byte`() async throws {
        let spaces = try Namespaces(count: 4)
        let network = try PortedCommittee(now: KillStory.now(), ports: [7_051, 7_052, 7_053, 7_054], host: { spaces.address(UInt32($0)) })
        let story = try KillStory(network: network, host: { spaces.address($0) }, prefix: { spaces.prefix($0) })
        let started = KillStory.now().seconds
        try await story.clients.whileOpen {
            for member in story.members { try story.start(member) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 1...3 { group.addTask { try await story.use(client: client, seed: 29) } }
                group.addTask {
                    defer { story.end() }
                    try await story.waitForOperations(3)
                    for member in story.members {
                        try spaces.cut(member)
                        // The three others go on without it.
                        try await story.waitForOperations(4)
                        try spaces.join(member)
                        try await story.waitUntilCaughtUp(member)
                    }
                    // Two are too few for a block: nothing is decided until one is back, and then everything goes on.
                    try spaces.cut(1)
                    try spaces.cut(2)
                    try await Task.sleep(for: .seconds(8))
                    try spaces.join(1)
                    try await story.waitForOperations(4)
                    try spaces.join(2)
                    try await story.waitUntilCaughtUp(2)
                    try await story.waitForOperations(3)
                }
                try await group.waitForAll()
            }
            let chains = try await story.finalChains()
            let fault = try story.fault(in: chains)
            #expect(fault == nil)
            #expect(story.forks == [])
            #expect(story.history.violation == nil)
            print(
                "\(story.history.operations.count) operations in \(chains[0].count) blocks, \(KillStory.repetitions(in: chains[0]).count) of them again, \(KillStory.now().seconds - started) s"
            )
        }
        story.killAll()
        withExtendedLifetime(spaces) {}
    }
}
