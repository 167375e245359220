import FabricMessages
import LedgerModel

/// How a channel's governance settings travel in its configuration: as one more field of `orderer.smartbft.Options`, the consensus metadata.
///
///     metadata = options | field                        field is absent when there are no settings
///     options  = fields 1 to 18 of orderer.smartbft.Options
///     field    = A2 F7 04 | length varint | settings    field 10100, length-delimited; 1 to `Limits.governanceBytes` bytes of settings
///
/// Fabric's nodes skip a field that they do not know, so a stock peer accepts the configuration and never looks inside. Here the bytes are
/// opaque too. `configtxlator` drops the field when it turns a configuration into JSON and back.
enum GovernanceCarriageFormat {
    static let path = "/Channel/Orderer/ConsensusType"
    /// Far above Fabric's own numbers and outside the range that protobuf reserves.
    static let fieldNumber: UInt64 = 10_100

    private static let lengthDelimited: UInt64 = 2
    private static let tag = varint(fieldNumber << 3 | lengthDelimited)

    /// The consensus metadata with the settings; empty settings change nothing.
    static func metadata(options: [UInt8], governance: [UInt8]) throws(ConfigurationError) -> [UInt8] {
        if governance.isEmpty { return options }
        guard governance.count <= Limits.governanceBytes else { throw self.tooLarge }
        return options + self.tag + self.varint(UInt64(governance.count)) + governance
    }

    /// The settings in consensus metadata of the type "BFT"; empty when there are none.
    ///
    /// - Throws: `malformed` when the metadata is no `Options`, `invalidValue` when the field is repeated, empty or of another type,
    ///   `tooLarge` when it is too long.
    static func governance(in metadata: [UInt8]) throws(ConfigurationError) -> [UInt8] {
        let options: Orderer_Smartbft_Options
        do {
            options = try Orderer_Smartbft_Options.decode(metadata, as: self.path)
        } catch {
            throw .malformed(error)
        }
        // Well-formed by now: what is left over after the fields that Fabric knows.
        var reader = FieldReader(bytes: options.unknownFields.data.byteArray)
        var settings: [UInt8]?
        while !reader.isAtEnd {
            guard let field = reader.next() else {
                throw .invalidValue(path: self.path, reason: "its metadata holds a field that cannot be read")
            }
            guard field.number == self.fieldNumber else { continue }
            guard let content = field.content else {
                throw .invalidValue(path: self.path, reason: "the governance settings are not written as bytes")
            }
            guard settings == nil else { throw .invalidValue(path: self.path, reason: "the governance settings appear twice") }
            guard !content.isEmpty else { throw .invalidValue(path: self.path, reason: "the governance settings are empty: leave them out") }
            guard content.count <= Limits.governanceBytes else { throw self.tooLarge }
            settings = Array(content)
        }
        return settings ?? []
    }

    private static var tooLarge: ConfigurationError { .tooLarge(what: "bytes of governance settings", limit: Limits.governanceBytes) }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var (bytes, rest): ([UInt8], UInt64) = ([], value)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(truncatingIfNeeded: rest)]
    }
}

/// Walks over the fields of a protobuf message without knowing its type.
private struct FieldReader {
    struct Field {
        let number: UInt64
        /// The bytes of a length-delimited field; nil for numbers.
        let content: ArraySlice<UInt8>?
    }

    let bytes: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { self.index == self.bytes.count }

    /// The next field; nil when it cannot be read, which groups, out of use for long, cannot either.
    mutating func next() -> Field? {
        guard let tag = self.varint() else { return nil }
        let number = tag >> 3
        switch tag & 7 {
        case 0: return self.varint() == nil ? nil : Field(number: number, content: nil)
        case 1: return self.take(8) == nil ? nil : Field(number: number, content: nil)
        case 2:
            guard let length = self.varint(), let content = self.take(length) else { return nil }
            return Field(number: number, content: content)
        case 5: return self.take(4) == nil ? nil : Field(number: number, content: nil)
        default: return nil
        }
    }

    private mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
        guard count <= UInt64(self.bytes.count - self.index) else { return nil }
        let start = self.index
        self.index += Int(count)
        return self.bytes[start..<self.index]
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard self.index < self.bytes.count else { return nil }
            let byte = self.bytes[self.index]
            self.index += 1
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        return nil
    }
}
