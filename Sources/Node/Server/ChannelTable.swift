import Chaincode
import ContractVM
import Endorsement
import Identity
import LedgerModel
import SelvageClient
import Synchronization
import SystemContracts
import Validation

/// The channels of a peer: one `PeerNode` each, found by the channel that a request names.
///
/// A proposal that names no channel is answered by the node, or by the channel that it has for an argument.
package final class ChannelTable: Sendable {
    private struct State {
        var peers: [ChannelID: PeerNode] = [:]
        var isClosed = false
    }

    /// What all channels of the node share.
    package struct Parts: Sendable {
        package var name: String
        package var msp: LocalMSP
        /// Of the node; channels and packages are below it.
        package var folder: String
        package var contracts: [any Contract]
        package var environment: SystemEnvironment
        package var form: BlockVerifier.Form
        package var signatures: any SignatureVerifying
        /// How chaincode processes are treated.
        package var chaincodes = ChaincodeProcesses.Settings()

        package init(
            name: String, msp: LocalMSP, folder: String, contracts: [any Contract] = NodeContracts.all,
            environment: SystemEnvironment = SystemEnvironment(), form: BlockVerifier.Form = .canonical,
            signatures: any SignatureVerifying = SignatureMemory(capacity: NodeLimits.rememberedSignatures)
        ) {
            self.name = name
            self.msp = msp
            self.folder = folder
            self.contracts = contracts
            self.environment = environment
            self.form = form
            self.signatures = signatures
        }
    }

    /// The chaincode processes of all channels; somebody runs them.
    package let processes: ChaincodeProcesses
    let parts: Parts
    private let folder: ChannelFolder
    let machine: ContractMachine
    private let endorser: NodeEndorser
    private let state = Mutex(State())
    /// One channel at a time, so that none is joined twice.
    private let joining = Mutex(())
    private let arrivalInput: AsyncStream<PeerNode>.Continuation
    /// Every channel once it is open; one task reads it.
    package let arrivals: AsyncStream<PeerNode>

    /// Opens all channels that were joined before.
    ///
    /// - Throws: `NodeError.notJoined` when a ledger cannot be opened.
    package init(_ parts: Parts) throws(NodeError) {
        self.parts = parts
        self.folder = ChannelFolder(root: parts.folder + "/channels")
        let desk = JoinDesk()
        let environment = parts.environment
        let packages = PackageFolder(folder: parts.folder + "/packages")
        let processes = ChaincodeProcesses(packages: packages, settings: parts.chaincodes)
        let catalogue = SystemContracts.catalogue(
            contracts: parts.contracts, packages: packages, channels: desk, runtime: { processes.runtime(of: $0) })
        self.processes = processes
        self.machine = ContractMachine(catalogue: catalogue) { environment.monotonicNanoseconds() }
        self.endorser = NodeEndorser(owner: parts.msp.identity.mspID, membership: parts.msp.membership, machine: self.machine)
        (self.arrivals, self.arrivalInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(NodeLimits.channels))
        desk.attach(self)
        let joined: [OrderedBlock]
        do {
            joined = try self.folder.joined()
        } catch {
            throw .notJoined(node: parts.name, reason: error.description)
        }
        for genesis in joined {
            do {
                let channel = try ChannelFolder.channel(of: genesis)
                self.add(try self.open(genesis, of: channel))
            } catch let error as NodeError {
                throw error
            } catch {
                throw .notJoined(node: parts.name, reason: "\(error)")
            }
        }
    }

    /// The channels, in byte order.
    package var channelIDs: [ChannelID] { self.state.withLock { $0.peers.keys.sorted() } }

    /// The peer of a channel; nil when it is not joined.
    package func peer(of channel: ChannelID) -> PeerNode? { self.state.withLock { $0.peers[channel] } }

    /// Joins a channel, durably; it is open when this returns, and blocks come when somebody reads `arrivals`.
    package func join(genesis: OrderedBlock) throws(ChannelJoinError) {
        let channel = try ChannelFolder.channel(of: genesis)
        try self.joining.withLock { (_: inout sending Void) throws(ChannelJoinError) in
            let (known, count, isClosed) = self.state.withLock { ($0.peers[channel] != nil, $0.peers.count, $0.isClosed) }
            if known { throw .alreadyJoined(channel) }
            guard count < NodeLimits.channels else { throw .tooMany(limit: NodeLimits.channels) }
            guard !isClosed else { throw .failed(channel, reason: "the node is being stopped") }
            do {
                // The ledger first: a channel that is noted is opened at every start, so only one that opens is noted.
                let peer = try self.open(genesis, of: channel)
                try self.folder.note(genesis, of: channel)
                self.add(peer)
            } catch {
                throw .failed(channel, reason: "\(error)")
            }
        }
    }

    /// Runs a proposal where it belongs.
    ///
    /// - Throws: `EndorsementRefusal` when it was not run.
    package func process(_ signed: SignedProposal) async throws -> ProposalResponse {
        let now = self.parts.environment.now()
        // What cannot be read is refused by those who check it, in their words.
        guard let proposal = try? ReceivedProposal(signed) else { return try self.endorser.process(signed, now: now) }
        let named = proposal.channelHeader.channelID
        if named.isEmpty, InstalledPackageAnswers.isAbout(proposal.call) { return try await self.installed(signed, proposal.call, now: now) }
        let channel = named.isEmpty ? Self.channelArgument(of: proposal.call) : named
        guard let channel, let peer = self.peer(of: channel) else {
            guard named.isEmpty else {
                return ProposalResponse(
                    response: ChaincodeResponse(status: 500, message: "channel '\(named)' not found"), payload: [], endorsement: nil)
            }
            return try self.endorser.process(signed, now: now)
        }
        let connection: any PeerConnection = peer
        return try await connection.process(signed)
    }

    /// What is installed, and which chaincodes of all channels run with it.
    private func installed(_ signed: SignedProposal, _ call: ChaincodeCall, now: Timestamp) async throws -> ProposalResponse {
        var answers: [ProposalResponse] = []
        for channel in self.channelIDs {
            guard let peer = self.peer(of: channel) else { continue }
            let connection: any PeerConnection = peer
            answers.append(try await connection.process(signed))
        }
        return try InstalledPackageAnswers.join(answers, for: call) ?? self.endorser.process(signed, now: now)
    }

    /// The channel that `qscc` and `cscc` have for an argument; nil for functions of the node.
    private static func channelArgument(of call: ChaincodeCall) -> ChannelID? {
        guard call.chaincode == "qscc" || call.chaincode == "cscc", call.arguments.count > 1,
            !call.arguments[0].elementsEqual("JoinChain".utf8), !call.arguments[0].elementsEqual("GetChannels".utf8)
        else { return nil }
        return ChannelID(utf8: call.arguments[1])
    }

    /// No channel is joined any more, and `arrivals` ends.
    package func close() {
        self.state.withLock { $0.isClosed = true }
        self.arrivalInput.finish()
    }

    private func open(_ genesis: OrderedBlock, of channel: ChannelID) throws(NodeError) -> PeerNode {
        let processes = self.processes
        return try PeerNode(
            name: self.parts.name, identity: self.parts.msp.identity, folder: self.folder.folder(of: channel) + "/ledger", genesis: genesis,
            machine: self.machine, environment: self.parts.environment, form: self.parts.form, signatures: self.parts.signatures,
            mayWait: { processes.mayBeCalled })
    }

    private func add(_ peer: PeerNode) {
        self.state.withLock { $0.peers[peer.channel] = peer }
        self.arrivalInput.yield(peer)
    }
}

/// The door through which `cscc` reaches the table, without keeping it alive: the table holds the contracts.
private final class JoinDesk: ChannelKeeping {
    private struct Target {
        weak var table: ChannelTable?
    }

    private let target = Mutex(Target())

    func attach(_ table: ChannelTable) { self.target.withLock { $0.table = table } }

    private var table: ChannelTable? { self.target.withLock { $0.table } }

    var channelIDs: [ChannelID] { self.table?.channelIDs ?? [] }

    func join(genesis bytes: [UInt8]) throws(ChannelJoinError) {
        guard bytes.count <= NodeLimits.genesisBytes else {
            throw .notAGenesisBlock(reason: "it has \(bytes.count) bytes, the limit is \(NodeLimits.genesisBytes)")
        }
        let block: OrderedBlock
        do {
            block = try OrderedBlock(serialized: bytes)
        } catch {
            throw .notAGenesisBlock(reason: "\(error)")
        }
        guard let table = self.table else { throw .failed(ChannelID(""), reason: "the node is being stopped") }
        try table.join(genesis: block)
    }
}
