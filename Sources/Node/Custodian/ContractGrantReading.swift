import Chaincode
import CryptoPrimitives
import LedgerModel
import SelvageClient
import SystemContracts

/// Reads grants through the records and registry contracts on the custodian's own peer.
package struct ContractGrantReading: GrantReading {
    private let gateway: Gateway
    private let peer: PeerNode
    private let environment: SystemEnvironment

    /// - Parameter gateway: For an identity of the custodian's own organisation.
    package init(gateway: Gateway, peer: PeerNode, environment: SystemEnvironment) {
        self.gateway = gateway
        self.peer = peer
        self.environment = environment
    }

    package var channel: ChannelID { self.gateway.channel }

    package var height: UInt64 { self.peer.height }

    package func grant(_ id: String) async throws -> GrantFacts? {
        let check: JSONValue
        do {
            let time = String(self.environment.now().seconds)
            check = try await self.ask(MedicalContracts.records, "checkGrant", id, time)
        } catch ClientError.chaincode(_, 404, _) {
            return nil
        }
        guard let record = check["recordId"]?.string, let version = check["version"]?.integer, let grantee = check["grantee"]?.string,
            let allowed = check["allowed"]?.bool, let sealingKey = check["granteeSealingKey"]?.string.flatMap(Base16.decode)
        else { throw GrantAnswerError(contract: MedicalContracts.records) }
        let subject = try await self.ask(MedicalContracts.registry, "lookup", grantee)
        guard let signingKey = subject["signingKey"]?.string.flatMap(Base16.decode) else {
            throw GrantAnswerError(contract: MedicalContracts.registry)
        }
        return GrantFacts(
            record: record, version: UInt64(max(0, version)), grantee: grantee,
            refusal: allowed ? nil : check["reason"]?.string ?? "not allowed", granteeSigningKey: signingKey,
            granteeSealingKey: sealingKey)
    }

    private func ask(_ contract: String, _ arguments: String...) async throws -> JSONValue {
        let call = ChaincodeCall(chaincode: Namespace(contract), arguments: arguments.map { Array($0.utf8) })
        return try JSONValue(parsing: try await self.gateway.evaluate(call, on: self.peer))
    }
}

/// A contract's answer is not what this custodian understands.
struct GrantAnswerError: Error, CustomStringConvertible {
    let contract: String
    var description: String { "contract \(self.contract) answered in a form that this custodian does not know; update it" }
}
