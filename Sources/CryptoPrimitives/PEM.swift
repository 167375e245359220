/// Textual encoding of DER (RFC 7468), read as leniently as Go's `encoding/pem` and written in its form.
package enum PEM {
    private static let dashes = Array("-----".utf8)
    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)

    /// One block: 64 columns of base64, each line ended by a line feed.
    package static func encode(label: String, der: [UInt8]) -> String {
        var text = "-----BEGIN \(label)-----\n"
        let body = Array(Base64.encode(der).utf8)
        var index = 0
        while index < body.count {
            let next = min(index + 64, body.count)
            text += String(decoding: body[index..<next], as: UTF8.self)
            text += "\n"
            index = next
        }
        return text + "-----END \(label)-----\n"
    }

    /// All blocks of the text in order; text around them is skipped. Throws `malformed` for a block that is broken, `tooLarge` beyond the limits.
    package static func decode(_ text: String) throws(CryptoError) -> [(label: String, der: [UInt8])] {
        try decode(Array(text.utf8))
    }

    /// All blocks of the text in order; text around them is skipped. Throws `malformed` for a block that is broken, `tooLarge` beyond the limits.
    package static func decode(_ text: [UInt8]) throws(CryptoError) -> [(label: String, der: [UInt8])] {
        try check(text, limit: Limits.pemBytes)
        var blocks: [(label: String, der: [UInt8])] = []
        var rest = text[...]
        while let block = try next(&rest) {
            guard blocks.count < Limits.pemBlocks else {
                throw .tooLarge(item: "PEM text", limit: Limits.pemBlocks, found: blocks.count + 1, unit: "blocks")
            }
            blocks.append(block)
        }
        return blocks
    }

    /// The first block and what follows it; nil when there is none. Later blocks are not looked at.
    package static func first(_ text: [UInt8]) throws(CryptoError) -> (label: String, der: [UInt8])? {
        try first(text, limit: Limits.pemBytes)
    }

    static func first(_ text: [UInt8], limit: Int) throws(CryptoError) -> (label: String, der: [UInt8])? {
        try check(text, limit: limit)
        var rest = text[...]
        return try next(&rest)
    }

    private static func check(_ text: [UInt8], limit: Int) throws(CryptoError) {
        guard text.count <= limit else {
            throw .tooLarge(item: "PEM text", limit: limit, found: text.count, unit: "bytes")
        }
    }

    /// Reads one block off the front of `rest`; lines may end in LF or CRLF, and header lines ("Proc-Type: ...") are skipped.
    private static func next(_ rest: inout ArraySlice<UInt8>) throws(CryptoError) -> (label: String, der: [UInt8])? {
        var label: ArraySlice<UInt8>?
        while label == nil {
            guard let line = takeLine(&rest) else { return nil }
            if line.starts(with: begin), line.count >= begin.count + dashes.count, line.suffix(dashes.count).elementsEqual(dashes) {
                label = line.dropFirst(begin.count).dropLast(dashes.count)
            }
        }
        var body: [UInt8] = []
        while let line = takeLine(&rest) {
            if line.starts(with: end) {
                guard line.dropFirst(end.count).elementsEqual((label ?? []) + dashes) else {
                    throw .malformed(item: "PEM block", reason: "its BEGIN and END lines do not agree")
                }
                guard let der = Base64.decode(body, requiringZeroPadBits: false) else {
                    throw .malformed(item: "PEM block", reason: "its body is not base64")
                }
                return (String(decoding: label ?? [], as: UTF8.self), der)
            }
            if body.isEmpty, line.contains(UInt8(ascii: ":")) { continue }
            body += line.lazy.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        }
        throw .malformed(item: "PEM block", reason: "its END line is missing")
    }

    /// The next line without its ending and trailing blanks.
    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let ending = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        var line = rest[rest.startIndex..<ending]
        rest = ending == rest.endIndex ? rest[ending...] : rest[(ending + 1)...]
        while let last = line.last, [UInt8(ascii: "\r"), UInt8(ascii: " "), UInt8(ascii: "\t")].contains(last) { line.removeLast() }
        return line
    }
}
