import Chaincode
import ChannelConfiguration
import ContractVM
import CryptoPrimitives
import Endorsement
import FabricMessages
import Identity
import Ledger
import LedgerModel
import SelvageClient
import SystemContracts
import TestSupport
import Testing
import Validation

@testable import Ordering

/// A channel of two organisations that writes a real ledger: real endorsers, a committee of one, real validation, a ledger on disk.
final class TestChannel {
    static let name: ChannelID = "audited"
    static let contracts: ContractCatalogue = SystemContracts.catalogue(contracts: [Notebook(), Oracle()])
    /// The auditor has no code for the oracle.
    static let auditorContracts: ContractCatalogue = SystemContracts.catalogue(contracts: [Notebook()])

    let folder: TemporaryFolder
    let bundle: ChannelBundle
    let genesis: OrderedBlock
    let client: SigningIdentity
    let peers: [SigningIdentity]
    /// A member of the ordering organisation who is no consenter.
    let stranger: SigningIdentity
    /// Administrators of the peers' organisations.
    private let administrators: [SigningIdentity]
    private var consenter: CommitteeOfOne
    private var ledger: Ledger?
    private var nonce: UInt64 = 0
    private let start: Int64 = 1_790_000_000

    init() throws {
        var random = SeededRandomSource(exactSeed: 9)
        let validity = ValidityPeriod.decade(from: Timestamp(seconds: self.start))
        func authority(_ name: String, _ kind: OrganizationSpec.Kind) throws -> DevelopmentAuthority {
            try DevelopmentAuthority(
                organization: OrganizationSpec(mspID: MSPID(name + "MSP"), domain: name.lowercased() + ".test", kind: kind), random: &random,
                validity: validity)
        }
        var org1 = try authority("Org1", .peer)
        var org2 = try authority("Org2", .peer)
        var orderers = try authority("Orderer", .orderer)
        self.client = try org1.issue(commonName: "User1@org1.test", role: .client, random: &random)
        self.peers = [
            try org1.issue(commonName: "peer0.org1.test", role: .peer, random: &random),
            try org2.issue(commonName: "peer0.org2.test", role: .peer, random: &random),
        ]
        let orderer = try orderers.issue(commonName: "orderer0.orderer.test", role: .orderer, random: &random)
        self.stranger = try orderers.issue(commonName: "orderer1.orderer.test", role: .orderer, random: &random)
        self.administrators = [
            try org1.issue(commonName: "Admin@org1.test", role: .admin, random: &random),
            try org2.issue(commonName: "Admin@org2.test", role: .admin, random: &random),
        ]
        let profile = GenesisProfile(
            channelID: Self.name,
            applicationOrganizations: [
                GenesisProfile.Organization(msp: org1.mspConfiguration()), GenesisProfile.Organization(msp: org2.mspConfiguration()),
            ],
            ordererOrganizations: [GenesisProfile.Organization(msp: orderers.mspConfiguration(), endpoints: ["localhost:7050"])],
            consenters: [
                Consenter(
                    id: 1, host: "localhost", port: 7050, mspID: "OrdererMSP",
                    identity: try SerializedIdentity(serialized: orderer.serialized).certificatePEM)
            ],
            createdAt: Timestamp(seconds: self.start))
        self.genesis = try profile.genesisBlock()
        let outcome = try BlockValidator.acceptGenesis(self.genesis)
        self.bundle = try ChannelBundle(block: self.genesis)
        self.consenter = try CommitteeOfOne(
            identity: orderer, bundle: self.bundle, after: self.genesis, chain: self.genesis.headerHash, signingGuard: nil)
        self.folder = try TemporaryFolder("audit-test")
        let ledger = try Ledger.open(folder: self.path)
        try ledger.commit(outcome.block)
        self.ledger = ledger
    }

    /// The ledger's folder.
    var path: String { self.folder.path(of: "ledger") }

    private func openLedger() throws -> Ledger {
        if let ledger = self.ledger { return ledger }
        let ledger = try Ledger.open(folder: self.path)
        self.ledger = ledger
        return ledger
    }

    /// Stops the node, so that the ledger's state can be compared.
    func close() { self.ledger = nil }

    // MARK: Transactions

    /// Has both organisations approve the definitions, in one block, and commits each in a block of its own.
    func define(_ names: [Namespace] = ["notebook"]) async throws {
        let definitions = names.map {
            ChaincodeDefinition(name: $0, version: "1.0", sequence: 1, validationParameter: ChaincodeDefinition.defaultValidationParameter)
        }
        try await self.commit(
            try definitions.flatMap { definition in
                try zip(self.administrators, self.peers).map { administrator, peer in
                    try self.endorse(try definition.approval(), as: administrator, by: [peer])
                }
            })
        for definition in definitions { try await self.commit([try self.endorse(try definition.commit())]) }
    }

    func call(_ arguments: String..., chaincode: Namespace = "notebook") -> ChaincodeCall {
        ChaincodeCall(chaincode: chaincode, arguments: arguments.map { Array($0.utf8) })
    }

    /// Endorses a call of the notebook at all peers.
    func endorse(_ arguments: String...) throws -> Envelope {
        try self.endorse(ChaincodeCall(chaincode: "notebook", arguments: arguments.map { Array($0.utf8) }))
    }

    /// Endorses a call at all peers, or at the first ones.
    func endorse(_ call: ChaincodeCall, transient: [TransientEntry] = [], peers count: Int = 2) throws -> Envelope {
        try self.endorse(call, transient: transient, as: self.client, by: Array(self.peers.prefix(count)))
    }

    private func endorse(
        _ call: ChaincodeCall, transient: [TransientEntry] = [], as client: SigningIdentity, by peers: [SigningIdentity]
    ) throws -> Envelope {
        let draft = self.draft(call, transient, creator: client)
        let machine = ContractMachine(catalogue: Self.contracts, now: { 0 })
        let ledger = try self.openLedger()
        let snapshot = ledger.snapshot()
        let responses = try peers.map { peer in
            let endorser = Endorser(identity: peer, bundle: self.bundle, machine: machine) { sets, id in try ledger.hold(sets, for: id) }
            let response = try endorser.process(try draft.signed(by: client), on: snapshot, now: Timestamp(seconds: self.start))
            return NamedResponse(peer: peer.description, response: response)
        }
        return try TransactionAssembly.envelope(try TransactionAssembly.payload(of: draft, responses: responses), signedBy: client)
    }

    /// Has all peers sign another outcome than the contract gives: everything about the transaction is consistent except that.
    func forge(_ call: ChaincodeCall, _ change: (inout ChaincodeAction) throws -> Void) throws -> Envelope {
        let draft = self.draft(call, [])
        let signed = try draft.signed(by: self.client)
        let received = try ReceivedProposal(signed)
        let caller = Caller(try self.bundle.membership.identity(self.client.serialized), serialized: self.client.serialized)
        let machine = ContractMachine(catalogue: Self.contracts, now: { 0 })
        let snapshot = try self.openLedger().snapshot()
        var action = try machine.invoke(Invocation(received, caller: caller), state: snapshot, history: snapshot).action
        try change(&action)
        let payload = ProposalResponsePayload(proposalHash: received.hash, actionBytes: action.serialized()).serialized()
        let responses = try self.peers.map { peer in
            NamedResponse(
                peer: peer.description,
                response: ProposalResponse(
                    response: action.response, payload: payload,
                    endorsement: Endorsement(endorser: peer.serialized, signature: try peer.sign(payload + peer.serialized))))
        }
        return try TransactionAssembly.envelope(try TransactionAssembly.payload(of: draft, responses: responses), signedBy: self.client)
    }

    private func draft(_ call: ChaincodeCall, _ transient: [TransientEntry], creator: SigningIdentity? = nil) -> ProposalDraft {
        self.nonce += 1
        return ProposalDraft(
            channel: Self.name, call: call, transient: transient, creator: (creator ?? self.client).serialized,
            nonce: Array(SHA256.hash(Array("nonce \(self.nonce)".utf8)).prefix(ProposalDraft.nonceBytes)),
            timestamp: Timestamp(seconds: self.start + Int64(self.nonce)))
    }

    // MARK: Blocks

    /// Orders envelopes as one block, validates and commits it, and gives the codes.
    @discardableResult
    func commit(_ envelopes: [Envelope]) async throws -> [ValidationCode] {
        let block = try self.order(envelopes)
        let ledger = try self.openLedger()
        let snapshot = ledger.snapshot()
        let outcome = try await BlockValidator(bundle: self.bundle).validate(
            block, state: snapshot, transactions: snapshot, previousCommitHash: snapshot.head.commitHash)
        try ledger.commit(outcome.block)
        return outcome.block.codes
    }

    private func order(_ envelopes: [Envelope]) throws -> OrderedBlock {
        let checked = envelopes.map { envelope in
            let bytes = envelope.serialized()
            return CheckedEnvelope(serialized: bytes, digest: SHA256.hash(bytes), sizeBytes: envelope.sizeBytes, transactionID: "")
        }
        return try #require(try self.consenter.order(Batch(checked), now: Timestamp(seconds: self.start)).first).block
    }
}
