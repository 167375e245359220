import ChannelConfiguration
import CryptoPrimitives
import Identity
import LedgerModel
import Ordering

/// A network whose committee comes from a pool of institutions (consensus 2.2).
extension NetworkPlan {
    /// An institution's place in the pool, with the key under which it registers and votes: its delegate's.
    static func seat(_ authority: inout DevelopmentAuthority, _ random: inout some RandomSource) throws(CryptoError) -> PoolSeat {
        let organization = authority.organization
        let delegate = try authority.issue(commonName: "delegate@\(organization.domain)", role: .client, random: &random)
        return PoolSeat(member: organization.mspID, identityKey: delegate.certificate.publicKey.x963)
    }

    /// Epochs and phases that a person can watch, and blocks without anybody's transactions.
    static let quickEpochBlocks: UInt64 = 100
    static let quickPhaseBlocks: UInt64 = 5
    static let quickHeartbeatMilliseconds: UInt32 = 500

    /// Leaves the first members in office and makes reserves of the others.
    ///
    /// All institutions become organisations of the channel. They have no peers, so who endorses is said in so many words.
    func found(_ profile: inout GenesisProfile, on seats: [PoolSeat], agencies: Agencies) throws {
        let reserves = profile.consenters.dropFirst(self.producers).map {
            ReserveSeat(member: $0.mspID, certificate: $0.identity, endpoint: Endpoint(host: $0.host, port: $0.port))
        }
        var settings = GovernanceSettings(self.preset.elections, seats: seats, agencies: agencies, reserves: Array(reserves))
        if self.isQuick {
            settings.epochBlocks = Self.quickEpochBlocks
            settings.electionStart = 1
            settings.phases = GovernanceSettings.Phases(
                registration: Self.quickPhaseBlocks, issue: Self.quickPhaseBlocks, commit: Self.quickPhaseBlocks, reveal: Self.quickPhaseBlocks)
            settings.heartbeatMs = Self.quickHeartbeatMilliseconds
        }
        // The first committee stands in block 0, so clients need not wait for blocks that only a heartbeat makes.
        settings.serviceThreshold = 0
        profile.governance = GovernanceSettingsFormat.encode(settings)
        profile.endorsement = try SignaturePolicy(
            count: Int32(self.organizations.count / 2 + 1), of: self.organizations.map { .role($0.mspID, .peer) })
        profile.applicationOrganizations += profile.ordererOrganizations.map { GenesisProfile.Organization(msp: $0.msp, staysReady: true) }
        profile.consenters = Array(profile.consenters.prefix(self.producers))
        profile.ordererOrganizations = Array(profile.ordererOrganizations.prefix(self.producers))
    }
}
