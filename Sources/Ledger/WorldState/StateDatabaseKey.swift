import LedgerModel

/// What a key of the state database stands for; the reverse of `StateKeyFormat`.
package enum StateDatabaseKey: Equatable, Sendable, CustomStringConvertible {
    case state(StateAddress)
    case history(Namespace, StateKey, StateVersion)
    case transaction(TransactionID)
    case block(UInt64)
    case blockHash([UInt8])
    /// A configuration of collections that came with a snapshot.
    case collections(chaincode: [UInt8], block: UInt64)
    /// A private value in the clear; it is not told of which key.
    case privateState(Namespace, CollectionName)
    /// The ledger's own data, such as its savepoint.
    case own(String)
    /// Nothing that this program writes.
    case unknown(sizeBytes: Int)

    package init(_ bytes: [UInt8]) {
        self = Self.read(bytes) ?? .unknown(sizeBytes: bytes.count)
    }

    package var description: String {
        switch self {
        case .state(let address): "state of \(Self.printable(address.description))"
        case .history(let namespace, let key, let version): "history of \(Self.printable("\(namespace)/\(key)")) at \(version)"
        case .transaction(let id): "index of transaction \(Self.printable(id.text))"
        case .block(let number): "index of block \(number)"
        case .blockHash(let hash): "index of block hash \(Base16Prefix.text(hash))"
        case .collections(let chaincode, let block):
            "collections of \(Self.printable(String(decoding: chaincode, as: UTF8.self))) at block \(block)"
        case .privateState(let namespace, let collection): "private state of \(Self.printable("\(namespace)/\(collection)"))"
        case .own(let name): name
        case .unknown(let size): "an unknown key of \(size) bytes"
        }
    }

    /// Text with every character that is not printable ASCII replaced: a damaged key may hold anything, a terminal's commands too.
    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(200).map { (0x20..<0x7f).contains($0.value) ? $0 : "?" }))
    }

    private static func read(_ bytes: [UInt8]) -> StateDatabaseKey? {
        guard let kind = bytes.first else { return nil }
        var rest = bytes.dropFirst()
        switch kind {
        case UInt8(ascii: "s"):
            guard let namespace = self.sized(&rest) else { return nil }
            return .state(.key(Namespace(utf8: namespace), StateKey(utf8: Array(rest))))
        case UInt8(ascii: "h"):
            guard let namespace = self.sized(&rest), let collection = self.sized(&rest) else { return nil }
            return .state(.hashed(Namespace(utf8: namespace), CollectionName(utf8: collection), keyHash: Array(rest)))
        case UInt8(ascii: "p"):
            guard let namespace = self.sized(&rest), let collection = self.sized(&rest) else { return nil }
            return .privateState(Namespace(utf8: namespace), CollectionName(utf8: collection))
        case UInt8(ascii: "y"):
            guard let namespace = self.sized(&rest), let key = self.sized(&rest), rest.count == 16 else { return nil }
            let version = StateVersion(block: ~rest.prefix(8).bigEndianNumber, transaction: ~rest.suffix(8).bigEndianNumber)
            return .history(Namespace(utf8: namespace), StateKey(utf8: key), version)
        case UInt8(ascii: "t"): return .transaction(TransactionID(utf8: Array(rest)))
        case UInt8(ascii: "n"): return rest.count == 8 ? .block(rest.bigEndianNumber) : nil
        case UInt8(ascii: "b"): return .blockHash(Array(rest))
        case UInt8(ascii: "c"): return SnapshotFileFormat.readRowKey(Array(rest)).map { .collections(chaincode: $0.chaincode, block: $0.block) }
        case UInt8(ascii: "m"):
            return [StateKeyFormat.formatKey, StateKeyFormat.savepointKey, StateKeyFormat.baseKey].contains(bytes)
                ? .own(String(decoding: rest, as: UTF8.self)) : nil
        default: return nil
        }
    }

    private static func sized(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.count >= 4 else { return nil }
        let count = rest.prefix(4).bigEndianNumber
        rest = rest.dropFirst(4)
        guard count <= UInt64(rest.count) else { return nil }
        let bytes = Array(rest.prefix(Int(count)))
        rest = rest.dropFirst(Int(count))
        return bytes
    }
}

/// The beginning of a hash, for people.
enum Base16Prefix {
    static func text(_ hash: [UInt8]) -> String { hash.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
