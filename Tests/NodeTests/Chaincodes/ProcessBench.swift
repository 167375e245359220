import ContractVM
import LedgerModel
import SystemContracts
import TestSupport
import Testing

@testable import Node

/// Runs calls of one package's chaincode on a state in memory, without a network.
enum ProcessBench {
    /// The package whatever is called.
    private struct OnePackage: PackageRuntimes {
        let find: @Sendable () -> (any ProcessRuntime)?

        func runtime(of definition: ChaincodeDefinition, node: NodeView, state: any StateReading) throws(InvocationError) -> any ProcessRuntime {
            guard let runtime = self.find() else { throw .notInstalled(definition.name) }
            return runtime
        }
    }

    /// Makes the calls one after the other, each committed unless it was refused, and gives "call: status message payload" for each.
    static func run(_ package: [UInt8], _ calls: [[String]]) async throws -> [String] {
        let folder = try TemporaryFolder("selvage-process")
        let packages = PackageFolder(folder: folder.path(of: "packages"))
        let known = try ChaincodePackage(package)
        try packages.keep(known)
        let processes = ChaincodeProcesses(packages: packages)
        let environment = SystemEnvironment()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await processes.run() }
            defer { processes.stop() }
            return try await SimulationThreads(threads: 1).run {
                let channel = InMemoryChannel(now: { environment.monotonicNanoseconds() })
                channel.define("goods")
                channel.use(OnePackage { processes.runtime(of: known.id) })
                return calls.map { call in
                    let name = call.joined(separator: " ")
                    do throws(InvocationError) {
                        let endorsed = try channel.simulate("goods", arguments: call.map { Array($0.utf8) }, as: InMemoryChannel.client("alice"))
                        let response = endorsed.result.response
                        if response.status < 400, (try? channel.commit([endorsed])) != [.valid] { return "\(name): not valid" }
                        return "\(name): \(response.status) \(response.message) \(String(decoding: response.payload, as: UTF8.self))"
                    } catch {
                        return "\(name): \(error)"
                    }
                }
            }
        }
    }
}
