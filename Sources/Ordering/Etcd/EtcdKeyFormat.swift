import CryptoPrimitives
import LedgerModel

/// The keys of one channel in etcd, and the values that are text.
///
///     prefix = root | "/" | chain | "/"            root as the operator says, chain = 64 hexadecimal digits: the header hash of block 0
///     head   = prefix | "head"                     value: height in decimal, a space, 64 hexadecimal digits: the header hash
///     leader = prefix | "leader"                   value: the address of the holder, "host:port"; bound to the holder's lease
///     block  = prefix | "b/" | height              20 decimal digits; value: see EtcdBlockFormat
///     part   = prefix | "p/" | height | "/" | hash | "/" | index      20 decimal digits, the block's header hash, 4 decimal digits
///     ack    = prefix | "ack/" | address           value: height in decimal, the last block that the consenter keeps itself; lease-bound
///
/// `b/`, `head` and `leader` stand between "b" and "m", so that one watch sees them and neither acks nor parts.
package struct EtcdKeyFormat: Hashable, Sendable {
    package let prefix: [UInt8]

    /// - Parameter chain: The header hash of block 0.
    package init(root: String, chain: [UInt8]) {
        self.prefix = Array(root.utf8) + [UInt8(ascii: "/")] + Base16.digits(chain) + [UInt8(ascii: "/")]
    }

    package var head: [UInt8] { self.prefix + Array("head".utf8) }
    package var leader: [UInt8] { self.prefix + Array("leader".utf8) }
    package var blocks: [UInt8] { self.prefix + Array("b/".utf8) }
    package var blocksEnd: [UInt8] { self.prefix + Array("b0".utf8) }
    package var parts: [UInt8] { self.prefix + Array("p/".utf8) }
    package var acks: [UInt8] { self.prefix + Array("ack/".utf8) }
    package var acksEnd: [UInt8] { self.prefix + Array("ack0".utf8) }
    package var watched: [UInt8] { self.prefix + Array("b".utf8) }
    package var watchedEnd: [UInt8] { self.prefix + Array("m".utf8) }

    package func block(_ height: UInt64) -> [UInt8] { self.blocks + Self.digits(height, count: 20) }

    package func ack(_ address: String) -> [UInt8] { self.acks + Array(address.utf8) }

    /// All parts of all blocks below a height begin below this key.
    package func partsBelow(_ height: UInt64) -> [UInt8] { self.parts + Self.digits(height, count: 20) }

    package func part(_ height: UInt64, hash: [UInt8], index: Int) -> [UInt8] {
        self.partsBelow(height) + [UInt8(ascii: "/")] + Base16.digits(hash) + [UInt8(ascii: "/")]
            + Self.digits(UInt64(clamping: index), count: 4)
    }

    /// The height in a block's key; nil for every other key.
    package func height(ofBlock key: [UInt8]) -> UInt64? {
        let start = self.blocks
        guard key.count == start.count + 20, key.starts(with: start) else { return nil }
        return Self.number(key[start.count...])
    }

    /// The value of `head`.
    package static func headValue(height: UInt64, hash: [UInt8]) -> [UInt8] {
        Array(String(height).utf8) + [UInt8(ascii: " ")] + Base16.digits(hash)
    }

    /// Reads a value of `head`; nil when it is none.
    package static func head(in value: [UInt8]) -> (height: UInt64, hash: [UInt8])? {
        guard value.count <= 85, let space = value.firstIndex(of: UInt8(ascii: " ")), let height = self.number(value[..<space]),
            let hash = Base16.decode(String(decoding: value[(space + 1)...], as: UTF8.self)), hash.count == 32
        else { return nil }
        return (height, hash)
    }

    package static func ackValue(_ height: UInt64) -> [UInt8] { Array(String(height).utf8) }

    package static func ack(in value: [UInt8]) -> UInt64? { self.number(value[...]) }

    private static func digits(_ value: UInt64, count: Int) -> [UInt8] {
        let text = Array(String(value).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: max(0, count - text.count)) + text
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }
}
