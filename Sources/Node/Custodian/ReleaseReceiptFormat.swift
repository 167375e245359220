import CryptoPrimitives

/// What a custodian signs when it has released a share, and keeps in its log, version 1. All integers big-endian.
///
///     receipt  = label custodian record version grant requester index height time request
///     label    = "selvage/custodian/v1/receipt" 00
///     custodian, record, grant, requester = u16 length, UTF-8 text
///     version  = u64      of the record
///     index    = u16      of the share
///     height   = u64      blocks of the ledger at which the grant was checked
///     time     = i64      seconds since 1970, by the custodian's clock
///     request  = 32 bytes SHA-256 of the request's signed bytes
package enum ReleaseReceiptFormat {
    package static let label: [UInt8] = Array("selvage/custodian/v1/receipt".utf8) + [0]

    /// The bytes that the custodian signs.
    package static func encode(_ receipt: ReleaseReceipt) -> [UInt8] {
        var bytes = self.label
        ShareRequestFormat.append(receipt.custodian, to: &bytes)
        ShareRequestFormat.append(receipt.record, to: &bytes)
        bytes += ShareRequestFormat.bigEndian(receipt.version)
        ShareRequestFormat.append(receipt.grant, to: &bytes)
        ShareRequestFormat.append(receipt.requester, to: &bytes)
        bytes += [UInt8(receipt.index >> 8), UInt8(receipt.index & 0xFF)]
        bytes += ShareRequestFormat.bigEndian(receipt.height)
        bytes += ShareRequestFormat.bigEndian(UInt64(bitPattern: receipt.seconds))
        bytes += receipt.requestHash
        return bytes
    }
}

/// A custodian's statement that it released a share, to whom and under which grant.
package struct ReleaseReceipt: Hashable, Sendable {
    package let custodian: String
    package let record: String
    package let version: UInt64
    package let grant: String
    package let requester: String
    package let index: UInt16
    /// Blocks of the ledger at which the grant was checked.
    package let height: UInt64
    package let seconds: Int64
    /// SHA-256 of the request's signed bytes.
    package let requestHash: [UInt8]

    package init(
        custodian: String, record: String, version: UInt64, grant: String, requester: String, index: UInt16, height: UInt64, seconds: Int64,
        requestHash: [UInt8]
    ) {
        self.custodian = custodian
        self.record = record
        self.version = version
        self.grant = grant
        self.requester = requester
        self.index = index
        self.height = height
        self.seconds = seconds
        self.requestHash = requestHash
    }
}
