import CryptoPrimitives
import Identity
import LedgerModel
import Node
import RecordSharing
import SelvageClient
import Synchronization
import TestSupport

/// A clock that tests set.
final class CustodianClock: ClientEnvironment {
    private let time = Mutex(Timestamp(seconds: 1_750_000_000))

    var seconds: Int64 {
        get { self.time.withLock { $0.seconds } }
        set { self.time.withLock { $0 = Timestamp(seconds: newValue) } }
    }

    func now() -> Timestamp { self.time.withLock { $0 } }
    func randomBytes(count: Int) -> [UInt8] { [UInt8](repeating: 1, count: count) }
}

/// Grants as a test wrote them down.
final class CustodianGrants: GrantReading {
    let channel: ChannelID = "care"
    let height: UInt64 = 42
    private let grants = Mutex<[String: GrantFacts]>([:])
    private let failure = Mutex<String?>(nil)

    func set(_ id: String, _ facts: GrantFacts) { self.grants.withLock { $0[id] = facts } }
    func fail(_ reason: String?) { self.failure.withLock { $0 = reason } }

    func grant(_ id: String) async throws -> GrantFacts? {
        if let reason = self.failure.withLock({ $0 }) { throw CustodianLedgerError(description: reason) }
        return self.grants.withLock { $0[id] }
    }
}

struct CustodianLedgerError: Error, CustomStringConvertible {
    let description: String
}

/// A custodian that holds one share of a real record, and a doctor who has a grant for it.
struct CustodianBench {
    static let record = "00112233445566778899aabbccddeeff"
    static let name = "hospital-a"

    let folder: TemporaryFolder
    let clock = CustodianClock()
    let grants = CustodianGrants()
    let identity: SigningIdentity
    let doctorKey: SigningKey
    let doctorSealing: UnsealingKey
    let strangerKey: SigningKey
    let strangerSealing: UnsealingKey
    /// A share of a record, and another share of the same one (`CustodyShareFormat`).
    let share: [UInt8]
    let otherShare: [UInt8]
    let custodian: Custodian

    init(isHolding: Bool = true) throws {
        var random = SeededRandomSource(exactSeed: 0xC057)
        var authority = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "HospitalMSP", domain: "hospital.test", kind: .peer), random: &random,
            validity: ValidityPeriod(notBefore: 0, notAfter: 2_000_000_000))
        self.identity = try authority.issue(commonName: "custodian.hospital.test", role: .client, random: &random)
        self.doctorKey = try SigningKey(rawScalar: random.bytes(count: 32))
        self.doctorSealing = try UnsealingKey(rawScalar: random.bytes(count: 32))
        self.strangerKey = try SigningKey(rawScalar: random.bytes(count: 32))
        self.strangerSealing = try UnsealingKey(rawScalar: random.bytes(count: 32))
        let shared = try EMS1.seal(record: random.bytes(count: 300), context: [1], threshold: 2, shares: 3, random: &random)
        self.share = CustodyShareFormat.encode(keyPart: try EMS1.keyPart(ofShare: shared.shares[1]), fragment: shared.fragments[1])
        self.otherShare = CustodyShareFormat.encode(keyPart: try EMS1.keyPart(ofShare: shared.shares[2]), fragment: shared.fragments[2])
        self.folder = try TemporaryFolder("custodian")
        self.custodian = try Self.start(in: self.folder, self.identity, self.grants, self.clock)
        self.grants.set("g1", self.facts())
        if isHolding { try self.custodian.hold(self.share, record: Self.record, version: 1) }
    }

    private static func start(
        in folder: TemporaryFolder, _ identity: SigningIdentity, _ grants: CustodianGrants, _ clock: CustodianClock
    ) throws -> Custodian {
        try Custodian(name: Self.name, identity: identity, folder: folder.path, grants: grants, environment: clock)
    }

    /// The custodian after a restart: the same folder, nothing remembered.
    func restarted() throws -> Custodian { try Self.start(in: self.folder, self.identity, self.grants, self.clock) }

    func facts(
        record: String = Self.record, version: UInt64 = 1, grantee: String = "dr", refusal: String? = nil, signingKey: [UInt8]? = nil,
        sealingKey: [UInt8]? = nil
    ) -> GrantFacts {
        GrantFacts(
            record: record, version: version, grantee: grantee, refusal: refusal, granteeSigningKey: signingKey ?? self.doctorKey.publicKey.x963,
            granteeSealingKey: sealingKey ?? self.doctorSealing.sealingKey.x963)
    }

    func request(
        channel: String = "care", record: String = Self.record, version: UInt64 = 1, grant: String = "g1", requester: String = "dr",
        nonce: [UInt8] = Array(1...16), seconds: Int64 = 1_750_000_000
    ) -> ShareRequest {
        ShareRequest(channel: channel, record: record, version: version, grant: grant, requester: requester, nonce: nonce, seconds: seconds)
    }

    func release(_ request: ShareRequest, signedBy key: SigningKey? = nil) async throws -> ReleasedShare {
        try await self.custodian.release(request, signature: try (key ?? self.doctorKey).sign(ShareRequestFormat.encode(request)))
    }

    /// The error of a release; nil when the share was released.
    func refusal(_ request: ShareRequest, signedBy key: SigningKey? = nil) async -> CustodianError? {
        do {
            _ = try await self.release(request, signedBy: key)
            return nil
        } catch {
            return error as? CustodianError
        }
    }

    func open(_ released: ReleasedShare, _ request: ShareRequest, with key: UnsealingKey) throws -> [UInt8] {
        try key.open(
            released.box, info: Custodian.shareBinding(custodian: Self.name, signedRequest: ShareRequestFormat.encode(request)),
            authenticating: [])
    }
}
