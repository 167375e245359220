import Chaincode
import ContractVM
import LedgerModel
import Testing

/// A contract that does what a test's closure says, whatever it is called with.
struct Probe: Contract {
    var name = "probe"
    let action: @Sendable (Context) throws(ContractError) -> [UInt8]

    var transactions: [Transaction] { [] }

    func unknownTransaction(_ context: Context, _ function: String) throws(ContractError) -> [UInt8] {
        try action(context)
    }
}

let alice = InMemoryChannel.client("alice")

extension InMemoryChannel {
    /// Runs a closure as a contract on the committed state of namespace `probe`.
    func probe(
        transient: [TransientEntry] = [], _ action: @escaping @Sendable (Context) throws(ContractError) -> Void
    ) throws -> Endorsed {
        let probe = Probe { (context) throws(ContractError) in
            try action(context)
            return []
        }
        replace(probe)
        return try simulate("probe", arguments: [Array("run".utf8)], transient: transient, as: alice)
    }

    /// Commits keys of namespace `probe` in one block.
    func fill(_ entries: [(String, String)]) throws {
        let endorsed = try probe { (context) throws(ContractError) in
            for (key, value) in entries { try context.putString(key, value) }
        }
        #expect(endorsed.result.response.status == 200)
        #expect(try commit([endorsed]) == [.valid])
    }

    /// A channel on which namespace `probe` is defined in block 1.
    static func withProbe(limits: InvocationLimits = .standard, now: @escaping @Sendable () -> UInt64 = { 0 }) -> InMemoryChannel {
        let channel = InMemoryChannel(limits: limits, now: now)
        channel.install(Probe { (_) in [] })
        return channel
    }
}

extension InMemoryChannel.Endorsed {
    /// What was recorded for a namespace.
    func part(_ namespace: Namespace) -> NamespaceReadWriteSet? {
        result.readWriteSet.namespaces.first { $0.namespace == namespace }
    }

    var probe: NamespaceReadWriteSet { part("probe") ?? NamespaceReadWriteSet(namespace: "probe") }
    var status: Int32 { result.response.status }
    var message: String { result.response.message }
}
