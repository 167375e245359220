import CryptoPrimitives
import Foundation
import Ledger
import LedgerModel
import Ordering
import Synchronization
import TestSupport
import Testing

@testable import Node

@Suite(.serialized, .timeLimit(.minutes(20))) struct CommitteeTests {
    private let members: [UInt32] = [1, 2, 3, 4]

    /// Block headers and extended headers are the same everywhere; the signatures that a member collected first are its own.
    private func areEqual(_ chains: [[OrderedBlock]]) throws -> Bool {
        let ids = try chains.map { chain in
            try chain.map { block in
                [block.headerHash, block.metadata(.orderer), try CommitCertificate(of: block).blockID] + block.envelopes
            }
        }
        return ids.allSatisfy { $0 == ids[0] }
    }

    @Test func `four members order envelopes of several clients, each once, in one chain`() async throws {
        let world = try CommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        let collector = CollectingReceiver()
        committee.deliver(to: [collector])
        let head = Mutex<Int>(0)
        try await world.running(committee, in: folder) {
            try await withThrowingTaskGroup(of: Void.self) { clients in
                for client in 0..<5 {
                    clients.addTask {
                        let connection = committee.connection(to: UInt32(client % 4 + 1))
                        for number in 0..<10 {
                            let envelope = try world.envelope(client * 100 + number)
                            #expect(await connection.broadcast(envelope).status == 200)
                            // The same envelope again, at another member: one request.
                            if number == 3 { _ = await committee.connection(to: UInt32((client + 1) % 4 + 1)).broadcast(envelope) }
                        }
                    }
                }
                try await clients.waitForAll()
            }
            let chains = try await committee.waitForEnvelopes(50, at: self.members, in: world)
            for chain in chains { #expect(world.fault(in: chain) == nil) }
            #expect(try self.areEqual(chains))
            #expect(chains[0].reduce(0) { $0 + $1.envelopes.count } == 50)
            head.withLock { $0 = chains[0].count }
        }
        #expect(collector.received == Array(1...UInt64(head.withLock { $0 })))
        #expect(collector.reason != nil)
        #expect(committee.progress.snapshot.evidence.isEmpty)
    }

    @Test func `one member is stopped, blocks keep coming, and it catches up after its restart`() async throws {
        let world = try CommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        try await world.running(committee, in: folder) {
            #expect(await committee.connection(to: 2).broadcast(try world.envelope(1)).status == 200)
            _ = try await committee.waitForEnvelopes(1, at: self.members, in: world)
            try await committee.stopMember(1)
            for number in 2...6 {
                #expect(await committee.connection(to: 1).broadcast(try world.envelope(number)).status == 200)
                _ = try await committee.waitForEnvelopes(number, at: [2, 3, 4], in: world)
            }
            try committee.startMember(1)
            let chains = try await committee.waitForEnvelopes(6, at: self.members, in: world)
            #expect(await committee.connection(to: 1).broadcast(try world.envelope(7)).status == 200)
            _ = try await committee.waitForEnvelopes(7, at: self.members, in: world)
            for chain in chains { #expect(world.fault(in: chain) == nil) }
            #expect(try self.areEqual(chains))
        }
    }

    @Test func `a member that starts again orders nothing twice, however long ago it was ordered`() async throws {
        let world = try CommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        var settings = world.settings
        // What was ordered before the last two blocks, no pool remembers.
        settings.ordering.replayBlocks = 2
        let committee = try world.committee(in: folder, settings: settings)
        try await world.running(committee, in: folder) {
            for number in 1...6 {
                #expect(await committee.connection(to: 1).broadcast(try world.envelope(number)).status == 200)
                _ = try await committee.waitForEnvelopes(number, at: self.members, in: world)
            }
            try await committee.stopMember(1)
            try committee.startMember(1)
            #expect(await committee.connection(to: 1).broadcast(try world.envelope(7)).status == 200)
            let chains = try await committee.waitForEnvelopes(7, at: self.members, in: world)
            for chain in chains { #expect(world.fault(in: chain) == nil) }
            #expect(committee.member(1)?.waitingCount == 0)
        }
    }

    @Test func `with two members down nothing is decided and nothing lost, and it goes on when one returns`() async throws {
        let world = try CommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        try await world.running(committee, in: folder) {
            #expect(await committee.connection().broadcast(try world.envelope(1)).status == 200)
            _ = try await committee.waitForEnvelopes(1, at: self.members, in: world)
            try await committee.stopMember(3)
            try await committee.stopMember(4)
            let heads = committee.progress.snapshot.members.mapValues(\.head)
            for number in 2...4 { #expect(await committee.connection(to: 1).broadcast(try world.envelope(number)).status == 200) }
            #expect(committee.member(1)?.waitingCount == 3)
            #expect(committee.progress.snapshot.members.mapValues(\.head) == heads)
            try committee.startMember(4)
            let chains = try await committee.waitForEnvelopes(4, at: [1, 2, 4], in: world)
            for chain in chains { #expect(world.fault(in: chain) == nil) }
            #expect(try self.areEqual(chains))
        }
    }

    @Test func `a member killed between record and sending never signs a second vote`() async throws {
        let world = try CommitteeWorld.shared.get()
        // The first records are of a prevote, a precommit or a proposal.
        for records in 1...3 {
            let folder = try TemporaryFolder()
            let committee = try world.committee(in: folder, files: [2: CrashingFiles(afterRecords: records)])
            try await world.running(committee, in: folder) {
                var count = 0
                // A member that is slow may be behind and sign nothing for some blocks.
                while count < 4 || committee.member(2) != nil && count < 200 {
                    count += 1
                    #expect(await committee.connection(to: 3).broadcast(try world.envelope(count)).status == 200)
                    _ = try await committee.waitForEnvelopes(count, at: [1, 3, 4], in: world)
                }
                try await committee.waitUntilDown(2)
                #expect(committee.progress.snapshot.members[2]?.failure?.contains("simulated crash") == true)
                let left = try #require(Self.record(in: folder, member: 2))
                let claimed = try #require(Self.signerGuard(in: folder, member: 2))
                // What was recorded was never signed: the guard knows nothing that the record does not.
                #expect(claimed.isCovered(by: left.record))
                try committee.startMember(2, files: SystemFiles())
                let chains = try await committee.waitForEnvelopes(count, at: self.members, in: world)
                for chain in chains { #expect(world.fault(in: chain) == nil) }
                #expect(try self.areEqual(chains))
                #expect(committee.progress.snapshot.evidence.isEmpty)
            }
        }
    }

    @Test func `a member whose last block is torn fetches it again, and one whose durable block is damaged does not start`() async throws {
        let world = try CommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        try await world.running(committee, in: folder) {
            for number in 1...3 {
                #expect(await committee.connection(to: 3).broadcast(try world.envelope(number)).status == 200)
                _ = try await committee.waitForEnvelopes(number, at: self.members, in: world)
            }
            try await committee.stopMember(2)
            let path = "orderer2/blocks/" + BlockFileFormat.fileName(segment: 0)
            var bytes = try #require(folder.read(path))
            for index in (bytes.count - 300)..<bytes.count { bytes[index] = 0 }
            try folder.write(bytes, to: path)
            do {
                try committee.startMember(2)
                Issue.record("a block that was durable is forgotten")
            } catch {
                #expect("\(error)".contains("damaged block file"), "\(error)")
            }
            #expect(folder.read(path) == bytes)
            // Without the note of the last block it is one that the power failure caught on its way to the disk.
            try FileManager.default.removeItem(atPath: folder.path(of: "orderer2/" + StoredHeadFile.name))
            let left = try #require(Self.record(in: folder, member: 2))
            let last = try #require(committee.progress.snapshot.members[2]).head
            try #require(left.record.height <= last)
            try committee.startMember(2)
            #expect(await committee.connection(to: 3).broadcast(try world.envelope(4)).status == 200)
            let chains = try await committee.waitForEnvelopes(4, at: self.members, in: world)
            for chain in chains { #expect(world.fault(in: chain) == nil) }
            #expect(try self.areEqual(chains))
            #expect(committee.progress.snapshot.evidence.isEmpty)
            // It is also where a peer that joins with a snapshot asks.
            #expect(try committee.block(BlockNumber(1))?.headerHash == chains[0][0].headerHash)
            #expect(try committee.block(BlockNumber(999)) == nil)
        }
    }

    @Test func `what must not be ordered is refused at the door`() async throws {
        let world = try CommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        try await world.running(committee, in: folder) {
            let envelope = try world.envelope(1)
            #expect(await committee.connection(to: 1).broadcast(try world.envelope(2, by: world.stranger)).status == 403)
            #expect(await committee.connection(to: 1).broadcast(envelope).status == 200)
            _ = try await committee.waitForEnvelopes(1, at: self.members, in: world)
            // A client of a committee sends to all members; the last may hear of it after the block.
            let late = await committee.connection(to: 4).broadcast(envelope)
            #expect(late.status == 200 && late.info.contains(" was taken: it is in block "), "\(late.info)")
            #expect(await committee.connection(to: 4).broadcast(try world.envelope(4)).status == 200)
            let chains = try await committee.waitForEnvelopes(2, at: self.members, in: world)
            #expect(chains[0].flatMap(\.envelopes).count { $0 == envelope.serialized() } == 1)
        }
        #expect(await committee.connection().broadcast(try world.envelope(3)).status == 503)
    }

    @Test func `a folder that is in use or was copied is not opened`() async throws {
        let world = try CommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        #expect(throws: NodeError.self) { try world.committee(in: folder) }
        for file in ["safety-record", "signer-guard"] {
            try folder.write(try #require(folder.read("orderer1/\(file)")), to: "copy/orderer1/\(file)")
        }
        let error = #expect(throws: NodeError.self) {
            try CommitteeMember(
                name: "copy", identity: world.orderers[0], folder: folder.path(of: "copy/orderer1"), genesis: world.genesis,
                settings: world.settings, environment: world.environment, transport: LocalCommitteeTransport(), progress: CommitteeProgress())
        }
        #expect(error.map { "\($0)".contains("another copy") } == true)
        for id in committee.running { await committee.member(id)?.close() }
    }

    @Test func `W5: a member whose record cannot be made durable again does not start`() async throws {
        let world = try CommitteeWorld.shared.get()
        let folder = try TemporaryFolder()
        let committee = try world.committee(in: folder)
        for id in committee.running { await committee.member(id)?.close() }
        #expect(throws: NodeError.self) { try world.committee(in: folder, files: [1: CrashingFiles(afterRecords: 0)]) }
    }

    static func signerGuard(in folder: TemporaryFolder, member: Int) -> SignerGuard? {
        guard let bytes = folder.read("orderer\(member)/signer-guard") else { return nil }
        return SignerGuardSlots(slots: [Array(bytes.prefix(ConsensusLimits.guardSlotBytes)), Array(bytes.dropFirst(ConsensusLimits.guardSlotBytes))])?
            .signerGuard
    }

    static func record(in folder: TemporaryFolder, member: Int) -> SafetyRecordSlots? {
        guard let bytes = folder.read("orderer\(member)/safety-record") else { return nil }
        let slots = [Array(bytes.prefix(ConsensusLimits.slotBytes)), Array(bytes.dropFirst(ConsensusLimits.slotBytes))]
        return SafetyRecordSlots(slots: slots) { _, _ in }
    }
}
