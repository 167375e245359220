/// The private data that this node holds in the clear, as they were after some block.
///
/// The ledger holds hashes of all private data (`StateAddress.hashed`); in the clear a node has only what its own organisation may see, and perhaps not all
/// of that: whoever reads compares the version with that of the hash.
package protocol PrivateDataReading: Sendable {
    /// The private value of a key; nil when this node has none.
    func privateValue(of key: StateKey, collection: CollectionName, in namespace: Namespace) throws(StateReadError) -> VersionedValue?

    /// The private keys of a collection from `start` (inclusive) to `end` (exclusive; nil: to the end), in byte order.
    func scanPrivate(
        _ collection: CollectionName, in namespace: Namespace, from start: StateKey, to end: StateKey?
    ) throws(StateReadError) -> any StateScan
}
