import CryptoPrimitives
import Foundation

/// Why a command about an election ends without what was asked for.
enum ElectionCommandError: Error, CustomStringConvertible {
    /// An action does not count.
    case refused(String)
    /// The arguments do not fit together.
    case usage(String)
    /// A file cannot be read or written.
    case unreadable(String)
    /// The record or the result does not hold.
    case differs(String)

    var exit: CommandExit {
        switch self {
        case .refused: .refused
        case .usage: .usage
        case .unreadable: .unreachable
        case .differs: .verificationFailed
        }
    }

    var description: String {
        switch self {
        case .refused(let text), .usage(let text), .unreadable(let text), .differs(let text): text
        }
    }
}

/// Reading, writing and comparing the JSON files of an election.
enum ElectionFile {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value) + Data("\n".utf8)
    }

    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try self.encode(value).dropLast(), as: UTF8.self)
    }

    /// Reads a file of the public record; one that cannot be parsed was altered, so that the record does not hold.
    static func decode<Value: Decodable>(_: Value.Type, _ json: Data, name: String) throws -> Value {
        do {
            return try self.decodeOwn(Value.self, json, name: name)
        } catch ElectionCommandError.unreadable(let reason) {
            throw ElectionCommandError.differs(reason)
        }
    }

    /// Reads a file that belongs to one owner.
    static func decodeOwn<Value: Decodable>(_: Value.Type, _ json: Data, name: String) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: json)
        } catch let error as DecodingError {
            throw ElectionCommandError.unreadable("\(name) is not what it must be: \(Self.reason(error))")
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "'\(Self.path(context.codingPath + [key]))' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): "'\(Self.path(context.codingPath))' is of another type"
        case .dataCorrupted(let context): "it is no JSON document at '\(Self.path(context.codingPath))'"
        @unknown default: "it cannot be read"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "/")
    }

    static func bytes(_ text: String, _ what: String) throws -> [UInt8] {
        guard let bytes = Base16.decode(text) else { throw ElectionCommandError.unreadable("\(what) is not hexadecimal") }
        return bytes
    }

    /// Throws unless a file is, byte for byte, what it would be if it were written now; names the first place that says something else.
    static func compare(_ json: Data, with value: some Encodable, name: String) throws {
        let wanted = try self.encode(value)
        guard json != wanted else { return }
        if let found = try? JSONSerialization.jsonObject(with: json),
            let place = self.difference(found, try JSONSerialization.jsonObject(with: wanted), at: "")
        {
            throw ElectionCommandError.differs("\(name): '\(place)' says something else than the bytes beside it")
        }
        let place = zip(json, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(json.count, wanted.count)
        throw ElectionCommandError.differs("\(name): byte \(place) is not the one that was written there")
    }

    private static func difference(_ found: Any, _ expected: Any, at place: String) -> String? {
        if let found = found as? [String: Any], let expected = expected as? [String: Any] {
            for key in Set(found.keys).union(expected.keys).sorted() {
                let path = place.isEmpty ? key : "\(place)/\(key)"
                guard let left = found[key], let right = expected[key] else { return path }
                if let deeper = self.difference(left, right, at: path) { return deeper }
            }
            return nil
        }
        if let found = found as? [Any], let expected = expected as? [Any] {
            for index in 0..<max(found.count, expected.count) {
                guard index < found.count, index < expected.count else { return "\(place)/\(index)" }
                if let deeper = self.difference(found[index], expected[index], at: "\(place)/\(index)") { return deeper }
            }
            return nil
        }
        return (found as? NSObject)?.isEqual(expected) == true ? nil : place
    }
}
