/// Bounds of `discovery.Discovery` on what one request makes a peer compute.
enum DiscoveryLimits {
    /// Queries of one request, and interests of all its queries; more are refused.
    static let queries = 32
    static let interests = 100
    /// Ways to satisfy the policies that one answer names, and how many signers the largest of them has.
    static let layouts = 100
    static let layoutSigners = 16
    /// How often policies are evaluated to find them; after that the gateway's own choice is the answer.
    static let evaluations = 4_000
    /// Chaincodes that a peer says it runs.
    static let chaincodes = 1_000
}
