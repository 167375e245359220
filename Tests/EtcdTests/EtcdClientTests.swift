import CryptoPrimitives
import EtcdServices
import Identity
import Ordering
import SelvageClient
import Synchronization
import TestSupport
import Testing

@testable import Node

/// etcd's API as the client sees it, on the real program.
@Suite(.enabled(if: EtcdProcess.program != nil, "needs the program etcd (Debian: etcd-server)"))
struct EtcdClientTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// Runs a client while the body does, once etcd answers.
    static func with<Result: Sendable>(
        _ settings: EtcdSettings, _ body: @Sendable @escaping (EtcdClient) async throws -> Result
    ) async throws -> Result {
        let client = try EtcdClient(settings)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await client.run() }
            defer {
                client.close()
                group.cancelAll()
            }
            try await eventually("etcd answers") { (try? await client.isOutOfSpace()) != nil }
            return try await body(client)
        }
    }

    private static func put(_ key: String, _ value: String, lease: Int64 = 0) -> EtcdOperation {
        .put(key: self.bytes(key), value: self.bytes(value), lease: lease)
    }

    private static func get(_ key: String, end: String = "") -> EtcdOperation { .get(key: self.bytes(key), end: self.bytes(end), limit: 0) }

    @Test func `transactions compare, leases end, watches tell, and compaction ends a watch`() async throws {
        let cluster = try EtcdCluster(members: 1)
        try await Self.with(EtcdSettings(endpoints: cluster.endpoints, address: "a:1", callSeconds: 60)) { client in
            let made = EtcdTransaction(
                compares: [EtcdCompare(key: Self.bytes("k"), target: .createRevision, revision: 0)], success: [Self.put("k", "1")],
                failure: [Self.get("k")])
            guard case .answered(let first) = await client.transact(made), case .answered(let second) = await client.transact(made) else {
                Issue.record("etcd gave no answer")
                return
            }
            #expect(first.succeeded && !second.succeeded)
            #expect(second.results.first?.first?.value == Self.bytes("1"))
            #expect(second.results.first?.first?.modRevision == first.revision)
            let next = EtcdTransaction(
                compares: [EtcdCompare(key: Self.bytes("k"), target: .modRevision, revision: first.revision)], success: [Self.put("k", "2")])
            guard case .answered(let third) = await client.transact(next) else { return }
            #expect(third.succeeded)

            let lease = try await client.grantLease(seconds: 60)
            try await client.keepAlive(lease)
            guard case .answered = await client.transact(EtcdTransaction(success: [Self.put("leased", "x", lease: lease)])) else { return }
            let heard = Heard()
            let watching = Task {
                await client.watch(from: first.revision, key: Self.bytes("k"), end: Self.bytes("m")) { heard.add($0) }
            }
            try await eventually("the watch tells the past") { heard.texts == ["k=1", "k=2", "leased=x"] }
            try await client.revoke(lease)
            try await eventually("the end of a lease is told") { heard.texts.last == "leased gone" }
            watching.cancel()
            await watching.value
            await #expect(throws: EtcdError.leaseGone) { try await client.keepAlive(lease) }
            #expect(try await client.read(EtcdTransaction(success: [Self.get("leased")])).results == [[]])
            // A put under a lease that is over was not carried out, and nobody can say so from the code alone.
            #expect(await client.transact(EtcdTransaction(success: [Self.put("late", "x", lease: lease)])) != .noSpace)
            #expect(try await client.read(EtcdTransaction(success: [Self.get("late")])).results == [[]])

            try await client.compact(third.revision)
            await client.watch(from: first.revision, key: Self.bytes("k"), end: []) { _ in Issue.record("a forgotten revision was told") }
            #expect(try await client.isOutOfSpace() == false)
            #expect(try await client.defragment(member: 0) == false)
        }
    }

    @Test func `over mutual TLS a client without a certificate is refused`() async throws {
        var random = SeededRandomSource(exactSeed: 32)
        var authority = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "ClinicMSP", domain: "clinic.example", kind: .orderer), random: &random,
            validity: .decade(from: SystemEnvironment().now()))
        try authority.issue(commonName: "etcd.clinic.example", role: .orderer, hosts: ["localhost", "127.0.0.1"], random: &random)
        let pair = try #require(authority.tlsIdentity(of: "etcd.clinic.example"))
        let files = try TemporaryFolder("selvage-etcd-tls")
        try files.write(pair.certificate.pem, to: "etcd.crt")
        try files.write(Array(pair.keyPEM.utf8), to: "etcd.key")
        try files.write(authority.tlsRoot.pem, to: "ca.crt")
        let cluster = try EtcdCluster(
            members: 1,
            options: [
                "--cert-file", files.path(of: "etcd.crt"), "--key-file", files.path(of: "etcd.key"), "--trusted-ca-file", files.path(of: "ca.crt"),
                "--client-cert-auth",
            ], scheme: "https")
        let own = ClientTLS.Certificate(chain: pair.certificate.pem, key: Array(pair.keyPEM.utf8))
        let tls = ClientTLS(roots: [authority.tlsRoot.pem], certificate: own)
        try await Self.with(EtcdSettings(endpoints: cluster.endpoints, tls: tls, address: "a:1", callSeconds: 60)) { client in
            let answer = try await client.read(EtcdTransaction(success: [Self.get("k")]))
            #expect(answer.results == [[]])
        }
        let stranger = try EtcdClient(
            EtcdSettings(endpoints: cluster.endpoints, tls: ClientTLS(roots: [authority.tlsRoot.pem]), address: "a:1", callSeconds: 60))
        let running = Task { await stranger.run() }
        await #expect(throws: EtcdError.self) { try await stranger.read(EtcdTransaction(success: [Self.get("k")])) }
        stranger.close()
        await running.value
    }
}

/// What a watch told, as text.
private final class Heard: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ happenings: [EtcdClient.Happening]) {
        self.lines.withLock { lines in
            for happening in happenings {
                switch happening {
                case .put(let item): lines.append("\(String(decoding: item.key, as: UTF8.self))=\(String(decoding: item.value, as: UTF8.self))")
                case .deleted(let key): lines.append("\(String(decoding: key, as: UTF8.self)) gone")
                }
            }
        }
    }

    var texts: [String] { self.lines.withLock { $0 } }
}
