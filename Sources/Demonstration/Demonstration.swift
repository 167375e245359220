import LedgerModel
import Node
import Ordering
import SelvageClient

/// The main job in one process: a consortium registers, seals, shares, refuses, and is audited.
package struct Demonstration {
    private let records: [MedicalRecord]
    private let directory: String
    private let preset: ElectionSizes.Preset
    private let line: (String) -> Void
    private let progress: (String) -> Void
    /// How long anybody waits for a block.
    var patience = Organizations.patience

    /// - Parameters:
    ///   - records: The bundles to share, at least one.
    ///   - directory: An empty folder for ledgers, shares and keys.
    ///   - preset: How large the pool and the committee are.
    ///   - line: Receives the lines of the readable account as they come.
    ///   - progress: Receives short texts about what takes its time.
    package init(
        records: [MedicalRecord], directory: String, preset: ElectionSizes.Preset = .dev, line: @escaping (String) -> Void,
        progress: @escaping (String) -> Void
    ) {
        self.records = records
        self.directory = directory
        self.preset = preset
        self.line = line
        self.progress = progress
    }

    /// Runs all stages.
    ///
    /// A stage that cannot go on ends the story there: the account then tells the failure, and no later stage.
    ///
    /// - Throws: `RecordError.nothingToShare` when there are no records; nothing has been written then.
    package func run() async throws(RecordError) -> Account {
        guard !self.records.isEmpty else { throw .nothingToShare }
        let narrator = Narrator(directory: self.directory, line: self.line)
        let bytes = self.records.reduce(0) { $0 + $1.bytes.count }
        self.line("Selvage: \(self.records.count) medical records (\(bytes) bytes) go the whole way")
        do {
            narrator.stage("A network of four organisations, seven custodians and a founding committee of \(self.preset.sizes.producers)")
            let left = try await self.live(narrator)
            narrator.stage("The auditor replays the ledger from its block files")
            let inspection = LedgerInspection(
                narrator: narrator, directory: self.directory, peers: left.ledgers, genesisHash: left.genesisHash, progress: self.progress)
            try await inspection.run()
        } catch {
            narrator.failed("the run ends here", reason: "\(error)")
        }
        return narrator.finish()
    }

    /// The stages for which the network is up; when it returns, no node holds its ledger any more.
    private func live(_ narrator: Narrator) async throws -> (ledgers: [String], genesisHash: [UInt8]) {
        let network = try Network(directory: self.directory, profile: PoolProfile(self.preset), patience: self.patience)
        let story = Story(
            network: network, narrator: narrator, records: self.records, directory: self.directory, progress: self.progress)
        let ordering = network.ordering
        ordering.deliver(to: network.allPeers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ordering.run() }
            defer { ordering.stop() }
            do {
                try await self.tell(story, narrator)
            } catch ClientError.notCommitted(let peer, let transaction, let seconds) {
                // What the client cannot know: how the members of the committee are.
                throw StoryError.late(
                    "\(peer) has transaction \(transaction.text.prefix(8))…", seconds: seconds, committee: ordering.progress.snapshot.lines)
            }
        }
        return (network.allPeers.map(\.name), network.genesis.headerHash)
    }

    private func tell(_ story: Story, _ narrator: Narrator) async throws {
        try story.tellNetwork()
        narrator.stage("The pool elects its ordering committee, on the chain")
        try await story.electCommittee()
        narrator.stage("Contracts are defined; institutions, doctors and patients enter the registry")
        try await story.defineContracts()
        try await story.registerSubjects()
        narrator.stage("Every record is signed, sealed, split over the custodians and indexed")
        try await story.uploadRecords()
        narrator.stage("The insurer asks, patients grant, custodians release, records are reconstructed")
        try await story.shareRecords()
        narrator.stage("Custodians fail and lie")
        try await story.loseCustodians()
        narrator.stage("What must be refused")
        try await story.tryWhatIsForbidden()
        // A committee of one tolerates nothing.
        guard self.preset != .solo else { return }
        narrator.stage("A member of the committee crashes, another one lies")
        try await story.crashAndLie()
    }
}
