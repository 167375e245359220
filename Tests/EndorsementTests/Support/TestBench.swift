import ContractVM
import Endorsement
import Identity
import LedgerModel
import Testing

/// An endorser on the test network, its ledger and its clock.
struct TestBench {
    let network: TestNetwork
    var ledger = TestLedger()
    var now = TestNetwork.now
    let endorser: Endorser

    /// - Parameter limits: Of each invocation; the same on every endorser of a test.
    init(limits: InvocationLimits = .standard, as peer: KeyPath<TestNetwork, SigningIdentity> = \.peer) throws {
        self.network = try TestNetwork.shared.get()
        var catalogue = ContractCatalogue([Diary()])
        catalogue.add(StatusRuntime(), as: "status")
        catalogue.addSystem(SystemEcho())
        self.endorser = Endorser(
            identity: self.network[keyPath: peer], bundle: self.network.bundle,
            machine: ContractMachine(catalogue: catalogue, limits: limits, now: { 0 }))
    }

    func process(_ signed: SignedProposal) throws(EndorsementRefusal) -> ProposalResponse {
        try self.endorser.process(signed, on: self.ledger, now: self.now)
    }

    /// Signs with the first organisation's client unless told otherwise, and processes.
    func process(_ parts: ProposalParts, by identity: SigningIdentity? = nil) throws -> ProposalResponse {
        try self.process(try parts.signed(by: identity ?? self.network.client))
    }

    /// The refusal that a proposal meets; nil when there is none.
    func refusal(of signed: SignedProposal) -> EndorsementRefusal? {
        do throws(EndorsementRefusal) {
            _ = try self.process(signed)
            return nil
        } catch {
            return error
        }
    }

    func refusal(of parts: ProposalParts, by identity: SigningIdentity? = nil) throws -> EndorsementRefusal? {
        self.refusal(of: try parts.signed(by: identity ?? self.network.client))
    }
}
