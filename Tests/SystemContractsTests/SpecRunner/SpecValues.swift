import Chaincode
import CryptoPrimitives
import RecordSharing

@testable import SystemContracts

/// Works out symbolic values such as `$signingKey(alice)`; what has been worked out once stays the same for the whole case.
final class SpecValues {
    private let actors: SpecActors
    private let channel: String
    private var known: [String: [UInt8]] = [:]
    /// The transaction ids of the steps so far.
    var transactions: [String] = []

    init(actors: SpecActors, channel: String) {
        self.actors = actors
        self.channel = channel
    }

    /// The bytes of a text: itself, or what the expression that it is stands for.
    func bytes(_ text: String) throws -> [UInt8] {
        guard text.hasPrefix("$") else { return Array(text.utf8) }
        let expression = try SpecExpression(parsing: text)
        // A transaction id depends on where the expression stands.
        if expression.name == "transaction" { return try transaction(expression.arguments) }
        if let value = known[text] { return value }
        let value = try evaluate(expression)
        known[text] = value
        return value
    }

    func text(_ text: String) throws -> String {
        let bytes = try bytes(text)
        guard let result = String(validating: bytes, as: UTF8.self) else { throw SpecFormatError("\(text) is bytes and not text") }
        return result
    }

    /// A document with all expressions in it worked out; `$any` stays.
    func expanded(_ json: JSONValue) throws -> JSONValue {
        switch json {
        case .string("$any"): return json
        case .string(let value): return .string(try text(value))
        case .array(let values): return .array(try values.map(expanded))
        case .object(let members):
            return .object(try members.map { ($0.0.hasPrefix("$subject") ? try text($0.0) : $0.0, try expanded($0.1)) })
        default: return json
        }
    }

    /// The bytes of an argument: text as it is, everything else as canonical JSON.
    func argument(_ json: JSONValue) throws -> [UInt8] {
        if let name = json["$message"]?.string { return try SpecMessages.encode(try expanded(json).removing("$message"), as: name) }
        guard case .string(let value) = json else { return try expanded(json).encoded() }
        return try bytes(value)
    }

    private func transaction(_ arguments: [String]) throws -> [UInt8] {
        let index = try arguments.first.map(number).map { $0 - 1 } ?? transactions.count - 1
        guard transactions.indices.contains(index) else { throw SpecFormatError("$transaction names a step that has not run") }
        return Array(transactions[index].utf8)
    }

    private func evaluate(_ expression: SpecExpression) throws -> [UInt8] {
        let values = expression.arguments
        switch (expression.name, values.count) {
        case ("subject", 1): return Array(try actors.actor(values[0]).subject.utf8)
        case ("fingerprint", 1): return hex(try actors.actor(values[0]).fingerprint)
        case ("signingKey", 1...2): return hex(try signingKey(values).publicKey.x963)
        case ("sealingKey", 1...2): return hex(try unsealingKey(values).sealingKey.x963)
        case ("possession", 3...5): return hex(try possession(values))
        case ("authorization", 2...3): return hex(try authorization(values))
        case ("sign", 3...4): return hex(try sign(values))
        case ("uploadSignature", 5): return hex(try uploadSignature(values))
        case ("uploadBody", 4): return try uploadBody(values)
        case ("object", 2): return try SpecRecord(values[0]).member(values[1])
        case ("fragment", 2): return try SpecRecord(values[0]).fragment(number(values[1]))
        case ("ciphertext", 1): return try SpecRecord(values[0]).ciphertext()
        case ("flipped", 2): return try flipped(values)
        case ("wrap", 1): return hex(try wrap(values[0]))
        case ("paperShare", 3): return hex(try SpecRecord.paperShare(number(values[0]), number(values[1]), index: number(values[2])))
        case ("paperRecord", 0): return hex(SpecRecord.paperRecord)
        case ("repeat", 2): return Array(String(repeating: values[0], count: try number(values[1])).utf8)
        case ("hex", 1): return hex(try bytes(values[0]))
        default: throw SpecFormatError("there is no symbolic value $\(expression.name) of \(values.count) arguments")
        }
    }

    private func hex(_ bytes: [UInt8]) -> [UInt8] { Array(Base16.encode(bytes).utf8) }

    private func number(_ text: String) throws -> Int {
        guard let number = Int(text) else { throw SpecFormatError("\(text) is no number") }
        return number
    }

    private func signingKey(_ values: [String]) throws -> SigningKey {
        try actors.actor(values[0]).signingKey(values.count > 1 ? number(values[1]) : 1)
    }

    private func unsealingKey(_ values: [String]) throws -> UnsealingKey {
        try actors.actor(values[0]).unsealingKey(values.count > 1 ? number(values[1]) : 1)
    }

    /// `$possession(actor, role, signing or sealing [, key number [, actor whose certificate acts]])`
    private func possession(_ values: [String]) throws -> [UInt8] {
        let actor = try actors.actor(values[0])
        let count = values.count > 3 ? try number(values[3]) : 1
        let holder = try actors.actor(values.count > 4 ? values[4] : values[0])
        let message = MedicalMessages.possession(
            channel: channel, subject: actor.subject, role: values[1], certificate: holder.fingerprint,
            signingKey: try actor.signingKey(count).publicKey.x963, sealingKey: try actor.unsealingKey(count).sealingKey.x963)
        switch values[2] {
        case "signing": return try actor.signingKey(count).sign(message)
        case "sealing": return try actor.unsealingKey(count).signPossession(message)
        default: throw SpecFormatError("$possession is of the signing or the sealing key")
        }
    }

    /// `$authorization(actor, number of the new keys [, actor whose certificate acts])`
    private func authorization(_ values: [String]) throws -> [UInt8] {
        let actor = try actors.actor(values[0])
        let count = try number(values[1])
        let holder = try actors.actor(values.count > 2 ? values[2] : values[0])
        let message = MedicalMessages.rotation(
            channel: channel, subject: actor.subject, keyVersion: Int64(count), certificate: holder.fingerprint,
            signingKey: try actor.signingKey(count).publicKey.x963, sealingKey: try actor.unsealingKey(count).sealingKey.x963)
        return try actor.signingKey(count - 1).sign(message)
    }

    /// `$sign(actor, context, body [, key number])`
    private func sign(_ values: [String]) throws -> [UInt8] {
        let actor = try actors.actor(values[0])
        let message = MedicalMessages.message(channel: channel, signer: actor.subject, context: values[1], body: try bytes(values[2]))
        return try actor.signingKey(values.count > 3 ? number(values[3]) : 1).sign(message)
    }

    /// `$uploadSignature(doctor, record id, version, owner, test record)`
    private func uploadSignature(_ values: [String]) throws -> [UInt8] {
        let doctor = try actors.actor(values[0])
        return try doctor.signingKey().sign(
            MedicalMessages.upload(
                channel: channel, author: doctor.subject, recordID: values[1], version: Int64(number(values[2])),
                owner: try actors.actor(values[3]).subject, objectDigest: SpecRecord(values[4]).digest()))
    }

    /// `$uploadBody(record id, version, owner, test record)`
    private func uploadBody(_ values: [String]) throws -> [UInt8] {
        MedicalMessages.uploadBody(
            recordID: values[0], version: Int64(try number(values[1])), owner: try actors.actor(values[2]).subject,
            objectDigest: try SpecRecord(values[3]).digest())
    }

    /// `$flipped(bytes, offset)`: one bit changed; a negative offset counts from the end.
    private func flipped(_ values: [String]) throws -> [UInt8] {
        var value = try bytes(values[0])
        let offset = try number(values[1])
        let index = offset < 0 ? value.count + offset : offset
        guard value.indices.contains(index) else { throw SpecFormatError("$flipped is beyond the end") }
        value[index] ^= 1
        return value
    }

    private func wrap(_ actor: String) throws -> [UInt8] {
        let binding = RecordKeyBinding(channel: Array(channel.utf8), recordID: Array("record".utf8), version: 1, grantID: Array("grant".utf8))
        return try RecordKeyWrap.wrap(
            dataKey: SHA256.hash(Array("data key".utf8)), to: actors.actor(actor).unsealingKey().sealingKey, binding: binding)
    }
}

/// An expression `$name` or `$name(argument, ...)`; arguments are plain texts or expressions.
struct SpecExpression {
    let name: String
    let arguments: [String]

    init(parsing text: String) throws {
        guard text.first == "$" else { throw SpecFormatError("\(text) is no expression") }
        guard let open = text.firstIndex(of: "(") else {
            name = String(text.dropFirst())
            arguments = []
            return
        }
        guard text.last == ")" else { throw SpecFormatError("\(text) lacks its closing parenthesis") }
        name = String(text[text.index(after: text.startIndex)..<open])
        var arguments: [String] = []
        var argument = ""
        var depth = 0
        for character in text[text.index(after: open)...].dropLast() {
            if character == "," && depth == 0 {
                arguments.append(argument.trimmed)
                argument = ""
                continue
            }
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            argument.append(character)
        }
        if !argument.trimmed.isEmpty || !arguments.isEmpty { arguments.append(argument.trimmed) }
        guard depth == 0 else { throw SpecFormatError("\(text) has unequal parentheses") }
        self.arguments = arguments
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first == " " { text = text.dropFirst() }
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
