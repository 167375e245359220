/// Bounds and intervals of ordering on etcd.
package enum EtcdLimits {
    /// A block up to this size stands in one value; measured, larger values cost etcd more than the way through parts.
    package static let wholeBlockBytes = 100_000
    /// A part of a larger block: with its frame below etcd's limit of 1.5 MiB for a request.
    package static let partBytes = 1 << 20
    /// Parts of one block: as many as the largest block fills.
    package static let parts = 128
    /// Blocks that are read at once when a consenter catches up.
    package static let blocksOfOneRead: Int64 = 16
    /// How often one block may be refused although the chain still ends where it did.
    package static let refusals = 3
    /// Reads in a row that may stay without an answer before all who wait are told: a connection that breaks costs nobody their place.
    static let silentReads = 3
    /// After a read without an answer: the first pause and the longest one, in milliseconds.
    package static let firstPauseMilliseconds: Int64 = 100
    package static let lastPauseMilliseconds: Int64 = 2_000
    /// Between two questions whether etcd has room again.
    package static let spacePauseMilliseconds: Int64 = 5_000
    /// Blocks that stay in etcd below those that every live consenter has.
    package static let keptBlocks: UInt64 = 64
    /// The longest address of a consenter in a value of ours.
    package static let addressBytes = 512
}
