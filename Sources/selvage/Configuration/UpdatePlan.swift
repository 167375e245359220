import ChannelConfiguration
import ConfigurationText
import CryptoPrimitives
import FabricMessages
import Foundation
import Identity
import LedgerModel
import Node

/// An update that a command makes or signs, with what can be said of it.
struct UpdatePlan {
    let update: ConfigurationUpdate
    let channel: ChannelID
    /// Who hands the envelope in; nil leaves it unsigned, as Fabric's tools do before `peer channel update` signs it.
    let sender: SigningIdentity?
    /// Nil when the configuration in force is not known.
    let review: UpdateReview?
    let difference: ConfigurationDifference?
    /// The configuration after the update.
    let result: ConfigurationDocument

    private static let environment = SystemEnvironment()
    private static let nonceBytes = 24

    /// The update that leads from a configuration to an edited one.
    init(edited: ConfigurationSource, on bundle: ChannelBundle, signers: [String]) throws {
        let update: ConfigurationUpdate
        switch edited.document.body {
        case .update(let message, let signatures):
            update = ConfigurationUpdate(updateBytes: message.encoded(), signatures: signatures)
        case .configuration(let config):
            guard edited.document.channelID == bundle.channelID else {
                throw edited.problem("it is of channel '\(edited.document.channelID)', not of '\(bundle.channelID)'", path: nil)
            }
            guard config.sequence == bundle.sequence else {
                throw edited.problem(
                    "it was made from the configuration with sequence \(config.sequence), and \(bundle.sequence) is in force: show that one and "
                        + "make the change again, or changes of others would be undone", path: nil)
            }
            do {
                update = try ConfigurationUpdate.compute(from: bundle.config, to: config, channelID: bundle.channelID)
            } catch {
                throw edited.problem("\(error)", path: error.path)
            }
        }
        do {
            try self.init(update, channel: bundle.channelID, on: bundle, signers: signers)
        } catch let error as ConfigurationUpdateError {
            throw edited.problem("\(error)", path: error.path)
        }
    }

    init(_ update: ConfigurationUpdate, channel: ChannelID, on bundle: ChannelBundle?, signers: [String]) throws {
        var update = update
        var sender: SigningIdentity?
        for folder in signers {
            let signer = try MSPFolder(argument: folder).signer(in: bundle)
            try update.sign(by: signer, nonce: Self.environment.randomBytes(count: Self.nonceBytes))
            sender = signer
        }
        self.update = update
        self.channel = channel
        self.sender = sender
        self.review = try bundle.map { (bundle) throws(ConfigurationUpdateError) in try bundle.review(update) }
        if let bundle, let review = self.review {
            self.result = ConfigurationDocument(
                .configuration(review.successor.config), channelID: channel,
                comments: ["Configuration of channel \(channel) as the update would make it, sequence \(review.successor.sequence)."])
            self.difference = ConfigurationDifference(
                from: ConfigurationDocument(.configuration(bundle.config), channelID: channel), to: self.result)
        } else {
            self.result = ConfigurationDocument(.configuration(Common_Config()), channelID: channel)
            self.difference = nil
        }
    }

    /// The serialised envelope of type CONFIG_UPDATE.
    func envelope() throws -> [UInt8] {
        let time = Self.environment.now()
        if let sender {
            let nonce = Self.environment.randomBytes(count: Self.nonceBytes)
            return try self.update.envelope(channel: self.channel, sender: sender, nonce: nonce, timestamp: time).serialized()
        }
        let header = ChannelHeader(kind: .configUpdate, timestamp: time, channelID: self.channel, transactionID: "")
        let payload = Payload(channelHeaderBytes: header.serialized(), signatureHeaderBytes: [], data: self.update.serialized())
        return Envelope(payload: payload.serialized(), signature: []).serialized()
    }

    // MARK: - Words

    func lines(output: String) -> [String] {
        var lines = ["Update of channel \(self.channel)"]
        if let difference { lines += difference.changes.map { "  \($0)" } }
        lines.append(self.update.signatures.isEmpty ? "Signatures: none" : "Signatures:")
        let ignored = self.review?.ignored ?? []
        for (index, signature) in self.update.signatures.enumerated() {
            lines.append("  \(ConfigurationDocument.signer(of: signature))\(ignored.contains(index) ? " (does not count)" : "")")
        }
        if let review {
            lines.append("Policies:")
            for demand in review.demands { lines += Self.lines(of: demand) }
            lines.append(review.isAuthorized ? "The update is authorised." : "The update is not authorised yet: it needs the signatures above.")
        }
        lines.append("Written to \(output)\(self.sender == nil ? ", without a sender's signature: 'peer channel update' adds one" : "")")
        return lines
    }

    private static func lines(of demand: UpdateReview.Demand) -> [String] {
        let guarded = demand.elements.map(\.description).joined(separator: ", ")
        var lines = ["  \(demand.policy) \(demand.isMet ? "is satisfied" : "is NOT satisfied"); it guards \(guarded)"]
        if demand.isMet { return lines }
        if demand.missing.sets.isEmpty { return lines + ["    no signatures can satisfy it"] }
        lines.append("    missing, one of:")
        lines += demand.missing.sets.map { "      " + $0.map(\.description).joined(separator: " and ") }
        if !demand.missing.isComplete { lines.append("      and more") }
        return lines
    }

    private struct Report: Encodable {
        struct Demand: Encodable {
            let policy: String
            let guards: [String]
            let met: Bool
            let missing: [[String]]
            let complete: Bool
        }

        struct Change: Encodable {
            let change: String
            let path: String
            let field: String
            let before: String?
            let after: String?
        }

        let channel: String
        let authorized: Bool?
        let signatures: [String]
        let ignoredSignatures: [Int]
        let changes: [Change]
        let policies: [Demand]
    }

    func json() throws -> String {
        let report = Report(
            channel: self.channel.text, authorized: self.review?.isAuthorized,
            signatures: self.update.signatures.map { ConfigurationDocument.signer(of: $0) }, ignoredSignatures: self.review?.ignored ?? [],
            changes: self.difference?.changes.map {
                Report.Change(change: $0.kind.rawValue, path: $0.path, field: $0.field, before: $0.before, after: $0.after)
            } ?? [],
            policies: self.review?.demands.map { demand in
                Report.Demand(
                    policy: demand.policy, guards: demand.elements.map(\.description), met: demand.isMet,
                    missing: demand.missing.sets.map { $0.map(\.description) }, complete: demand.missing.isComplete)
            } ?? [])
        return try JSONText.of(report)
    }
}

/// JSON as every command prints it.
enum JSONText {
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
