import CryptoPrimitives

/// What a grantee signs to ask a custodian for its share of a record, version 1. All integers big-endian.
///
///     request  = label channel record version grant requester nonce time
///     label    = "selvage/custodian/v1/request" 00
///     channel, record, grant, requester = u16 length, UTF-8 text
///     version  = u64      of the record
///     nonce    = 16 bytes, fresh: a custodian answers each request once
///     time     = i64      seconds since 1970, by the requester's clock
package enum ShareRequestFormat {
    package static let label: [UInt8] = Array("selvage/custodian/v1/request".utf8) + [0]
    package static let nonceBytes = 16

    /// The bytes that the requester signs.
    package static func encode(_ request: ShareRequest) -> [UInt8] {
        var bytes = self.label
        self.append(request.channel, to: &bytes)
        self.append(request.record, to: &bytes)
        bytes += self.bigEndian(request.version)
        self.append(request.grant, to: &bytes)
        self.append(request.requester, to: &bytes)
        bytes += request.nonce
        bytes += self.bigEndian(UInt64(bitPattern: request.seconds))
        return bytes
    }

    static func append(_ text: String, to bytes: inout [UInt8]) {
        // Longer texts cannot be ids; cutting them makes the signature fail, which is the refusal they deserve.
        let content = Array(text.utf8.prefix(Int(UInt16.max)))
        bytes += [UInt8(content.count >> 8), UInt8(content.count & 0xFF)]
        bytes += content
    }

    static func bigEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}

/// A grantee's request for one custodian's share.
package struct ShareRequest: Hashable, Sendable {
    package let channel: String
    package let record: String
    package let version: UInt64
    package let grant: String
    /// The grantee's subject in the registry.
    package let requester: String
    /// 16 fresh bytes.
    package let nonce: [UInt8]
    /// The requester's clock, seconds since 1970.
    package let seconds: Int64

    package init(channel: String, record: String, version: UInt64, grant: String, requester: String, nonce: [UInt8], seconds: Int64) {
        self.channel = channel
        self.record = record
        self.version = version
        self.grant = grant
        self.requester = requester
        self.nonce = nonce
        self.seconds = seconds
    }
}
