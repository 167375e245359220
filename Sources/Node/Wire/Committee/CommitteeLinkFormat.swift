import LedgerModel

/// What two members say to each other at the beginning of a stream, version 1; all integers big-endian.
///
///     challenge = version u8 (1) | server nonce[32]                                                     the server begins
///     hello     = version u8 (1) | chain[32] | from u32 | to u32 | lane u8 | client nonce[32] | signature
///     welcome   = version u8 (1) | signature
///     signature = length u8, bytes
///     lane      = 1 votes | 2 blocks | 3 envelopes
///
///     signed    = tag | chain[32] | from u32 | to u32 | lane u8 | server nonce[32] | client nonce[32] | client key[32] | server key[32]
///     tag       = "SELVAGE-LINK-C1" in a hello | "SELVAGE-LINK-S1" in a welcome
///
/// `from` is the member that made the connection, `to` the one that it wants to speak to; each signs with its consensus key. The chain is named by
/// the header hash of its block 0. A TLS key is named by the SHA-256 of its SubjectPublicKeyInfo, so that a proof is worth nothing on any other
/// connection. After the welcome every message is a parcel (`MemberParcelFormat`) of the lane, and the server says nothing more.
enum CommitteeLinkFormat {
    static let version: UInt8 = 1
    static let nonceBytes = 32
    private static let clientTag = Array("SELVAGE-LINK-C1".utf8)
    private static let serverTag = Array("SELVAGE-LINK-S1".utf8)
    private static let helloBytes = 1 + 32 + 4 + 4 + 1 + 32
    private static let part = "beginning of a link"

    /// Who speaks to whom, of which chain and in which lane, over which TLS keys.
    struct Link: Equatable, Sendable {
        let chain: [UInt8]
        let from: UInt32
        let to: UInt32
        let lane: CommitteeLane
    }

    /// What binds a proof to one connection.
    struct Binding: Equatable, Sendable {
        let serverNonce: [UInt8]
        let clientNonce: [UInt8]
        let clientKey: [UInt8]
        let serverKey: [UInt8]
    }

    struct Hello: Equatable, Sendable {
        let link: Link
        let clientNonce: [UInt8]
        let signature: [UInt8]
    }

    static func signedBytes(_ link: Link, _ binding: Binding, asClient isClient: Bool) -> [UInt8] {
        (isClient ? self.clientTag : self.serverTag) + self.content(link) + binding.serverNonce + binding.clientNonce + binding.clientKey
            + binding.serverKey
    }

    static func challenge(_ nonce: [UInt8]) -> [UInt8] { [self.version] + nonce }

    /// The server's nonce.
    static func nonce(ofChallenge bytes: [UInt8]) throws(MessageError) -> [UInt8] {
        guard bytes.count == 1 + self.nonceBytes, bytes[0] == self.version else { throw self.refusal("is no challenge") }
        return Array(bytes.dropFirst())
    }

    static func hello(_ hello: Hello) -> [UInt8] {
        [self.version] + self.content(hello.link) + hello.clientNonce + self.signature(hello.signature)
    }

    static func hello(_ bytes: [UInt8]) throws(MessageError) -> Hello {
        guard bytes.count > self.helloBytes, bytes[0] == self.version else { throw self.refusal("is no hello") }
        guard let lane = CommitteeLane(rawValue: bytes[41]) else { throw self.refusal("names the unknown lane \(bytes[41])") }
        let link = Link(chain: Array(bytes[1..<33]), from: self.number(bytes[33..<37]), to: self.number(bytes[37..<41]), lane: lane)
        return Hello(
            link: link, clientNonce: Array(bytes[42..<74]), signature: try self.signature(in: bytes[self.helloBytes...]))
    }

    static func welcome(_ signature: [UInt8]) -> [UInt8] { [self.version] + self.signature(signature) }

    /// The server's signature.
    static func signature(ofWelcome bytes: [UInt8]) throws(MessageError) -> [UInt8] {
        guard bytes.first == self.version else { throw self.refusal("is no welcome") }
        return try self.signature(in: bytes.dropFirst())
    }

    private static func content(_ link: Link) -> [UInt8] {
        link.chain + self.bytes(link.from) + self.bytes(link.to) + [link.lane.rawValue]
    }

    private static func bytes(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    /// A longer signature is cut, which makes it wrong: none of ours is.
    private static func signature(_ bytes: [UInt8]) -> [UInt8] {
        let bytes = bytes.prefix(Int(UInt8.max))
        return [UInt8(bytes.count)] + bytes
    }

    private static func signature(in bytes: ArraySlice<UInt8>) throws(MessageError) -> [UInt8] {
        guard let length = bytes.first, bytes.count == 1 + Int(length) else { throw self.refusal("has a signature of another length") }
        return Array(bytes.dropFirst())
    }

    private static func refusal(_ reason: String) -> MessageError { MessageError(part: self.part, reason: reason) }
}
