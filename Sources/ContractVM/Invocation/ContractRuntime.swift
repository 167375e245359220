import Chaincode

/// Something that can run a contract.
package protocol ContractRuntime: Sendable {
    /// Runs one call. Everything the contract needs comes from the host; whatever goes wrong inside becomes a response of 500 or above.
    func run(_ host: any ContractHost) -> Response
}

/// Runs a contract that is compiled into this process.
///
/// Such a contract is trusted: an endless loop without calls to the host, or a trap, is not contained.
package struct NativeRuntime: ContractRuntime {
    private let contract: any Contract

    package init(contract: any Contract) {
        self.contract = contract
    }

    package func run(_ host: any ContractHost) -> Response {
        contract.respond(to: host)
    }
}
