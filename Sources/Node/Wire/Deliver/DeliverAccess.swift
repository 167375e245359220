import ChannelConfiguration
import Identity
import LedgerModel

/// Whether who asked for blocks may still see them: asked anew for each block, computed anew when the configuration has changed.
struct DeliverAccess: Sendable {
    /// The policy that readers must meet: the channel's own for a resource, else the fallback.
    struct Rule: Equatable, Sendable {
        let resource: String?
        let fallback: String

        static let orderer = Rule(resource: nil, fallback: "/Channel/Readers")
        static let peerBlocks = Rule(resource: "event/Block", fallback: "/Channel/Application/Readers")
        static let peerFilteredBlocks = Rule(resource: "event/FilteredBlock", fallback: "/Channel/Application/Readers")
    }

    private let rule: Rule
    private let signed: SignedMessage
    private var checkedSequence: UInt64?
    /// When the certificate is over, in seconds since 1970; nil while it is not known.
    private(set) var expiry: Int64?

    init(rule: Rule, signed: SignedMessage) {
        self.rule = rule
        self.signed = signed
    }

    /// - Throws: `.expired` or `.accessDenied`.
    mutating func check(_ bundle: ChannelBundle, now: Timestamp) throws(DeliverRefusal) {
        if let expiry, now > Timestamp(seconds: expiry) { throw .expired }
        if self.checkedSequence == bundle.sequence { return }
        if let member = try? bundle.membership.identity(self.signed.identity) {
            if member.isExpired(at: now) { throw .expired }
            self.expiry = member.certificate.notAfter
        }
        let path = self.rule.resource.map { bundle.policyPath(forResource: $0, fallback: self.rule.fallback) } ?? self.rule.fallback
        let result: PolicyResult
        do {
            result = try bundle.evaluate(policy: path, [self.signed])
        } catch {
            throw .accessDenied(missing: "policy [\(path)]: \(error)")
        }
        if case .unsatisfied(let missing) = result { throw .accessDenied(missing: "policy [\(path)] is not met: \(missing)") }
        self.checkedSequence = bundle.sequence
    }
}
