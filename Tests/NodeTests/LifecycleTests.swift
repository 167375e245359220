import FabricMessages
import Foundation
import LedgerModel
import Node
import SelvageClient
import SystemContracts
import TestSupport
import Testing

/// Approvals and packages in a network of real nodes.
@Suite(.timeLimit(.minutes(20))) struct LifecycleTests {
    private static func query(_ function: String, _ arguments: [UInt8]) -> ChaincodeCall {
        ChaincodeCall(chaincode: ChaincodeDefinition.lifecycleNamespace, arguments: [Array(function.utf8), arguments])
    }

    private static var approved: ChaincodeCall {
        var arguments = Lifecycle_QueryApprovedChaincodeDefinitionArgs()
        arguments.name = "tally"
        arguments.sequence = 1
        return self.query("QueryApprovedChaincodeDefinition", arguments.encoded())
    }

    @Test func `a peer shows what its organisation approved, also after it lost its state`() async throws {
        let nodes = try NodeNetwork()
        try await nodes.live { network in
            let admin = nodes.gateway(network.orderer, as: nodes.administrators[1])
            let result = try Lifecycle_QueryApprovedChaincodeDefinitionResult(
                serializedBytes: try await admin.evaluate(Self.approved, on: network.peers[1]))
            #expect(result.version == "1.0" && result.sequence == 1)
            try await network.settle()
        }
        try FileManager.default.removeItem(atPath: nodes.folder.path(of: "peer1/state"))
        try await nodes.live(isNew: false) { network in
            let admin = nodes.gateway(network.orderer, as: nodes.administrators[1])
            let result = try Lifecycle_QueryApprovedChaincodeDefinitionResult(
                serializedBytes: try await admin.evaluate(Self.approved, on: network.peers[1]))
            #expect(result.version == "1.0" && result.sequence == 1)
            // Another organisation's administrator is refused at this peer, and its own peer shows its own approval.
            let other = nodes.gateway(network.orderer, as: nodes.administrators[0])
            await #expect(throws: ClientError.self) { try await other.evaluate(Self.approved, on: network.peers[1]) }
            #expect(try await !other.evaluate(Self.approved, on: network.peers[0]).isEmpty)
        }
    }

    @Test func `a definition is committed once all that must have approved it did, and an upgrade takes its course`() async throws {
        let nodes = try NodeNetwork()
        try await nodes.live { network in
            let next = try NodeNetwork.definition(sequence: 2)
            await #expect(throws: ClientError.self) { try await network.submit(try next.commit()) }
            let one = nodes.gateway(network.orderer, as: nodes.administrators[0])
            let status = try await one.submit(try next.approval(), endorsedBy: [network.peers[0]]).status
            for peer in network.peers { _ = try await peer.commitStatus(of: status.transaction) }
            let readiness = try Lifecycle_CheckCommitReadinessResult(
                serializedBytes: try await network.gateway.evaluate(try next.readiness(), on: network.peers[1]))
            #expect(readiness.approvals == ["Org1MSP": true, "Org2MSP": false])
            // The second organisation's peer does not endorse.
            await #expect(throws: ClientError.self) { try await network.submit(try next.commit()) }
            let two = nodes.gateway(network.orderer, as: nodes.administrators[1])
            let second = try await two.submit(try next.approval(), endorsedBy: [network.peers[1]]).status
            for peer in network.peers { _ = try await peer.commitStatus(of: second.transaction) }
            #expect(try await network.submit(try next.commit()).isValid)
            // The plaintext of the other's approval is nowhere on this peer.
            let other = network.peers[0].snapshot()
            #expect(
                try other.privateValue(
                    of: "namespaces/metadata/tally#2", collection: "_implicit_org_Org2MSP", in: ChaincodeDefinition.lifecycleNamespace) == nil)
        }
    }

    @Test func `an administrator of another organisation gets no approval endorsed`() async throws {
        let nodes = try NodeNetwork()
        try await nodes.live { network in
            let two = nodes.gateway(network.orderer, as: nodes.administrators[1])
            await #expect(throws: ClientError.self) {
                try await two.submit(try NodeNetwork.definition(sequence: 2).approval(), endorsedBy: [network.peers[0]])
            }
        }
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric/package_id.txt"), SharedData.reason))
    func `packages are installed on one node, listed, returned as they were, and refused twice`() async throws {
        let package = try #require(SharedData.read("vectors/fabric/labcc_ccaas_package.tar.gz"))
        let nodes = try NodeNetwork()
        var install = Lifecycle_InstallChaincodeArgs()
        install.chaincodeInstallPackage = package.data
        let call = Self.query("InstallChaincode", install.encoded())
        let id = "labcc_1.0:073558592fe7952016abc735a2bf45befd331334674890078c14dd43a231db0a"
        try await nodes.live { network in
            let admin = nodes.gateway(network.orderer, as: nodes.administrators[0])
            let result = try Lifecycle_InstallChaincodeResult(serializedBytes: try await admin.evaluate(call, on: network.peers[0]))
            #expect(result.packageID == id && result.label == "labcc_1.0")
            await #expect(throws: ClientError.self) { try await admin.evaluate(call, on: network.peers[0]) }
            await #expect(throws: ClientError.self) { try await network.gateway.evaluate(call, on: network.peers[0]) }
        }
        try await nodes.live(isNew: false) { network in
            let admin = nodes.gateway(network.orderer, as: nodes.administrators[0])
            let all = try Lifecycle_QueryInstalledChaincodesResult(
                serializedBytes: try await admin.evaluate(Self.query("QueryInstalledChaincodes", []), on: network.peers[0]))
            #expect(all.installedChaincodes.map(\.packageID) == [id])
            var get = Lifecycle_GetInstalledChaincodePackageArgs()
            get.packageID = id
            let found = try Lifecycle_GetInstalledChaincodePackageResult(
                serializedBytes: try await admin.evaluate(Self.query("GetInstalledChaincodePackage", get.encoded()), on: network.peers[0]))
            #expect(found.chaincodeInstallPackage.byteArray == package)
        }
    }

    @Test(.enabled(if: SharedData.contains("vectors/fabric/package_id.txt"), SharedData.reason))
    func `a package folder keeps to its names, and notices a changed file`() throws {
        let folder = try TemporaryFolder("packages")
        let store = PackageFolder(folder: folder.path(of: "packages"))
        #expect(try store.packageIDs().isEmpty)
        let package = try ChaincodePackage(try #require(SharedData.read("vectors/fabric/labcc_ccaas_package.tar.gz")))
        try store.keep(package)
        #expect(throws: ChaincodePackageError.alreadyInstalled(id: package.id)) { try store.keep(package) }
        #expect(try store.packageIDs() == [package.id])
        let digits = String(repeating: "0", count: 64)
        for id in ["", ":", ":\(digits)", "../x:\(digits)", "a/b:\(digits)", "a:0", "..:\(digits)", "a:\(digits)0"] {
            #expect(try store.package(id) == nil, "\(id)")
        }
        try folder.write(Array("x".utf8), to: "packages/note.txt")
        #expect(try store.packageIDs() == [package.id])
        let name = package.id.replacingOccurrences(of: ":", with: ".") + ".tar.gz"
        try folder.write([1], to: "packages/" + name)
        #expect(throws: ChaincodePackageError.self) { try store.package(package.id) }
    }
}
