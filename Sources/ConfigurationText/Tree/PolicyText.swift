import ChannelConfiguration
import CryptoPrimitives
import FabricMessages
import Identity
import LedgerModel

/// A policy of a configuration in text form: `MAJORITY Admins`, `OR('Org1MSP.admin', ...)`, or a rule over numbered principals (`$0`).
struct PolicyText {
    static let ruleKey = "rule"
    static let principalsKey = "principals"
    static let rawKey = "bytes"

    /// The consenters of the group around the policy, which principals may name by number.
    let consenters: [Common_Consenter]
    let path: String

    // MARK: - Writing

    /// The fields of a policy: readable where they lead back to exactly this message, else `bytes` in base64. None for no policy.
    func entries(_ policy: Common_Policy) -> [TextNode.Entry] {
        let bytes = policy.encoded()
        for entries in [self.plainEntries(policy), self.numberedEntries(policy)] {
            guard let entries, var fields = try? FieldCoder(reading: .map(entries), path: self.path),
                let again = try? self.policy(&fields), again.encoded() == bytes
            else { continue }
            return entries
        }
        return [TextNode.Entry(Self.rawKey, .text(Base64.encode(bytes)))]
    }

    private func plainEntries(_ policy: Common_Policy) -> [TextNode.Entry]? {
        let text: String
        switch Common_Policy.PolicyType(rawValue: Int(policy.type)) {
        case .signature:
            guard let policy = try? SignaturePolicy(envelope: policy.value.byteArray) else { return nil }
            text = policy.description
        case .implicitMeta:
            guard let message = try? Common_ImplicitMetaPolicy.decode(policy.value, as: self.path) else { return nil }
            guard let rule = Self.rules.first(where: { $0.rule == message.rule }) else { return nil }
            text = "\(rule.name) \(message.subPolicy)"
        default: return nil
        }
        return [TextNode.Entry(Self.ruleKey, .text(text))]
    }

    private func numberedEntries(_ policy: Common_Policy) -> [TextNode.Entry]? {
        guard Int(policy.type) == Common_Policy.PolicyType.signature.rawValue,
            let policy = try? SignaturePolicy(envelope: policy.value.byteArray)
        else { return nil }
        return [
            TextNode.Entry(Self.ruleKey, .text(policy.numberedText)),
            TextNode.Entry(Self.principalsKey, .list(policy.principals.enumerated().map { self.node($1, number: $0) })),
        ]
    }

    private func node(_ principal: Principal, number: Int) -> TextNode {
        switch principal {
        case .role: return .text("\(principal)", comments: [])
        case .identity(let identity):
            if let message = try? Msp_SerializedIdentity.decode(identity.serialized, as: self.path) {
                let comment = CertificateText.comment(message.idBytes.byteArray).map { ["$\(number): \(message.mspid), \($0)"] } ?? []
                if let consenter = self.consenters.first(where: { Self.serialized($0) == identity.serialized }) {
                    return TextNode(.map([TextNode.Entry("consenter", .number(consenter.id))]), comments: comment)
                }
                var certificate = BytesText.node(message.idBytes.byteArray)
                certificate.comments = []
                return TextNode(
                    .map([TextNode.Entry("msp_id", .text(message.mspid)), TextNode.Entry("certificate", certificate)]), comments: comment)
            }
        case .organizationUnit(let mspID, let name, let certifiers):
            return .map([
                TextNode.Entry("msp_id", .text(mspID.text)),
                TextNode.Entry("organizational_unit", .text(String(decoding: name, as: UTF8.self))),
                TextNode.Entry("certifiers", .text(Base64.encode(certifiers))),
            ])
        case .anonymity, .combined, .unrecognized: break
        }
        let message = principal.message()
        return .map([
            TextNode.Entry("classification", .number(message.principalClassification.rawValue)),
            TextNode.Entry("principal", .text(Base64.encode(message.principal.byteArray))),
        ])
    }

    // MARK: - Reading

    /// Reads the fields of a policy; nil when none of them is there.
    func policy(_ fields: inout FieldCoder) throws(ConfigurationTextError) -> Common_Policy? {
        let rule = fields.take(Self.ruleKey)
        let principals = fields.take(Self.principalsKey)
        let raw = fields.take(Self.rawKey)
        if let raw {
            guard rule == nil, principals == nil, let text = raw.scalar, let bytes = Base64.decode(text),
                let policy = try? Common_Policy.decode(bytes, as: self.path)
            else { throw fields.wrong(Self.rawKey, raw, "expected a serialised policy in base64, and no other key for the policy") }
            return policy
        }
        guard let rule else {
            if let principals { throw fields.wrong(Self.principalsKey, principals, "they need a rule, such as OutOf(2, $0, $1, $2)") }
            return nil
        }
        return try self.policy(rule, principals: principals, fields)
    }

    private func policy(
        _ rule: TextNode, principals: TextNode?, _ fields: FieldCoder
    ) throws(ConfigurationTextError) -> Common_Policy {
        guard let text = rule.scalar else { throw fields.wrong(Self.ruleKey, rule, "expected a policy such as MAJORITY Admins") }
        var result = Common_Policy()
        if principals == nil, let implicit = Self.implicit(text) {
            result.type = Int32(Common_Policy.PolicyType.implicitMeta.rawValue)
            result.value = implicit.encoded().data
            return result
        }
        let policy: SignaturePolicy
        var listed: [Principal]?
        if let principals { listed = try self.principals(principals, fields) }
        do throws(PolicyError) {
            if let list = listed {
                policy = try SignaturePolicy(numberedText: text, principals: list)
            } else {
                policy = try SignaturePolicy(text: text)
            }
        } catch {
            throw Self.error(error, in: rule, path: self.path)
        }
        result.type = Int32(Common_Policy.PolicyType.signature.rawValue)
        result.value = policy.envelope().data
        return result
    }

    static func implicit(_ text: String) -> Common_ImplicitMetaPolicy? {
        for rule in self.rules where text.hasPrefix(rule.name + " ") {
            var message = Common_ImplicitMetaPolicy()
            message.rule = rule.rule
            message.subPolicy = String(text.dropFirst(rule.name.count + 1))
            return message
        }
        return nil
    }

    private static let rules: [(name: String, rule: Common_ImplicitMetaPolicy.Rule)] = [("ANY", .any), ("ALL", .all), ("MAJORITY", .majority)]

    /// Points at the character where the policy's author can see it.
    private static func error(_ error: PolicyError, in node: TextNode, path: String) -> ConfigurationTextError {
        guard let offset = error.offset, node.isPlain, let mark = node.mark else {
            return .invalid(path: path, node.mark, reason: error.description)
        }
        return .invalid(path: path, TextMark(line: mark.line, column: mark.column + offset), reason: error.description)
    }

    private func principals(_ node: TextNode, _ fields: FieldCoder) throws(ConfigurationTextError) -> [Principal] {
        guard case .list(let items) = node.content else { throw fields.wrong(Self.principalsKey, node, "expected a list") }
        var principals: [Principal] = []
        for item in items { principals.append(try self.principal(item, fields)) }
        return principals
    }

    private func principal(_ node: TextNode, _ fields: FieldCoder) throws(ConfigurationTextError) -> Principal {
        if let text = node.scalar {
            guard let dot = text.utf8.lastIndex(of: UInt8(ascii: ".")), let role = Role(name: Array(text[text.utf8.index(after: dot)...].utf8))
            else { throw fields.wrong(Self.principalsKey, node, "expected MSPID.role, with the role member, admin, client, peer or orderer") }
            return .role(MSPID(String(text[..<dot])), role)
        }
        var item = try FieldCoder(reading: node, path: self.path)
        var (consenter, classification): (UInt32, Int) = (0, 0)
        var (mspID, unit): (String, String) = ("", "")
        var (certifiers, content): ([UInt8], [UInt8]) = ([], [])
        let isConsenter = item.take("consenter") != nil
        try item.number("consenter", &consenter)
        try item.text("msp_id", &mspID)
        let certificate = item.take("certificate")
        let hasUnit = item.take("organizational_unit") != nil
        try item.text("organizational_unit", &unit)
        try item.base64("certifiers", &certifiers)
        let hasClassification = item.take("classification") != nil
        try item.number("classification", &classification)
        try item.base64("principal", &content)
        try item.finish()
        if isConsenter {
            guard let found = self.consenters.first(where: { $0.id == consenter }) else {
                throw fields.wrong(Self.principalsKey, node, "there is no consenter \(consenter) in the value Orderers of this group")
            }
            return .identity(IdentityPrincipal(serialized: Self.serialized(found)))
        }
        if let certificate {
            guard let pem = BytesText.read(certificate) else { throw fields.wrong("certificate", certificate, "expected a certificate as PEM") }
            return .identity(IdentityPrincipal(serialized: SerializedIdentity.bytes(mspID: MSPID(mspID), pem: pem)))
        }
        if hasUnit { return .organizationUnit(MSPID(mspID), name: Array(unit.utf8), certifiers: certifiers) }
        guard hasClassification else {
            throw fields.wrong(
                Self.principalsKey, node, "expected MSPID.role, 'consenter: 1', 'msp_id' with 'certificate' or 'organizational_unit'")
        }
        var message = Common_MSPPrincipal()
        message.principalClassification = .init(rawValue: classification) ?? .UNRECOGNIZED(classification)
        message.principal = content.data
        return Principal(message: message)
    }

    private static func serialized(_ consenter: Common_Consenter) -> [UInt8] {
        SerializedIdentity.bytes(mspID: MSPID(consenter.mspID), pem: consenter.identity.byteArray)
    }
}
