import ArgumentParser
import ChannelConfiguration
import FabricMessages
import Foundation
import Identity
import LedgerModel

/// Policies in words.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Policies: who has to sign.", subcommands: [PolicyExplain.self])
}

/// Says which sets of signers satisfy a policy.
struct PolicyExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "List the smallest sets of signers that satisfy a policy.",
        discussion: """
            A policy is given as text, as a path in a channel's configuration, or as the definition of a contract on a ledger. Fabric's \
            evaluation chooses signers greedily and never goes back, so some sets that look sufficient are refused: every set that is \
            printed has been evaluated, in an order in which it is accepted, and is refused when anyone is left out.
            Example:
              selvage policy explain "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')"
              selvage policy explain --on genesis.block --path /Channel/Application/Endorsement
              selvage policy explain --on ~/peer0/ledger --definition medical
            Exit codes: 0 good, 1 the policy is wrong (a caret shows where) or does not exist, 2 wrong usage, 3 the source cannot be read.
            """)

    @Argument(help: "A policy as text.")
    var policy: String?

    @Option(help: "A configuration block, a ledger, or another source of a configuration.")
    var on: String?

    @Option(help: "The path of a policy, such as /Channel/Application/Endorsement.")
    var path: String?

    @Option(help: "The name of a contract on the ledger, whose endorsement policy is explained.")
    var definition: String?

    @Option(help: "So many sets are printed at most.")
    var limit = 20

    @OptionGroup var output: OutputOptions

    func validate() throws {
        let places = [self.policy, self.path, self.definition].compactMap { $0 }.count
        guard places == 1 else { throw ValidationError("give a policy as text, or --on SOURCE with --path or --definition") }
        guard self.policy != nil || self.on != nil else { throw ValidationError("--path and --definition need --on SOURCE") }
        guard (1...1_000).contains(self.limit) else { throw ValidationError("--limit is a number from 1 to 1000") }
    }

    func run() throws {
        let (outline, smallest): ([String], SatisfyingSets)
        do {
            if let policy = self.policy {
                let parsed = try SignaturePolicy(text: policy)
                (outline, smallest) = ([parsed.description], parsed.smallestSets(limit: self.limit))
            } else {
                let source = try ConfigurationSource(self.on ?? "")
                (outline, smallest) = try self.explain(try source.bundle(), on: source.path)
            }
        } catch let error as PolicyError {
            throw Self.fail(error, in: self.policy ?? "")
        } catch let error as ConfigurationSource.Problem {
            Console.error("policy: \(error)")
            throw ExitCode((error.isContent ? CommandExit.refused : .unreachable).rawValue)
        } catch {
            Console.error("policy: \(error)")
            throw ExitCode(CommandExit.refused.rawValue)
        }
        try self.print(outline, smallest)
    }

    private func explain(_ bundle: ChannelBundle, on source: String) throws -> ([String], SatisfyingSets) {
        if let path = self.path {
            let explanation = try bundle.explain(policy: path, limit: self.limit)
            return (explanation.outline, explanation.smallest)
        }
        let name = Namespace(self.definition ?? "")
        guard let bytes = try DefinedPolicy.newest(of: name, in: source) else {
            throw ConfigurationSource.Problem(path: source, reason: "holds no definition of a contract '\(name)'", isContent: true)
        }
        switch try bundle.applicationPolicy(bytes) {
        case .signature(let policy): return (["\(name): \(policy)"], policy.smallestSets(limit: self.limit))
        case .reference(let path):
            let explanation = try bundle.explain(policy: path, limit: self.limit)
            return (["\(name): the channel's policy \(path)"] + explanation.outline, explanation.smallest)
        }
    }

    /// The policy, a caret below the character that is wrong, and the reason.
    private static func fail(_ error: PolicyError, in text: String) -> ExitCode {
        if let offset = error.offset {
            let before = text.prefix(offset)
            let lineStart = before.lastIndex(where: \.isNewline).map { text.index(after: $0) } ?? text.startIndex
            let line = text[lineStart...].prefix { !$0.isNewline }
            Console.error("  " + line)
            let column = text.distance(from: lineStart, to: before.endIndex)
            Console.error("  " + String(repeating: " ", count: column) + "^")
        }
        Console.error("policy: \(error)")
        return ExitCode(CommandExit.refused.rawValue)
    }

    private struct Report: Encodable {
        let policy: [String]
        let sets: [[String]]
        let complete: Bool
    }

    private func print(_ outline: [String], _ smallest: SatisfyingSets) throws {
        let sets = smallest.sets.map { $0.map(\.description) }
        if self.output.format == .json {
            return Console.line(try JSONText.of(Report(policy: outline, sets: sets, complete: smallest.isComplete)))
        }
        for line in outline { Console.line(line) }
        if sets == [[]] { return Console.line("Nobody has to sign.") }
        if sets.isEmpty { return Console.line(smallest.isComplete ? "No set of signers satisfies it." : "No set was found in the time allowed.") }
        Console.line("Smallest sets of signers:")
        for set in sets { Console.line("  " + set.joined(separator: " and ")) }
        if !smallest.isComplete { Console.line("  and more than these \(sets.count)") }
    }
}

/// The endorsement policy in a contract's definition, as the ledger's valid transactions left it.
enum DefinedPolicy {
    /// A serialised `protos.ApplicationPolicy`; nil when the contract was never defined.
    static func newest(of name: Namespace, in folder: String) throws(ConfigurationSource.Problem) -> [UInt8]? {
        let key = ChaincodeDefinitionFormat.fieldKey(name, "ValidationInfo")
        var newest: [UInt8]?
        try BlockFolder(folder).forEach { block in
            let codes = block.storedCodes
            for (index, envelope) in block.envelopes.enumerated() {
                if let codes, index < codes.count, codes[index] != .valid { continue }
                newest = self.written(envelope, key) ?? newest
            }
        }
        guard let newest, let field = try? ChaincodeDefinitionFormat.fieldBytes(newest),
            let info = try? Lifecycle_ChaincodeValidationInfo.decode(field, as: "validation info")
        else { return nil }
        return info.validationParameter.byteArray
    }

    private static func written(_ bytes: [UInt8], _ key: StateKey) -> [UInt8]? {
        guard let payload = try? Payload(serialized: Envelope(serialized: bytes).payload),
            let transaction = try? EndorserTransaction(serialized: payload.data),
            let response = try? ProposalResponsePayload(serialized: transaction.responsePayloadBytes),
            let action = try? ChaincodeAction(serialized: response.actionBytes), let set = try? ReadWriteSet(serialized: action.results)
        else { return nil }
        let lifecycle = set.namespaces.first { $0.namespace == ChaincodeDefinition.lifecycleNamespace }
        return lifecycle?.writes.last { $0.key == key && !$0.isDelete }?.value
    }
}
