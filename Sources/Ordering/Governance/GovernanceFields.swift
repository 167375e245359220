import LedgerModel

extension ElectionFieldWriter {
    /// Bytes with their length in four bytes, for parts that may be longer than 65,535.
    mutating func long(_ value: [UInt8]) {
        self.number(UInt32(clamping: value.count))
        self.raw(value)
    }

    mutating func flag(_ value: Bool) { self.number(value ? 1 : 0 as UInt8) }

    mutating func round(_ value: Round) { self.number(UInt32(bitPattern: value)) }
}

extension ElectionFieldReader {
    mutating func long(limit: Int) throws(MessageError) -> [UInt8] {
        try self.raw(try self.count(UInt32.self, limit: limit))
    }

    mutating func round() throws(MessageError) -> Round { Round(bitPattern: try self.number(UInt32.self)) }

    mutating func blockID() throws(MessageError) -> BlockID {
        guard let id = BlockID(try self.raw(32)) else { throw self.refusal("has no block id") }
        return id
    }

    mutating func member() throws(MessageError) -> MSPID { MSPID(utf8: try self.name()) }

    mutating func signature() throws(MessageError) -> [UInt8] {
        let bytes = try self.variable(limit: ElectionLimits.signatureBytes)
        guard !bytes.isEmpty else { throw self.refusal("has an empty signature") }
        return bytes
    }

    mutating func endpoint() throws(MessageError) -> Endpoint {
        let utf8 = try self.variable(limit: ElectionLimits.endpointBytes)
        guard ElectionName.isValid(utf8, limit: ElectionLimits.endpointBytes), let endpoint = Endpoint(String(decoding: utf8, as: UTF8.self)) else {
            throw self.refusal("has an endpoint that is not host and port")
        }
        return endpoint
    }

    mutating func certificate() throws(MessageError) -> [UInt8] {
        let bytes = try self.variable(limit: GovernanceLimits.certificateBytes)
        guard !bytes.isEmpty else { throw self.refusal("has an empty certificate") }
        return bytes
    }
}

/// Where a member's ordering node is reached.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: UInt32

    package init(host: String, port: UInt32) {
        self.host = host
        self.port = port
    }

    /// Reads "host:port" with a port of 1 to 65,535 in its one form; nil for anything else.
    package init?(_ text: String) {
        let utf8 = Array(text.utf8)
        guard let colon = utf8.lastIndex(of: UInt8(ascii: ":")), colon > 0, (1...5).contains(utf8.count - colon - 1) else { return nil }
        let digits = utf8[(colon + 1)...]
        guard digits.first != UInt8(ascii: "0"), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let port = digits.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 48) }
        guard port <= 65_535 else { return nil }
        self.init(host: String(decoding: utf8[..<colon], as: UTF8.self), port: port)
    }

    package var description: String { "\(self.host):\(self.port)" }
}
