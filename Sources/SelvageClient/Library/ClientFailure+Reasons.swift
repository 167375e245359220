import FabricMessages
import GRPCCore
import GRPCProtobuf
import LedgerModel

extension ClientFailure {
    private static let chaincodeMark = "chaincode response "
    private static let differenceMark = "ProposalResponsePayloads do not match: "
    private static let detailType = "gateway.ErrorDetail"

    /// What a gateway answered with an error.
    init(_ error: RPCError, _ stage: Stage, peer: String, transaction: TransactionID?) {
        let reports = Self.reports(of: error)
        let texts = reports.map(\.message) + [error.message]
        let id = transaction.map(\.text)
        if let chaincode = texts.lazy.compactMap(Self.chaincode).first {
            self.init(
                stage, .chaincode, peer: peer, transaction: id, cause: error.message, chaincode: chaincode, reports: reports,
                nextStep: "the chaincode's own message says why; change the arguments or the state it asks for")
            return
        }
        if texts.contains(where: { $0.contains("ProposalResponsePayloads do not match") }) {
            let disagreement = texts.lazy.compactMap { $0.split(atFirst: Self.differenceMark).flatMap { EndorserDisagreement(text: $0.1) } }.first
            self.init(
                stage, .disagreement, peer: peer, transaction: id, cause: error.message, reports: reports, disagreement: disagreement,
                nextStep: Self.afterDisagreement)
            return
        }
        let (kind, nextStep) = Self.judge(error.code, stage)
        self.init(stage, kind, peer: peer, transaction: id, cause: "\(error.code): \(error.message)", reports: reports, nextStep: nextStep)
    }

    static let afterDisagreement = "submit again; if it stays, one peer is behind or the chaincode is not deterministic"

    /// What the parts of the client in this process say.
    init(_ error: any Error, _ stage: Stage, peer: String, transaction: TransactionID?) {
        let id = transaction.map(\.text)
        switch error {
        case let failure as ClientFailure: self = failure
        case let error as RPCError: self.init(error, stage, peer: peer, transaction: transaction)
        case let error as ClientError: self.init(error, stage, peer: peer, id: id)
        case let error as ClientIdentityError:
            self.init(.sign, .setup, peer: peer, transaction: id, cause: error.description, nextStep: "give an identity with its key")
        case let error as NodeConnectionError:
            let isSetup: Bool
            switch error {
            case .badAddress, .noRoots, .certificateUnreadable, .keyUnreadable, .keyDoesNotFitCertificate: isSetup = true
            default: isSetup = false
            }
            switch error {
            case .failed(_, let code, _, let message):
                self.init(stage, .refused, peer: peer, transaction: id, cause: "\(code): \(message)", nextStep: "the node's words say why")
            case .badAnswer, .noAnswer:
                self.init(stage, .badAnswer, peer: peer, transaction: id, cause: error.description, nextStep: "ask another node")
            default:
                self.init(
                    isSetup ? .connect : stage, isSetup ? .setup : .unreachable, peer: peer, transaction: id, cause: error.description,
                    nextStep: isSetup
                        ? "mend the setting that is named" : "check that the node runs, its address and its TLS root, or use another node")
            }
        default: self.init(stage, .unreachable, peer: peer, transaction: id, cause: "\(error)", nextStep: "try again, or use another node")
        }
    }

    private init(_ error: ClientError, _ stage: Stage, peer: String, id: String?) {
        switch error {
        case .chaincode(let peer, let status, let message):
            self.init(
                stage, .chaincode, peer: peer, transaction: id, cause: "chaincode response \(status), \(message)", chaincode: (status, message),
                nextStep: "the chaincode's own message says why; change the arguments or the state it asks for")
        case .endorsersDisagree(let difference):
            self.init(
                stage, .disagreement, peer: peer, transaction: id, cause: difference.description, disagreement: EndorserDisagreement(difference),
                nextStep: Self.afterDisagreement)
        case .refused(let peer, let reason):
            self.init(stage, .refused, peer: peer, transaction: id, cause: reason, nextStep: "the peer's words say why; another peer may differ")
        case .notOrdered(_, let status, let reason):
            self.init(
                .submit, .refused, peer: peer, transaction: id, cause: "status \(status), \(reason)",
                nextStep: status == 503 ? "the ordering service is busy: submit again" : "the ordering service's words say why")
        case .signing:
            self.init(.sign, .setup, peer: peer, transaction: id, cause: error.description, nextStep: "check the private key")
        case .noEndorsement, .notEndorsed, .notCommitted, .invalid:
            self.init(stage, .refused, peer: peer, transaction: id, cause: error.description, nextStep: "ask another peer")
        }
    }

    /// What the nodes behind a gateway said, from the details of its status.
    private static func reports(of error: RPCError) -> [Report] {
        guard let status = try? error.unpackGoogleRPCStatus() else { return [] }
        return status.details.compactMap { detail in
            guard let any = detail.any, any.typeURL.hasSuffix(Self.detailType), let inner = try? Gateway_ErrorDetail.decode(any.value, as: "detail")
            else { return nil }
            return Report(address: inner.address, mspID: inner.mspID, message: inner.message)
        }
    }

    /// `chaincode response 404, not there`, as gateways word it.
    private static func chaincode(_ text: String) -> (status: Int32, message: String)? {
        guard let (_, rest) = text.split(atFirst: Self.chaincodeMark), let (number, message) = rest.split(atFirst: ", "), let status = Int32(number)
        else { return nil }
        return (status, message)
    }

    private static func judge(_ code: RPCError.Code, _ stage: Stage) -> (Kind, nextStep: String) {
        switch code {
        case .permissionDenied, .unauthenticated: (.refused, "use an identity that the channel's policies let in")
        case .invalidArgument: (.refused, "mend the request as the node says")
        case .failedPrecondition: (.refused, "check the channel, the chaincode's definition and its endorsement policy")
        case .resourceExhausted: (.refused, "the node has too much to do: try again later")
        case .notFound: (.refused, "check the channel and the transaction's id")
        case .unimplemented: (.refused, "this node does not serve the gateway: name a peer that does")
        case .unavailable: (.unreachable, "the nodes that are needed cannot be reached: check them, or use another gateway")
        case .deadlineExceeded: (.unreachable, "the node gave no answer in time: ask again later")
        case .aborted where stage == .submit: (.refused, "the ordering service's words say why")
        case .aborted: (.refused, "the nodes' words say why")
        default: (.refused, "the node's words say why")
        }
    }
}
