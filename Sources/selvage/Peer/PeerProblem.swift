import ArgumentParser
import Identity
import LedgerModel
import Node
import SelvageClient

/// What goes wrong in a `peer` command, with the exit code that it means.
enum PeerProblem: Error, CustomStringConvertible {
    /// Options, settings or texts that cannot be meant so: 2.
    case usage(String)
    /// A file that is not there or is not what it must be: 3.
    case unreadable(String)
    /// A node or the ledger said no: 1.
    case refused(String)
    /// No connection or no answer: 3.
    case unreachable(String)
    /// The transaction is in a block and has no effect: 1.
    case invalid(String)

    var description: String {
        switch self {
        case .usage(let text), .unreadable(let text), .refused(let text), .unreachable(let text), .invalid(let text): text
        }
    }

    var exit: CommandExit {
        switch self {
        case .usage: .usage
        case .unreadable, .unreachable: .unreachable
        case .refused, .invalid: .refused
        }
    }

    /// Any error of a command, told so that a person can go on.
    init(_ error: any Error) {
        switch error {
        case let problem as PeerProblem: self = problem
        case let error as NodeConnectionError: self = Self.problem(error)
        case let error as ClientError: self = Self.problem(error)
        case let error as ClientIdentityError: self = .unreadable("\(error); see \(PeerEnvironment.mspFolder)")
        case let error as HostFileError: self = .unreadable("\(error)")
        case let error as PolicyError: self = .usage("the policy: \(error)")
        case is CancellationError: self = .unreachable("the command was ended")
        default: self = .unreachable("\(error)")
        }
    }

    private static func problem(_ error: NodeConnectionError) -> PeerProblem {
        switch error {
        case .badAddress: .usage("\(error)")
        case .noRoots, .certificateUnreadable, .keyUnreadable, .keyDoesNotFitCertificate: .unreadable("\(error)")
        case .unreachable(_, _, let reason):
            // Where the reason says what to do, nothing is added.
            .unreachable("\(error)" + (reason.contains("; ") ? "" : "; check that TLS is on at both ends (\(PeerEnvironment.tlsEnabled), --tls)"))
        case .timedOut, .noAnswer, .badAnswer: .unreachable("\(error)")
        case .failed(let node, _, _, let message): .refused("\(node): \(message)\(Self.advice(message))")
        }
    }

    private static func problem(_ error: ClientError) -> PeerProblem {
        switch error {
        case .refused(let peer, let reason): .refused("endorse: \(peer): \(reason)\(Self.advice(reason))")
        case .chaincode(let peer, let status, let message):
            .refused("\(peer): chaincode response \(status): \(message)\(Self.advice(message))")
        case .invalid: .invalid("\(error)")
        case .noEndorsement, .notEndorsed, .endorsersDisagree, .notOrdered, .signing: .refused("\(error)")
        case .notCommitted: .unreachable("\(error)")
        }
    }

    /// What to do about refusals that have to do with who asks.
    private static func advice(_ message: String) -> String {
        if message.contains("access denied") || message.contains("identity is not") || message.contains("failed deserializing")
            || message.contains("MSP") && message.contains("unknown")
        {
            return "; check that \(PeerEnvironment.mspID) names the organisation of the identity in \(PeerEnvironment.mspFolder), "
                + "that the channel knows it, and that the call asks no administrator"
        }
        return ""
    }
}

/// Runs the work of a command; its failure is one line on standard error and the exit code that fits.
enum PeerCommandRun {
    static func run(_ name: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let code as ExitCode {
            throw code
        } catch {
            let problem = PeerProblem(error)
            Console.progress("")
            Console.error("\(name): \(problem)")
            throw ExitCode(problem.exit.rawValue)
        }
    }
}
