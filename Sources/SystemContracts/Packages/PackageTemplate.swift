/// Fills the placeholders of a text, as `{{.peername}}`.
enum PackageTemplate {
    static func fill(_ text: String, _ values: [String: String]) throws(ChaincodePackageError) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        let (open, close) = (Array("{{".utf8), Array("}}".utf8))
        while let start = rest.indices.first(where: { rest[$0...].starts(with: open) }) {
            result += rest[..<start]
            let content = rest[(start + 2)...]
            guard let end = content.indices.first(where: { content[$0...].starts(with: close) }) else {
                throw .connection(reason: "a placeholder is not closed")
            }
            let inside = content[..<end].filter { $0 != UInt8(ascii: " ") }
            guard inside.first == UInt8(ascii: "."), inside.count > 1 else {
                throw .connection(reason: "placeholders must be names such as {{.peername}}")
            }
            let name = String(decoding: inside.dropFirst(), as: UTF8.self)
            guard let value = values[name] else {
                throw .connection(reason: "nothing stands for the placeholder \(name); give this node a value for it (chaincode.values in its file)")
            }
            result += Array(value.utf8)
            rest = content[(end + 2)...]
        }
        return String(decoding: result + rest, as: UTF8.self)
    }
}
