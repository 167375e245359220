import CryptoPrimitives
import Foundation
import LedgerModel

/// A report as JSON; absent facts are absent keys, hashes are hexadecimal.
extension AuditReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case good, verdict, channel, genesisHash, genesisFrom, blockForm, storedBlocks, replayedBlocks, unfinishedBytes, signatures, reexecuted
        case counts, committees, codes, invalidCodes, notReexecutable, state, firstFailure, findings, findingCount, transactions, agreement
        case commitHash, transactionCount, knownStates
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.isGood, forKey: .good)
        try container.encode(self.verdict, forKey: .verdict)
        try container.encode(self.channel.text, forKey: .channel)
        try container.encode(Base16.encode(self.genesisHash), forKey: .genesisHash)
        try container.encode(self.anchor.rawValue, forKey: .genesisFrom)
        try container.encodeIfPresent(self.form.map { $0 == .canonical ? "canonical" : "fabric" }, forKey: .blockForm)
        try container.encode(self.storedBlocks, forKey: .storedBlocks)
        try container.encode(self.replayedBlocks, forKey: .replayedBlocks)
        try container.encode(self.unfinishedBytes, forKey: .unfinishedBytes)
        try container.encode(self.signatures, forKey: .signatures)
        try container.encode(self.isReexecuted, forKey: .reexecuted)
        try container.encode(self.transactionCount, forKey: .transactionCount)
        try container.encode(self.agreement, forKey: .agreement)
        if !self.commitHash.isEmpty { try container.encode(Base16.encode(self.commitHash), forKey: .commitHash) }
        try container.encode(self.counts, forKey: .counts)
        try container.encode(self.codes, forKey: .codes)
        try container.encode(self.committees, forKey: .committees)
        try container.encode(self.invalidCodes, forKey: .invalidCodes)
        try container.encode(self.obstacles, forKey: .notReexecutable)
        try container.encode(self.state, forKey: .state)
        if !self.knownStates.isEmpty { try container.encode(self.knownStates, forKey: .knownStates) }
        try container.encodeIfPresent(self.firstFailure, forKey: .firstFailure)
        try container.encode(self.findings, forKey: .findings)
        try container.encode(self.findingCount, forKey: .findingCount)
        if !self.transactions.isEmpty { try container.encode(self.transactions, forKey: .transactions) }
    }

    /// The report as JSON, keys sorted.
    package func json() throws -> String {
        String(decoding: try Self.encoder([.prettyPrinted]).encode(self), as: UTF8.self)
    }

    static func encoder(_ formatting: JSONEncoder.OutputFormatting = []) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, formatting]
        return encoder
    }
}

extension AuditReport.Transaction {
    /// The transaction as JSON in one line.
    package func json() throws -> String { String(decoding: try AuditReport.encoder().encode(self), as: UTF8.self) }
}

extension AuditReport.StateResult: Encodable {
    private enum CodingKeys: String, CodingKey {
        case result, entries, height, reason
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .equal(let entries, let height):
            try container.encode("equal", forKey: .result)
            try container.encode(entries, forKey: .entries)
            try container.encode(height, forKey: .height)
        case .different:
            try container.encode("different", forKey: .result)
        case .notCompared(let reason):
            try container.encode("not compared", forKey: .result)
            try container.encode(reason, forKey: .reason)
        }
    }
}

extension AuditReport.KnownState: Encodable {
    private enum CodingKeys: String, CodingKey {
        case source, state
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.source, forKey: .source)
        try container.encode(self.result, forKey: .state)
    }
}

extension AuditReport.Committee: Encodable {
    private enum CodingKeys: String, CodingKey {
        case firstBlock, members, quorum
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.firstBlock, forKey: .firstBlock)
        try container.encode(self.members, forKey: .members)
        try container.encode(self.quorum, forKey: .quorum)
    }
}

extension AuditReport.Committee.Member: Encodable {
    private enum CodingKeys: String, CodingKey {
        case consenter, mspID, certificateHash
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.consenter, forKey: .consenter)
        try container.encode(self.mspID.text, forKey: .mspID)
        try container.encode(Base16.encode(SHA256.hash(self.certificate)), forKey: .certificateHash)
    }
}

extension AuditFinding: Encodable {
    private enum CodingKeys: String, CodingKey {
        case rule, block, transaction, transactionID, expected, found, advice
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.rule.rawValue, forKey: .rule)
        try container.encodeIfPresent(self.block, forKey: .block)
        try container.encodeIfPresent(self.transaction, forKey: .transaction)
        try container.encodeIfPresent(self.transactionID?.text, forKey: .transactionID)
        try container.encode(self.expected, forKey: .expected)
        try container.encode(self.found, forKey: .found)
        try container.encode(self.advice, forKey: .advice)
    }
}

extension AuditReport.Transaction: Encodable {
    private enum CodingKeys: String, CodingKey {
        case block, index, txid, type, recorded, derived, reason, outcome, detail
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.block, forKey: .block)
        try container.encode(self.index, forKey: .index)
        try container.encodeIfPresent(self.id?.text, forKey: .txid)
        try container.encode(self.type, forKey: .type)
        try container.encodeIfPresent(self.recordedName, forKey: .recorded)
        try container.encode(self.code.name, forKey: .derived)
        try container.encodeIfPresent(self.reason, forKey: .reason)
        try container.encode(self.outcome.kind, forKey: .outcome)
        switch self.outcome {
        case .equal, .invalid, .governance: break
        case .different(let difference): try container.encode(difference.description, forKey: .detail)
        case .notReexecutable(let obstacle): try container.encode(obstacle.description, forKey: .detail)
        }
    }
}
