import CryptoPrimitives

/// The fields of one of a snapshot's JSON files: an object with texts, numbers, and objects of texts; each field is taken once.
struct SnapshotFields {
    private enum Value {
        case text(String)
        case number(UInt64)
        case object([(name: String, value: String, offset: Int)])
    }

    private let file: SnapshotFile
    private let bytes: [UInt8]
    private var position = 0
    private var fields: [(name: String, value: Value, offset: Int)] = []

    init(_ bytes: [UInt8], file: SnapshotFile) throws(SnapshotError) {
        self.file = file
        self.bytes = bytes
        try self.require("{")
        if try self.peek() != UInt8(ascii: "}") {
            repeat {
                self.skipSpace()
                let start = self.position
                let name = try self.string()
                guard !self.fields.contains(where: { $0.name == name }) else { throw self.damage(.field, at: start) }
                try self.require(":")
                self.fields.append((name, try self.value(), start))
            } while try self.isFollowed()
        }
        try self.require("}")
        self.skipSpace()
        guard self.position == bytes.count else { throw self.damage(.surplus, at: self.position) }
    }

    mutating func text(_ name: String) throws(SnapshotError) -> String {
        let (value, offset) = try self.take(name)
        guard case .text(let text) = value else { throw self.damage(.field, at: offset) }
        return text
    }

    mutating func number(_ name: String) throws(SnapshotError) -> UInt64 {
        let (value, offset) = try self.take(name)
        guard case .number(let number) = value else { throw self.damage(.field, at: offset) }
        return number
    }

    mutating func hash(_ name: String, isOptional: Bool) throws(SnapshotError) -> [UInt8] {
        let (value, offset) = try self.take(name)
        guard case .text(let text) = value, let hash = Self.hash(text, isOptional: isOptional) else { throw self.damage(.field, at: offset) }
        return hash
    }

    mutating func fileHashes(_ name: String) throws(SnapshotError) -> [(file: SnapshotFile, hash: [UInt8])] {
        let (value, offset) = try self.take(name)
        guard case .object(let entries) = value else { throw self.damage(.field, at: offset) }
        var found: [SnapshotFile: [UInt8]] = [:]
        for entry in entries {
            // A name that is not one of these could lead out of the folder.
            guard let file = SnapshotFile(rawValue: entry.name), SnapshotFile.hashed.contains(file) else {
                throw self.damage(.fileName, at: entry.offset)
            }
            guard let hash = Self.hash(entry.value, isOptional: false), found.updateValue(hash, forKey: file) == nil else {
                throw self.damage(.field, at: entry.offset)
            }
        }
        return SnapshotFile.hashed.compactMap { file in found[file].map { (file, $0) } }
    }

    /// Requires that every field was taken.
    func finish() throws(SnapshotError) {
        if let field = self.fields.first { throw self.damage(.field, at: field.offset) }
    }

    func damage(_ problem: SnapshotDamage.Problem, at offset: Int) -> SnapshotError {
        .damaged(SnapshotDamage(file: self.file.rawValue, offset: UInt64(offset), problem: problem))
    }

    private static func hash(_ text: String, isOptional: Bool) -> [UInt8]? {
        if isOptional && text.isEmpty { return [] }
        guard let bytes = Base16.decode(text), bytes.count == SHA256.digestLength, Base16.encode(bytes) == text else { return nil }
        return bytes
    }

    private mutating func take(_ name: String) throws(SnapshotError) -> (Value, Int) {
        guard let index = self.fields.firstIndex(where: { $0.name == name }) else { throw self.damage(.field, at: 0) }
        let field = self.fields.remove(at: index)
        return (field.value, field.offset)
    }

    // MARK: Reading

    private mutating func value() throws(SnapshotError) -> Value {
        switch try self.peek() {
        case UInt8(ascii: "\""): return .text(try self.string())
        case UInt8(ascii: "{"):
            try self.require("{")
            var entries: [(name: String, value: String, offset: Int)] = []
            if try self.peek() != UInt8(ascii: "}") {
                repeat {
                    self.skipSpace()
                    let start = self.position
                    let name = try self.string()
                    try self.require(":")
                    entries.append((name, try self.string(), start))
                } while try self.isFollowed()
            }
            try self.require("}")
            return .object(entries)
        default: return .number(try self.integer())
        }
    }

    private mutating func integer() throws(SnapshotError) -> UInt64 {
        self.skipSpace()
        let start = self.position
        while self.position < self.bytes.count, (0x30...0x39).contains(self.bytes[self.position]) { self.position += 1 }
        let digits = self.bytes[start..<self.position]
        guard let number = UInt64(String(decoding: digits, as: UTF8.self)), digits.count == 1 || digits.first != 0x30 else {
            throw self.damage(.json, at: start)
        }
        return number
    }

    private mutating func string() throws(SnapshotError) -> String {
        try self.require("\"")
        let start = self.position
        var content: [UInt8] = []
        while self.position < self.bytes.count {
            let byte = self.bytes[self.position]
            self.position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw self.damage(.json, at: start) }
                return text
            case UInt8(ascii: "\\"): content += try self.escape()
            case 0..<0x20: throw self.damage(.json, at: self.position - 1)
            default: content.append(byte)
            }
        }
        throw self.damage(.cutShort, at: start)
    }

    /// What stands behind a backslash. Surrogate pairs do not occur in what these files hold.
    private mutating func escape() throws(SnapshotError) -> [UInt8] {
        let start = self.position
        guard start < self.bytes.count else { throw self.damage(.cutShort, at: start) }
        self.position += 1
        switch self.bytes[start] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [self.bytes[start]]
        case UInt8(ascii: "u"):
            let digits = self.bytes[(start + 1)...].prefix(4)
            guard digits.count == 4, let code = Base16.decode(String(decoding: digits, as: UTF8.self)),
                let scalar = Unicode.Scalar(UInt32(code[0]) << 8 | UInt32(code[1]))
            else { throw self.damage(.json, at: start) }
            self.position += 4
            return Array(String(scalar).utf8)
        default: throw self.damage(.json, at: start)
        }
    }

    private mutating func isFollowed() throws(SnapshotError) -> Bool {
        guard try self.peek() == UInt8(ascii: ",") else { return false }
        self.position += 1
        return true
    }

    /// The next byte that is not space, which is not taken.
    private mutating func peek() throws(SnapshotError) -> UInt8 {
        self.skipSpace()
        guard self.position < self.bytes.count else { throw self.damage(.cutShort, at: self.position) }
        return self.bytes[self.position]
    }

    private mutating func require(_ character: Unicode.Scalar) throws(SnapshotError) {
        guard try self.peek() == UInt8(ascii: character) else { throw self.damage(.json, at: self.position) }
        self.position += 1
    }

    private mutating func skipSpace() {
        while self.position < self.bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(self.bytes[self.position]) { self.position += 1 }
    }
}
