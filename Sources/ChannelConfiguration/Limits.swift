/// Upper bounds on a channel configuration, which arrives in blocks from outside.
enum Limits {
    /// Groups inside groups; Fabric's tree has three levels.
    static let groupDepth = 8
    /// Groups, values and policies together.
    static let configurationElements = 50_000
    /// Bytes of the paths of all elements together, 2 MiB: long names high up in the tree are part of every path below them.
    static let configurationPathBytes = 2 << 20
    /// Bytes of a name in the tree, and of a channel's name.
    static let nameBytes = 249
    /// Consenters of one channel.
    static let consenters = 1_000
    /// Signatures of one configuration update.
    static let configurationSignatures = 10_000
    /// Bytes of governance settings in the consensus metadata.
    static let governanceBytes = 256 << 10
    /// Organisations named in the explanation of an unmet policy.
    static let explainedPolicies = 5
    /// Bytes of a duration such as "2s".
    static let durationBytes = 64
}
