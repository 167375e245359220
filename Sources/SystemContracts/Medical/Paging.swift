import Chaincode

/// Pages over the simple keys that begin with a prefix.
enum Paging {
    /// Reads one page; the bookmark must come from a page of the same prefix. Throws `malformed` (400).
    static func page(_ context: Context, prefix: String, size: Int64, bookmark: String) throws(ContractError) -> StatePage {
        guard (1...Limits.pageSize).contains(size), let pageSize = Int32(exactly: size) else {
            throw Input.malformed("pageSize", "a number from 1 to \(Limits.pageSize)")
        }
        // A foreign bookmark would start the walk outside the prefix.
        let isOwn = bookmark.utf8.count <= Limits.bookmarkBytes && bookmark.utf8.starts(with: prefix.utf8)
        guard bookmark.utf8.isEmpty || isOwn else { throw Input.malformed("bookmark", "empty or the bookmark of the page before") }
        return try context.statePage(from: prefix, to: end(of: prefix), pageSize: pageSize, bookmark: bookmark)
    }

    /// The end of the range of keys that begin with a prefix that ends in a slash: a zero follows the slash in ASCII.
    static func end(of prefix: String) -> String { String(prefix.dropLast()) + "0" }

    /// The result of a list function.
    static func result(_ name: String, _ entries: [JSONValue], bookmark: String) -> JSONValue {
        .object([(name, .array(entries)), ("bookmark", .string(bookmark))])
    }
}

/// Stored documents and numbers in keys.
enum Stored {
    /// A number in ten digits, so that keys sort by it. Numbers in keys are bounded by `Limits.versions`.
    static func digits(_ number: Int64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 10 - text.utf8.count)) + text
    }

    /// Parses a value that this contract wrote; throws `state-corrupt` (500).
    static func json(_ value: [UInt8]) throws(ContractError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: value)
        } catch {
            throw .failure("state-corrupt", "a stored value is not JSON; the state of this node is damaged: rebuild it from the blocks")
        }
    }

    static func optional(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    static func optional(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}
