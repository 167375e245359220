/// Where a value of the world state lives: under a public key, or under the hash of a private one.
package enum StateAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// A public key.
    case key(Namespace, StateKey)
    /// A private key, known by the SHA-256 of its text; the value is the SHA-256 of the private value.
    case hashed(Namespace, CollectionName, keyHash: [UInt8])

    package var namespace: Namespace {
        switch self {
        case .key(let namespace, _), .hashed(let namespace, _, _): namespace
        }
    }

    package var description: String {
        switch self {
        case .key(let namespace, let key): "\(namespace)/\(key)"
        case .hashed(let namespace, let collection, let keyHash):
            "\(namespace)/\(collection)#" + keyHash.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    /// The order of chapter 4.8: namespaces; inside one its public keys, then its collections; keys in byte order.
    package static func < (left: StateAddress, right: StateAddress) -> Bool {
        switch (left, right) {
        case (.key(let leftSpace, let leftKey), .key(let rightSpace, let rightKey)):
            return leftSpace == rightSpace ? leftKey < rightKey : leftSpace < rightSpace
        case (.key(let leftSpace, _), .hashed(let rightSpace, _, _)):
            return leftSpace == rightSpace ? true : leftSpace < rightSpace
        case (.hashed(let leftSpace, _, _), .key(let rightSpace, _)):
            return leftSpace == rightSpace ? false : leftSpace < rightSpace
        case (.hashed(let leftSpace, let leftCollection, let leftHash), .hashed(let rightSpace, let rightCollection, let rightHash)):
            if leftSpace != rightSpace { return leftSpace < rightSpace }
            if leftCollection != rightCollection { return leftCollection < rightCollection }
            return ByteOrder.precedes(leftHash, rightHash)
        }
    }
}
