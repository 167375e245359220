import Foundation
import GRPCCore
import LedgerModel
import Testing

/// One call of a stock client to a node of ours: what it sent and what it got, byte for byte (`Resources/recorded-clients`).
struct RecordedExchange: Decodable, Sendable {
    /// What the client was doing.
    let name: String
    /// "package.Service/Method".
    let method: String
    /// How many blocks the peer had when the request came.
    let height: UInt64
    /// When it came, in nanoseconds since 1970.
    let time: Int64
    private let request: Data
    private let answers: [Data]?
    /// Nil where the client left a stream that had no end.
    private let code: Int?
    private let message: String?
    private let details: Data?

    var requestBytes: [UInt8] { Array(self.request) }

    var now: Timestamp { Timestamp(nanosecondsSince1970: self.time) }

    var answer: RecordedAnswer {
        let end = self.code.map { RecordedAnswer.End(code: $0, message: self.message ?? "", details: Array(self.details ?? Data())) }
        return RecordedAnswer(messages: (self.answers ?? []).map { Array($0) }, end: end)
    }

    var descriptor: MethodDescriptor {
        let parts = self.method.split(separator: "/").map(String.init)
        return MethodDescriptor(fullyQualifiedService: parts[0], method: parts[1])
    }

    /// What in its answers is determined.
    var form: RecordedAnswer.Form {
        switch self.method {
        case "gateway.Gateway/Endorse": .endorsed
        case "discovery.Discovery/Discover": .discovered
        default: .bytes
        }
    }

    static let ofGateway = Self.all("gateway")
    static let ofDiscover = Self.all("discover")

    /// Nothing where the file cannot be read; a test counts what is there.
    private static func all(_ client: String) -> [Self] {
        guard let file = try? Self.file(client + ".json") else { return [] }
        return (try? JSONDecoder().decode([Self].self, from: Data(file))) ?? []
    }

    static func file(_ name: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.resourceURL).appendingPathComponent("recorded-clients/" + name)
        return Array(try Data(contentsOf: url))
    }
}

extension RecordedExchange: CustomTestStringConvertible {
    var testDescription: String { "\(self.name): \(self.method)" }
}

extension Timestamp {
    init(nanosecondsSince1970 count: Int64) {
        self.init(seconds: count / 1_000_000_000, nanoseconds: Int32(count % 1_000_000_000))
    }
}
