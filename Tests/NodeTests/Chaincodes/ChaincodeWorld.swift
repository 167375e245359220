import ChaincodeShim
import FabricMessages
import Identity
import LedgerModel
import SelvageClient
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// A network whose peers run the contract "goods" in a process, or what stands for one.
struct ChaincodeWorld {
    let nodes: NodeNetwork
    let network: LiveNetwork
    let processes: [ChaincodeProcesses]
    let packageID: String

    static func call(_ arguments: [String], of chaincode: Namespace = "goods") -> ChaincodeCall {
        ChaincodeCall(chaincode: chaincode, arguments: arguments.map { Array($0.utf8) })
    }

    /// What the first peer answers.
    func ask(_ arguments: String..., of chaincode: Namespace = "goods", transient: [TransientEntry] = []) async throws -> ProposalResponse {
        try await self.ask(arguments, of: chaincode, transient: transient)
    }

    func ask(_ arguments: [String], of chaincode: Namespace = "goods", transient: [TransientEntry] = []) async throws -> ProposalResponse {
        let draft = self.network.gateway.draft(Self.call(arguments, of: chaincode), transient: transient)
        return try await self.network.peers[0].process(try draft.signed(by: self.nodes.client))
    }

    /// The response's payload as text; an answer without success is an issue of the test.
    func text(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let answer = try await self.ask(arguments).response
        #expect(answer.status == 200, "\(answer.message)", sourceLocation: sourceLocation)
        return String(decoding: answer.payload, as: UTF8.self)
    }

    @discardableResult
    func submit(_ arguments: String..., of chaincode: Namespace = "goods") async throws -> CommitStatus {
        try await self.network.submit(Self.call(arguments, of: chaincode))
    }

    /// What the read-write set of an answer says, in JSON-like lines.
    static func readWriteSet(_ answer: ProposalResponse) throws -> ReadWriteSet {
        try ReadWriteSet(serialized: try self.action(answer).results)
    }

    static func action(_ answer: ProposalResponse) throws -> ChaincodeAction {
        try ChaincodeAction(serialized: try ProposalResponsePayload(serialized: answer.payload).actionBytes)
    }
}

extension NodeNetwork {
    /// Installs a package on both peers, has both approve the contract with it and commits it, while the peers' processes run.
    ///
    /// - Parameter settings: Of the peers' processes.
    func withChaincode<Result: Sendable>(
        package: [UInt8], settings: ChaincodeProcesses.Settings = ChaincodeProcesses.Settings(), approving approved: String? = nil,
        _ body: (ChaincodeWorld) async throws -> Result
    ) async throws -> Result {
        let processes = (0..<2).map { index in
            ChaincodeProcesses(packages: PackageFolder(folder: self.folder.path(of: "peer\(index)") + "/packages"), settings: settings)
        }
        self.processes = processes
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for processes in processes { group.addTask { await processes.run() } }
            defer { for processes in processes { processes.stop() } }
            return try await self.live(isNew: true) { network in
                var install = Lifecycle_InstallChaincodeArgs()
                install.chaincodeInstallPackage = package.data
                let call = ChaincodeCall(chaincode: "_lifecycle", arguments: [Array("InstallChaincode".utf8), install.encoded()])
                var id = ""
                for (administrator, peer) in zip(self.administrators, network.peers) {
                    let answer = try await self.gateway(network.orderer, as: administrator).evaluate(call, on: peer)
                    id = try Lifecycle_InstallChaincodeResult(serializedBytes: answer).packageID
                }
                try await self.approve(approved ?? id, as: "goods", on: network)
                return try await body(ChaincodeWorld(nodes: self, network: network, processes: processes, packageID: id))
            }
        }
    }

    /// Has both organisations approve a name with a package, and commits it.
    func approve(_ packageID: String, as name: Namespace, on network: LiveNetwork) async throws {
        let tally = try Self.definition()
        let definition = ChaincodeDefinition(name: name, version: "1.0", sequence: 1, validationParameter: tally.validationParameter)
        for (administrator, peer) in zip(self.administrators, network.peers) {
            let gateway = self.gateway(network.orderer, as: administrator)
            let approved = try await gateway.submit(try definition.approval(packageID: packageID), endorsedBy: [peer]).status
            for peer in network.peers { _ = try await peer.commitStatus(of: approved.transaction) }
        }
        try await network.submit(try definition.commit())
    }

    /// The same with a chaincode of these tests, which waits for the peers at a port of its own.
    func withChaincode<Result: Sendable>(
        _ chaincode: ShimChaincode, named name: String? = nil, settings: ChaincodeProcesses.Settings = ChaincodeProcesses.Settings(),
        _ body: (ChaincodeWorld) async throws -> Result
    ) async throws -> Result {
        let environment = self.environment
        let server = try WireServer(listen: WireEndpoint(host: "127.0.0.1", port: 0), tls: nil, clock: { environment.now() }) { _ in [chaincode] }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { server.stop() }
            let endpoint = try await server.endpoint()
            let package = PackageMaker.service(label: "goods_1.0", connection: #"{"address": "\#(endpoint)"}"#)
            let id = try ChaincodePackage(package).id
            chaincode.name.withLock { $0 = name ?? id }
            return try await self.withChaincode(package: package, settings: settings, body)
        }
    }
}
