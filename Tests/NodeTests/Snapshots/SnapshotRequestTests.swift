import FabricMessages
import FabricServices
import GRPCCore
import Identity
import Ledger
import LedgerModel
import Testing

@testable import Node

/// Snapshots that administrators ask for, made when their block is the last one.
@Suite(.timeLimit(.minutes(10))) struct SnapshotRequestTests {
    @Test func `requests are kept in one form`() {
        #expect(
            SnapshotRequestFormat.encode([1, 0x0102_0304_0506_0708]) == [
                0x53, 0x45, 0x4c, 0x56, 0x53, 0x4e, 0x52, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0x85, 0xd9, 0x72, 0x4e, 0x70, 0xed, 0x76,
                0x0d,
            ])
        for blocks in [[], [7], [0, 1, .max]] as [[UInt64]] {
            let bytes = SnapshotRequestFormat.encode(blocks)
            #expect(SnapshotRequestFormat.decode(bytes) == blocks)
            for index in bytes.indices {
                var flipped = bytes
                flipped[index] ^= 1
                #expect(SnapshotRequestFormat.decode(flipped) == nil, "byte \(index)")
                #expect(SnapshotRequestFormat.decode(Array(bytes[..<index])) == nil, "\(index) bytes")
            }
        }
        #expect(SnapshotRequestFormat.decode(SnapshotRequestFormat.encode([2, 1])) == nil)
        #expect(SnapshotRequestFormat.decode(SnapshotRequestFormat.encode([1, 1])) == nil)
    }

    /// Returns when everything that was begun before is done: the thread takes one thing after the other.
    private static func settle(_ requests: SnapshotRequests) async {
        do throws(SnapshotRequestError) { try await requests.cancel(.max) } catch { #expect(error == .unknown(.max)) }
    }

    /// The hash of a snapshot that is whole, and its last block.
    private static func read(_ requests: SnapshotRequests, _ block: UInt64) throws -> (hash: [UInt8], last: UInt64) {
        let folder = try SnapshotFolder(requests.folder(of: block))
        try folder.verifyHashes()
        return (folder.metadata.snapshotHash, folder.metadata.lastBlockNumber)
    }

    private static func failure(_ work: () async throws(SnapshotRequestError) -> Void) async -> SnapshotRequestError? {
        do throws(SnapshotRequestError) {
            try await work()
            return nil
        } catch {
            return error
        }
    }

    @Test func `a snapshot is made of the last block, and of blocks to come when each is the last one`() async throws {
        try await NodeNetwork().live { network in
            let (first, second) = (network.peers[0].snapshots, network.peers[1].snapshots)
            let last = network.peers[0].height - 1
            try await first.submit(0)
            await Self.settle(first)
            #expect(try first.pendingBlocks == [] && Self.read(first, last).last == last)
            #expect(await Self.failure { () throws(SnapshotRequestError) in try await first.submit(last) } == .made(last))
            #expect(await Self.failure { () throws(SnapshotRequestError) in try await first.submit(0) } == .made(last))
            #expect(await Self.failure { () throws(SnapshotRequestError) in try await first.submit(last - 1) } == .tooLate(last - 1, last: last))
            for requests in [first, second] {
                for block in [last + 3, last + 1, last + 9] { try await requests.submit(block) }
                #expect(requests.pendingBlocks == [last + 1, last + 3, last + 9])
            }
            #expect(await Self.failure { () throws(SnapshotRequestError) in try await first.submit(last + 3) } == .duplicate(last + 3))
            for number in 0..<5 { try await network.submit(NodeNetwork.call("set", "key", "\(number)")) }
            for requests in [first, second] {
                await Self.settle(requests)
                #expect(requests.pendingBlocks == [last + 9])
                try await requests.cancel(last + 9)
                #expect(requests.pendingBlocks == [])
            }
            // Two peers make the same bytes of the same block, and other bytes of another one.
            for block in [last + 1, last + 3] {
                #expect(try Self.read(first, block).hash == Self.read(second, block).hash && Self.read(first, block).last == block)
            }
            #expect(try Self.read(first, last + 1).hash != Self.read(first, last + 3).hash)
        }
    }

    @Test func `requests outlive the peer, and one that a crash has kept from being fulfilled is fulfilled at the start`() async throws {
        let bench = try NodeNetwork()
        var last: UInt64 = 0
        try await bench.live { network in
            last = network.peers[0].height - 1
            try await network.peers[0].snapshots.submit(last + 1)
            try await network.peers[0].snapshots.submit(last + 2)
        }
        try await bench.live(isNew: false) { network in
            let requests = network.peers[0].snapshots
            #expect(requests.pendingBlocks == [last + 1, last + 2])
            try await network.submit(NodeNetwork.call("set", "key", "1"))
            await Self.settle(requests)
            #expect(try requests.pendingBlocks == [last + 2] && Self.read(requests, last + 1).last == last + 1)
            // As after a crash that came between a block and its snapshot: and, for the first, when others came in between.
            try HostFiles.write(SnapshotRequestFormat.encode([last, last + 1]), to: requests.folder + "/requests")
            try SystemFiles().removeFolder(requests.folder(of: last + 1))
        }
        try await bench.live(isNew: false) { network in
            let requests = network.peers[0].snapshots
            await Self.settle(requests)
            #expect(try requests.pendingBlocks == [] && Self.read(requests, last + 1).last == last + 1)
            let reason = try HostFiles.read(requests.folder(of: last) + ".failed", limit: 1_000) ?? []
            #expect(String(decoding: reason, as: UTF8.self).hasPrefix("requested snapshot for block number \(last) cannot be less than"))
            try HostFiles.write([1, 2, 3], to: requests.folder + "/requests")
        }
        #expect { try bench.openPeer(0) } throws: { "\($0)".contains("delete it and submit the snapshot requests again") }
    }

    @Test func `a snapshot that cannot be written costs no block`() async throws {
        try await NodeNetwork().live { network in
            let requests = network.peers[0].snapshots
            let last = network.peers[0].height - 1
            try await requests.submit(last + 1)
            // A file where its folder would be made.
            try HostFiles.write([1], to: requests.folder(of: last + 1) + ".partial")
            try await network.submit(NodeNetwork.call("set", "key", "1"))
            try await network.submit(NodeNetwork.call("set", "key", "2"))
            await Self.settle(requests)
            #expect(requests.pendingBlocks == [] && network.peers[0].height == last + 3)
            #expect(try HostFiles.read(requests.folder(of: last + 1) + ".failed", limit: 1_000)?.isEmpty == false)
        }
    }

    private static func signed(
        _ channel: String, _ block: UInt64, by identity: SigningIdentity, signer: SigningIdentity? = nil, header: Bool = true
    ) throws -> Protos_SignedSnapshotRequest {
        var request = Protos_SnapshotRequest()
        request.channelID = channel
        request.blockNumber = block
        if header { request.signatureHeader.creator = identity.serialized.data }
        var signed = Protos_SignedSnapshotRequest()
        signed.request = request.encoded().data
        signed.signature = try (signer ?? identity).sign(signed.request.byteArray).data
        return signed
    }

    @Test func `administrators of the peer's organisation ask over the wire, and nobody else`() async throws {
        let bench = try NodeNetwork()
        let membership = try MembershipService([bench.authority.mspConfiguration()], supportsEd25519: true)
        let admin = bench.administrators[0]
        let refused: [(Protos_SignedSnapshotRequest, String)] = [
            (try Self.signed("tallies", 5, by: bench.client), "the caller is no administrator of Org1MSP"),
            (try Self.signed("tallies", 5, by: bench.administrators[1]), "access denied to snapshot/submitrequest"),
            (try Self.signed("tallies", 5, by: admin, signer: bench.client), "access denied to snapshot/submitrequest"),
            (try Self.signed("tallies", 5, by: admin, header: false), "missing signature header"),
            (try Self.signed("", 5, by: admin), "missing channel ID"),
            (try Self.signed("nowhere", 5, by: admin), "cannot find ledger for channel nowhere"),
        ]
        let submit = try Self.signed("tallies", 50, by: admin)
        let query = try Self.signed("tallies", 0, by: admin)
        let past = try Self.signed("tallies", 1, by: admin)
        try await bench.served(isNew: true) { world async throws in
            let snapshots = world.network.peers[0].snapshots
            let server = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { world.clock.now() }) { context in
                [SnapshotService(context, membership: membership) { $0 == world.channel ? snapshots : nil }]
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                defer { server.stop() }
                try await world.withClient(of: try await server.endpoint()) { client async throws in
                    let service = Protos_Snapshot.Client(wrapping: client)
                    func failure(_ body: () async throws -> Void) async throws -> String {
                        do {
                            try await body()
                            return "none"
                        } catch let error as RPCError {
                            #expect(error.code == .unknown)
                            return error.message
                        }
                    }
                    for (request, reason) in refused {
                        let text = try await failure { _ = try await service.generate(request) }
                        #expect(text.contains(reason), "\(text)")
                    }
                    var garbage = Protos_SignedSnapshotRequest()
                    garbage.request = [0xFF].data
                    let broken = garbage
                    #expect(try await failure { _ = try await service.queryPendings(broken) }.hasPrefix("failed to unmarshal snapshot request"))
                    _ = try await service.generate(submit)
                    #expect(try await service.queryPendings(query).blockNumbers == [50])
                    #expect(try await failure { _ = try await service.generate(submit) } == "duplicate snapshot request for block number 50")
                    #expect(try await failure { _ = try await service.generate(past) }.contains("cannot be less than the last committed block"))
                    _ = try await service.cancel(submit)
                    #expect(try await failure { _ = try await service.cancel(submit) } == "no snapshot request exists for block number 50")
                    #expect(try await service.queryPendings(query).blockNumbers == [])
                    world.clock.advance(seconds: 20 * 365 * 86_400)
                    #expect(try await failure { _ = try await service.queryPendings(query) } == "client identity expired")
                }
            }
        }
    }
}
