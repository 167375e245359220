import ChannelConfiguration
import CommitteeTestSupport
import CryptoPrimitives
import FabricMessages
import FabricServices
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Identity
import LedgerModel
import Ordering
import Synchronization
import TestSupport
import Testing

@testable import Node

/// Members that speak over real connections, and others that try to.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CommitteeLinkTests {
    private static func network(namesTLS: Bool = true) throws -> PortedCommittee {
        try PortedCommittee(namesTLS: namesTLS, now: SystemEnvironment().now())
    }

    @Test(arguments: [true, false]) func `four members on ports order envelopes in one chain`(namesTLS: Bool) async throws {
        let network = try Self.network(namesTLS: namesTLS)
        let members = try LinkedMembers(network, ids: [1, 2, 3, 4])
        try await members.running { () async throws in
            for number in 0..<20 {
                let envelope = try network.envelope("\(number)", at: SystemEnvironment().now())
                let answer = try #require(await members.seats[UInt32(number % 4 + 1)]?.member.broadcast(envelope))
                #expect(answer.status == 200, "\(answer)")
            }
            let chains = try await members.waitForEnvelopes(20, at: [1, 2, 3, 4])
            for chain in chains { #expect(chain.map(\.headerHash) == chains[0].map(\.headerHash)) }
            #expect(members.progress.snapshot.evidence.isEmpty)
            for seat in members.seats.values {
                #expect(seat.links.refusalCount == 0)
                // Two to each of the three others: votes, and all else.
                #expect(seat.wire.connectionCount <= 6)
            }
        }
    }

    @Test func `who is not the member that it says it is gets no stream`() async throws {
        let network = try Self.network()
        let members = try LinkedMembers(network, ids: [1])
        try await members.running { () async throws in
            let right = RawLink(network, from: 2, to: 1, lane: .votes)
            #expect(try await right.talk(staysOpen: false) == nil)
            var impostor = right
            impostor.identity = network.members[2].identity
            #expect(try await impostor.talk() == .unauthenticated)
            #expect(members.seats[1]?.links.refusal(of: 2) == .notProven(consenter: 2))
            var otherPair = right
            otherPair.pair = network.members[2].tls
            #expect(try await otherPair.talk() == .unauthenticated)
            #expect(members.seats[1]?.links.refusal(of: 2) == .wrongTLSCertificate(consenter: 2))
            var stranger = right
            (stranger.pair, stranger.identity) = (network.stranger, network.strangerIdentity)
            #expect(try await stranger.talk() == .unauthenticated)
            var withoutCertificate = right
            withoutCertificate.pair = nil
            #expect(try await withoutCertificate.talk() == .unauthenticated)
            var replayed = right
            replayed.signedNonce = [UInt8](repeating: 1, count: 32)
            #expect(try await replayed.talk() == .unauthenticated)
            var unknown = right
            unknown.link = CommitteeLinkFormat.Link(chain: right.link.chain, from: 9, to: 1, lane: .votes)
            #expect(try await unknown.talk() == .permissionDenied)
            var otherMember = right
            otherMember.link = CommitteeLinkFormat.Link(chain: right.link.chain, from: 2, to: 3, lane: .votes)
            #expect(try await otherMember.talk() == .notFound)
            var otherChain = right
            otherChain.link = CommitteeLinkFormat.Link(chain: SHA256.hash([1]), from: 2, to: 1, lane: .votes)
            #expect(try await otherChain.talk() == .notFound)
            var garbage = right
            garbage.alter = { _ in [1, 2, 3] }
            #expect(try await garbage.talk() == .invalidArgument)
            // Those who were refused have harmed nobody.
            #expect(try await right.talk(staysOpen: false) == nil)
        }
    }

    @Test func `where the configuration names no TLS certificate, the signature alone decides, for the connection that it was made for`() async throws
    {
        let network = try Self.network(namesTLS: false)
        let members = try LinkedMembers(network, ids: [1])
        try await members.running { () async throws in
            var right = RawLink(network, from: 2, to: 1, lane: .votes)
            right.pair = network.stranger
            #expect(try await right.talk(staysOpen: false) == nil)
            right.identity = network.strangerIdentity
            #expect(try await right.talk() == .unauthenticated)
        }
    }

    @Test func `garbage, parcels of another lane and oversized ones end their stream, and parcels before them are taken`() async throws {
        let network = try Self.network()
        let members = try LinkedMembers(network, ids: [1])
        try await members.running { () async throws in
            let links = try #require(members.seats[1]?.links)
            let votes = RawLink(network, from: 2, to: 1, lane: .votes)
            let blocks = RawLink(network, from: 3, to: 1, lane: .blocks)
            let wanted = try #require(MemberParcelFormat.encode(.decisionsWanted(from: 1)))
            #expect(try await blocks.talk([wanted, [1, 99, 0]]) == .invalidArgument)
            #expect(try await blocks.talk([[]]) == .invalidArgument)
            #expect(try await votes.talk([wanted]) == .invalidArgument)
            #expect(links.refusal(of: 2) == .wrongLane)
            let limits = CommitteeWireLimits()
            #expect(try await votes.talk([[UInt8](repeating: 1, count: limits.voteBytes + 1)]) == .resourceExhausted)
            #expect(links.refusal(of: 2) == .tooLarge(sizeBytes: limits.voteBytes + 1, limit: limits.voteBytes))
            // The library resets the stream above the server's own limit, and says no more.
            #expect(try await blocks.talk([[UInt8](repeating: 1, count: limits.parcelBytes + 1)]) != nil)
            #expect(try await blocks.talk([wanted, wanted], staysOpen: false) == nil)
        }
    }

    @Test func `a newer stream of a member ends its older one, and only that`() async throws {
        let network = try Self.network()
        let members = try LinkedMembers(network, ids: [1])
        try await members.running { () async throws in
            let link = RawLink(network, from: 2, to: 1, lane: .votes)
            let isOpen = OneTimeSignal<Void>()
            async let older = link.talk(onWelcome: { isOpen.fire(()) })
            _ = await isOpen.wait()
            #expect(try await RawLink(network, from: 2, to: 1, lane: .blocks).talk(staysOpen: false) == nil)
            #expect(try await RawLink(network, from: 3, to: 1, lane: .votes).talk(staysOpen: false) == nil)
            #expect(members.seats[1]?.links.refusalCount == 0)
            #expect(try await link.talk(staysOpen: false) == nil)
            #expect(try await older == .aborted)
        }
    }

    @Test func `a member whose key the chain has changed is not heard any longer, also on a stream that was there`() async throws {
        let network = try Self.network()
        let later = try PortedCommittee(seed: 29, now: SystemEnvironment().now(), ports: network.members.map(\.port))
        let members = try LinkedMembers(network, ids: [1])
        try await members.running { () async throws in
            let links = try #require(members.seats[1]?.links)
            let wanted = try #require(MemberParcelFormat.encode(.decisionsWanted(from: 1)))
            let rules = try CommitteeBlocks(genesis: ChannelBundle(block: later.genesis), chain: later.genesis.headerHash)
            let code = try await RawLink(network, from: 2, to: 1, lane: .blocks).talk([wanted], onWelcome: { links.use(rules) })
            #expect(code == .permissionDenied)
            #expect(links.refusal(of: 2) == .stranger(consenter: 2))
        }
    }

    @Test func `a member with another TLS key than the configuration names is not spoken to, and the others go on`() async throws {
        let network = try Self.network()
        let members = try LinkedMembers(network, ids: [1, 2, 3, 4], tls: [4: network.stranger])
        try await members.running { () async throws in
            for number in 0..<6 {
                let envelope = try network.envelope("\(number)", at: SystemEnvironment().now())
                #expect(try #require(await members.seats[UInt32(number % 3 + 1)]?.member.broadcast(envelope)).status == 200)
            }
            let chains = try await members.waitForEnvelopes(6, at: [1, 2, 3])
            for chain in chains { #expect(chain.map(\.headerHash) == chains[0].map(\.headerHash)) }
            #expect(members.progress.snapshot.members[4]?.head == 0)
            #expect(members.seats[1]?.links.failure(to: 4) != nil)
            #expect(members.seats[1]?.links.failure(to: 2) == nil)
        }
    }

    @Test func `a member that reads no blocks makes nobody wait, holds a bounded number of bytes and does not delay votes`() async throws {
        let network = try Self.network()
        let members = try LinkedMembers(network, ids: [1, 2, 3])
        let deaf = network.members[3]
        let heard = OneTimeSignal<Void>()
        let pair = ServerTLS(certificates: deaf.tls.certificate.pem, key: Array(deaf.tls.keyPEM.utf8))
        let server = try WireServer(
            listen: WireEndpoint(host: "127.0.0.1", port: deaf.port), tls: pair, clock: { SystemEnvironment().now() }
        ) { [DeafService(context: $0, identity: deaf.identity, heard: (777, heard))] }
        try await withThrowingTaskGroup(of: Void.self) { group async throws in
            group.addTask { try await server.run() }
            _ = try await server.endpoint()
            try await members.running { () async throws in
                let links = try #require(members.seats[1]?.links)
                let large = [UInt8](repeating: 7, count: 8 << 20)
                for _ in 0..<20 {
                    links.send(.candidate(large), from: 1, to: 4)
                    #expect(links.waiting(for: 4).bytes <= 40 << 20)
                }
                let vote = Vote(height: 777, round: 0, kind: .prevote, choice: .nil, signer: 1)
                links.send(.consensus(.vote(SignedVote(vote: vote, signature: [1]))), from: 1, to: 4)
                #expect(await heard.wait() != nil)
                // A stream that breaks at its beginning loses what waited for it.
                while links.waiting(for: 4).count == 0 {
                    links.send(.candidate(large), from: 1, to: 4)
                    try await Task.sleep(for: .milliseconds(10))
                }
                for number in 0..<6 {
                    let envelope = try network.envelope("\(number)", at: SystemEnvironment().now())
                    #expect(try #require(await members.seats[UInt32(number % 3 + 1)]?.member.broadcast(envelope)).status == 200)
                }
                _ = try await members.waitForEnvelopes(6, at: [1, 2, 3])
                let waiting = links.waiting(for: 4)
                #expect(waiting.lost > 0 && waiting.bytes <= 72 << 20, "\(waiting)")
            }
            server.stop()
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    @Test func `members of two channels share the connections between their nodes`() async throws {
        // The same people, ports and TLS keys: two channels that differ in when they began.
        let now = SystemEnvironment().now()
        let first = try PortedCommittee(now: now)
        let second = try PortedCommittee(now: Timestamp(seconds: now.seconds - 60), ports: first.members.map(\.port))
        #expect(first.genesis.headerHash != second.genesis.headerHash)
        var wires: [CommitteeWire] = []
        var servers: [WireServer] = []
        var links: [[CommitteeLinks]] = [[], []]
        let endpoints = (0..<4).map { _ in CollectingEndpoint() }
        for index in 0..<2 {
            let person = first.members[index]
            let (certificate, key) = (person.tls.certificate.pem, Array(person.tls.keyPEM.utf8))
            let wire = try CommitteeWire(tls: CommitteeTLS(certificate: certificate, key: key))
            for (number, network) in [first, second].enumerated() {
                let own = CommitteeLinks(chain: network.genesis.headerHash, identity: network.members[index].identity, wire: wire)
                own.use(try CommitteeBlocks(genesis: ChannelBundle(block: network.genesis), chain: network.genesis.headerHash))
                own.attach(endpoints[index * 2 + number], as: person.id)
                links[index].append(own)
            }
            servers.append(
                try WireServer(
                    listen: WireEndpoint(host: "127.0.0.1", port: person.port), tls: ServerTLS(certificates: certificate, key: key),
                    clock: { SystemEnvironment().now() }
                ) { [CommitteeService($0, wire: wire)] })
            wires.append(wire)
        }
        try await withThrowingTaskGroup(of: Void.self) { group async throws in
            for server in servers { group.addTask { try await server.run() } }
            for wire in wires { group.addTask { await wire.run() } }
            for server in servers { _ = try await server.endpoint() }
            for number in 0..<2 {
                for parcel: MemberParcel in [.candidate([UInt8(number)]), .envelopes([[UInt8(number)]])] {
                    links[0][number].send(parcel, from: 1, to: 2)
                }
                _ = await endpoints[2 + number].arrived.wait()
            }
            // What is of one channel went to its member alone, over one connection for both.
            #expect(endpoints[2].all.allSatisfy { $0 == .candidate([0]) || $0 == .envelopes([[0]]) })
            #expect(endpoints[3].all.allSatisfy { $0 == .candidate([1]) || $0 == .envelopes([[1]]) })
            #expect(wires[0].connectionCount == 1 && wires[1].connectionCount == 0)
            for own in links.joined() { own.detach(own === links[0][0] || own === links[0][1] ? 1 : 2) }
            for server in servers { server.stop() }
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    @Test func `an answer of a member brings its receipt behind what stock clients read`() async throws {
        let network = try Self.network()
        let members = try LinkedMembers(network, ids: [1])
        try await members.running { () async throws in
            let envelope = try network.envelope("promised", at: SystemEnvironment().now())
            let reply = try #require(await members.seats[1]?.member.broadcast(envelope))
            let receipt = try ReceiptFormat.decode(reply.receipt)
            #expect(receipt.receipt.ingress == 1 && receipt.receipt.envelopeHash == SHA256.hash(envelope.serialized()))
            #expect(receipt.isSigned(by: network.members[0].identity.certificate.publicKey, chain: network.genesis.headerHash))
            let frame = AtomicBroadcastService.frame(reply).bytes
            let read = try Orderer_BroadcastResponse.decode(frame, as: "answer")
            #expect(read.status == .success && read.info.isEmpty)
            #expect(Array(frame.suffix(reply.receipt.count)) == reply.receipt)
        }
    }

    @Test func `a node that the chain does not know answers 503 to Broadcast`() async throws {
        let network = try Self.network()
        // Its number is one that the configuration does not name.
        let world = try PortedCommittee(seed: 30, now: SystemEnvironment().now(), ports: network.members.map(\.port))
        let folder = try TemporaryFolder()
        let member = try CommitteeMember(
            name: "follower", identity: world.members[0].identity, consenter: 9, folder: folder.path(of: "follower"), genesis: network.genesis,
            settings: LinkedMembers.settings, environment: SystemEnvironment(), transport: LocalCommitteeTransport(), progress: CommitteeProgress())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await member.run() }
            let reply = await member.broadcast(try network.envelope("a", at: SystemEnvironment().now()))
            #expect(reply.status == 503 && reply.info.contains("127.0.0.1:\(network.members[0].port)"), "\(reply)")
            member.stop()
            try await group.waitForAll()
        }
    }

    @Test func `a strict Deliver request ends with 503 when the member stops, and gets 503 while it is down`() async throws {
        let network = try Self.network()
        let members = try LinkedMembers(network, ids: [1])
        let source = try #require(members.seats[1]?.member)
        let environment = SystemEnvironment()
        let server = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { environment.now() }) { context in
            [AtomicBroadcastService(context, orderer: source) { $0 == PortedCommittee.channel ? source : nil }]
        }
        @Sendable func ask(_ endpoint: WireEndpoint, _ seek: Orderer_SeekInfo) async throws -> [String] {
            let request = try WireCalls.request(seek, channel: PortedCommittee.channel, by: network.client, at: environment.now())
            return try await WireCalls.withClient(of: endpoint, security: .plaintext) { client async throws in
                try await WireCalls.deliver(client, Orderer_AtomicBroadcast.Method.Deliver.descriptor, [request]).map(\.summary)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group async throws in
            group.addTask { try await server.run() }
            let endpoint = try await server.endpoint()
            let block0 = WireCalls.seek(WireCalls.oldest, WireCalls.oldest)
            // It does not run yet.
            #expect(try await ask(endpoint, block0) == ["status 503"])
            var patient = block0
            patient.errorResponse = .bestEffort
            #expect(try await ask(endpoint, patient) == ["block 0", "status 200"])
            try await members.running { () async throws in
                try await members.progress.wait { $0.members[1]?.isRunning == true }
                #expect(try await ask(endpoint, block0) == ["block 0", "status 200"])
                async let waiting = ask(endpoint, WireCalls.seek(WireCalls.oldest, WireCalls.number(5)))
                // It waits for block 1, which never comes; its end is that of the member.
                source.stop()
                #expect(try await waiting.last == "status 503")
            }
            server.stop()
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }
}

/// What came for a member that is none.
private final class CollectingEndpoint: CommitteeEndpoint {
    private let parcels = Mutex<[MemberParcel]>([])
    let arrived = OneTimeSignal<MemberParcel>()

    func accept(_ parcel: MemberParcel, from consenter: UInt32) {
        self.parcels.withLock { $0.append(parcel) }
        self.arrived.fire(parcel)
    }

    var all: [MemberParcel] { self.parcels.withLock { $0 } }
}

/// The other end of a link that proves who it is and then reads nothing but votes.
private struct DeafService: RegistrableRPCService {
    let context: WireContext
    let identity: SigningIdentity
    /// Happens when a vote of this height has come.
    let heard: (height: UInt64, signal: OneTimeSignal<Void>)

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(forMethod: CommitteeService.link, deserializer: BytesReader(), serializer: WireFrameSerializer()) { request, call in
            StreamingServerResponse { writer in
                let nonce = [UInt8](repeating: 3, count: 32)
                try await writer.write(WireFrame(head: CommitteeLinkFormat.challenge(nonce)))
                var iterator = request.messages.makeAsyncIterator()
                guard let first = try await iterator.next() else { return [:] }
                let hello = try CommitteeLinkFormat.hello(first)
                let binding = CommitteeLinkFormat.Binding(
                    serverNonce: nonce, clientNonce: hello.clientNonce, clientKey: self.context.connections.key(of: call.remotePeer) ?? [],
                    serverKey: self.context.serverKey ?? [])
                let signature = try self.identity.sign(CommitteeLinkFormat.signedBytes(hello.link, binding, asClient: false))
                try await writer.write(WireFrame(head: CommitteeLinkFormat.welcome(signature)))
                while hello.link.lane == .votes, let bytes = try await iterator.next() {
                    if try MemberParcelFormat.decode(bytes).place?.height == self.heard.height { self.heard.signal.fire(()) }
                }
                _ = await self.context.stopping.wait()
                return [:]
            }
        }
    }
}
