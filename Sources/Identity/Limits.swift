/// Upper bounds on everything that this module reads from outside.
///
/// They are far above what real networks hold and only stop input that was made to exhaust memory, stack or time.
enum Limits {
    /// Bytes of a serialised identity (organisation name and certificate).
    static let serializedIdentityBytes = 32_768
    /// Characters of a policy in text form.
    static let policyTextCharacters = 65_536
    /// Gates inside gates; protobuf needs two levels for each.
    static let policyDepth = 32
    /// Rules (gates and leaves) of one policy.
    static let policyRules = 10_000
    /// Principals of one policy.
    static let policyPrincipals = 10_000
    /// Combined principals inside combined principals.
    static let principalDepth = 8
    /// Parts of one combined principal.
    static let combinedPrincipals = 100
    /// Characters of the explanation of an unmet policy.
    static let explanationCharacters = 2_000
    /// Bytes of text that are made on the way to an explanation; what goes beyond is left out.
    static let explanationWorkBytes = 65_536
    /// Principals of one set that satisfies a policy; larger sets are not listed.
    static let satisfyingSetSize = 1_000
    /// Certificates of one kind (roots, intermediates, admins) in one organisation's configuration.
    static let certificatesPerKind = 1_000
    /// Revocation lists of one organisation.
    static let revocationLists = 100
    /// Certificates between an identity and its root, both included.
    static let chainLength = 10
    /// Signature checks spent on finding the chain of one certificate.
    static let chainSearchSteps = 256
    /// Accepted identities remembered by a membership service.
    static let acceptedIdentities = 8_192
    /// How often a key is asked for before it gets a table: a table costs what it saves in so many checks.
    static let checksBeforeKeyTable = 1_000
    /// Tables of keys kept at once, 150 kB each.
    static let keyTables = 32
    /// Keys whose use is counted at once.
    static let countedKeys = 4_096
    /// Signers of one message that are compared with each other one by one.
    static let fewSigners = 16
    /// Refused identities remembered by a membership service.
    static let refusedIdentities = 1_024
}
