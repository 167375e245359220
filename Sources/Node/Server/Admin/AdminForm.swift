/// The one file of a `multipart/form-data` body, which is how `osnadmin` sends a block (RFC 7578).
struct AdminForm: Equatable {
    /// Why a body is not such a form.
    enum Mistake: Error, Equatable, CustomStringConvertible {
        case noBoundary
        case noPart
        case wrongPart(expected: String)
        case moreThanOnePart

        var description: String {
            switch self {
            case .noBoundary: "cannot parse Mime media type: no boundary is named"
            case .noPart: "cannot read form from request body: it holds no complete part"
            case .wrongPart(let expected): "form does not contains part key: \(expected)"
            case .moreThanOnePart: "form contains too many parts"
            }
        }
    }

    /// The bytes of the file.
    let content: [UInt8]

    /// - Parameters:
    ///   - contentType: The header's value, which names the boundary.
    ///   - key: The name that the part must have.
    init(_ body: [UInt8], contentType: String, key: String) throws(Mistake) {
        let delimiter = Array("--\(try Self.boundary(contentType))".utf8)
        guard body.starts(with: delimiter) else { throw .noPart }
        let rest = body[delimiter.count...]
        guard rest.starts(with: Array("\r\n".utf8)) else { throw .noPart }
        // The part begins with its headers, and ends before the line of the next delimiter.
        let part = rest.dropFirst(2)
        guard let blank = Self.index(of: Array("\r\n\r\n".utf8), in: part) else { throw .noPart }
        let headers = String(decoding: part[..<blank], as: UTF8.self)
        let data = part[(blank + 4)...]
        guard let end = Self.index(of: Array("\r\n".utf8) + delimiter, in: data) else { throw .noPart }
        guard headers.lowercased().contains("name=\"\(key)\"") else { throw .wrongPart(expected: key) }
        guard data[(end + 2 + delimiter.count)...].starts(with: Array("--".utf8)) else { throw .moreThanOnePart }
        self.content = Array(data[..<end])
    }

    private static func boundary(_ contentType: String) throws(Mistake) -> String {
        guard let range = contentType.firstIndex(of: ";") else { throw .noBoundary }
        for parameter in contentType[range...].split(separator: ";") {
            let trimmed = parameter.drop { $0 == " " }
            guard trimmed.lowercased().hasPrefix("boundary=") else { continue }
            let value = trimmed.dropFirst("boundary=".count).filter { $0 != "\"" }
            guard (1...70).contains(value.utf8.count) else { throw .noBoundary }
            return value
        }
        throw .noBoundary
    }

    /// Where a short pattern begins; its first byte is rare enough for a plain search.
    private static func index(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first, bytes.count >= pattern.count else { return nil }
        var index = bytes.startIndex
        let last = bytes.endIndex - pattern.count
        while index <= last {
            if bytes[index] == first, bytes[index..<(index + pattern.count)].elementsEqual(pattern) { return index }
            index += 1
        }
        return nil
    }
}
