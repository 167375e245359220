import ArgumentParser
import Foundation
import LedgerModel
import Node
import SelvageClient

/// Where the peers are that a command calls; Fabric's flags.
struct PeerTargetOptions: ParsableArguments {
    @Option(
        name: .customLong("peerAddresses"),
        help: ArgumentHelp("A peer, host:port; may be given again. CORE_PEER_ADDRESS without it.", valueName: "address"))
    var addresses: [String] = []

    @Option(
        name: .customLong("tlsRootCertFiles"),
        help: ArgumentHelp("The TLS root of the peer at the same place, PEM; with TLS one for each.", valueName: "file"))
    var rootFiles: [String] = []

    @Option(
        name: .customLong("connectionProfile"),
        help: ArgumentHelp("Take the peers from a connection profile, JSON or YAML: those of its client's organisation.", valueName: "file"))
    var profile: String?

    @Option(
        name: .customLong("targetPeer"),
        help: ArgumentHelp("With --connectionProfile: this peer of it; may be given again.", valueName: "name"))
    var profilePeers: [String] = []

    /// The peers, with the names that people see.
    func endpoints(_ environment: PeerEnvironment) throws -> [(name: String, endpoint: NodeEndpoint)] {
        let own = try Self.certificate(environment)
        if let profile {
            guard self.addresses.isEmpty, self.rootFiles.isEmpty else {
                throw PeerProblem.usage("give --connectionProfile or --peerAddresses, not both")
            }
            return try self.endpoints(ofProfile: profile, own)
        }
        guard self.profilePeers.isEmpty else { throw PeerProblem.usage("--targetPeer needs --connectionProfile") }
        let isSecure = environment.flag(PeerEnvironment.tlsEnabled)
        var (addresses, files) = (self.addresses, self.rootFiles)
        if addresses.isEmpty {
            guard files.isEmpty else { throw PeerProblem.usage("--tlsRootCertFiles needs --peerAddresses") }
            addresses = [try environment.required(PeerEnvironment.address, example: "localhost:7051")]
            if isSecure { files = [try environment.required(PeerEnvironment.tlsRoot, example: "tlsca/ca.pem")] }
        }
        if isSecure, files.isEmpty, addresses.count == 1, let file = environment[PeerEnvironment.tlsRoot] { files = [file] }
        guard !isSecure || files.count == addresses.count else {
            throw PeerProblem.usage(
                "there are \(addresses.count) --peerAddresses and \(files.count) --tlsRootCertFiles: with TLS give one root for each peer")
        }
        return try addresses.enumerated().map { index, address in
            let roots = isSecure ? [try Self.text(files[index])] : []
            let name = addresses.count == 1 ? environment[PeerEnvironment.tlsServerName] : nil
            return (address, NodeEndpoint(address, tlsRoots: roots, serverName: name, certificate: isSecure ? own : nil))
        }
    }

    private func endpoints(ofProfile path: String, _ own: NodeEndpoint.Certificate?) throws -> [(name: String, endpoint: NodeEndpoint)] {
        do {
            let profile = try ConnectionProfile(file: path)
            let nodes =
                try self.profilePeers.isEmpty
                ? (profile.clientOrganization == nil ? profile.peers : profile.peers()) : self.profilePeers.map { try profile.peer($0) }
            guard !nodes.isEmpty else { throw PeerProblem.usage("connection profile \(path): it names no peers") }
            return nodes.map { node in
                var endpoint = node.endpoint
                if !endpoint.tlsRoots.isEmpty { endpoint.certificate = own }
                return (node.name, endpoint)
            }
        } catch let failure as ConnectionProfile.Failure {
            throw PeerProblem.unreadable(failure.description)
        }
    }

    /// What the client shows to nodes that demand a certificate; nil without the settings.
    static func certificate(_ environment: PeerEnvironment) throws -> NodeEndpoint.Certificate? {
        guard environment.flag(PeerEnvironment.clientAuthRequired) || environment[PeerEnvironment.clientCertificate] != nil else { return nil }
        let chain = try environment.required(PeerEnvironment.clientCertificate, example: "tls/client.crt")
        let key = try environment.required(PeerEnvironment.clientKey, example: "tls/client.key")
        return NodeEndpoint.Certificate(chain: try Self.text(chain), key: try Self.text(key))
    }

    /// A PEM file.
    static func text(_ path: String) throws -> String {
        String(decoding: try Self.bytes(path, limit: NodeLimits.nodeFileBytes), as: UTF8.self)
    }

    static func bytes(_ path: String, limit: Int) throws -> [UInt8] {
        guard let bytes = try HostFiles.read(path, limit: limit) else { throw PeerProblem.unreadable("\(path): there is no such file") }
        return bytes
    }
}

/// Where the ordering node is; Fabric's flags.
struct OrdererOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("orderer")],
        help: ArgumentHelp("The ordering node, host:port; without it those of the channel's configuration.", valueName: "address"))
    var address: String?

    @Flag(name: .customLong("tls"), help: "Call the ordering node with TLS.")
    var tls = false

    @Option(name: .customLong("cafile"), help: ArgumentHelp("The TLS root of the ordering node, PEM.", valueName: "file"))
    var rootFile: String?

    @Option(
        name: .customLong("ordererTLSHostnameOverride"),
        help: ArgumentHelp("The name in the ordering node's TLS certificate, if it is not the host.", valueName: "name"))
    var serverName: String?

    @Flag(name: .customLong("clientauth"), help: "Show a TLS certificate to the ordering node (--certfile, --keyfile).")
    var clientAuth = false

    @Option(name: .customLong("certfile"), help: ArgumentHelp("The client's TLS certificate, PEM.", valueName: "file"))
    var certificateFile: String?

    @Option(name: .customLong("keyfile"), help: ArgumentHelp("The client's TLS key, PEM.", valueName: "file"))
    var keyFile: String?

    /// Nil when no ordering node is named.
    func endpoint() throws -> NodeEndpoint? {
        guard let address else {
            guard !self.tls, self.rootFile == nil else {
                throw PeerProblem.usage("--tls and --cafile are of the ordering node: name it with -o host:port, or leave all of them out")
            }
            return nil
        }
        guard self.tls else { return NodeEndpoint(address) }
        guard let rootFile else { throw PeerProblem.usage("--tls needs --cafile FILE, the TLS root of the ordering node") }
        var own: NodeEndpoint.Certificate?
        if self.clientAuth {
            guard let certificateFile, let keyFile else { throw PeerProblem.usage("--clientauth needs --certfile and --keyfile") }
            own = NodeEndpoint.Certificate(chain: try PeerTargetOptions.text(certificateFile), key: try PeerTargetOptions.text(keyFile))
        }
        return NodeEndpoint(address, tlsRoots: [try PeerTargetOptions.text(rootFile)], serverName: self.serverName, certificate: own)
    }
}

/// Whether and how long a command waits for the verdict; Fabric's flags.
struct WaitOptions: ParsableArguments {
    @Option(
        name: .customLong("waitForEventTimeout"),
        help: ArgumentHelp("How long to wait for the verdict, such as 30s or 2m.", valueName: "duration"))
    var timeout: WaitDuration = WaitDuration(milliseconds: 30_000)
}

/// A duration as Go writes it, of one unit.
struct WaitDuration: ExpressibleByArgument, Equatable {
    let milliseconds: UInt64

    init(milliseconds: UInt64) { self.milliseconds = milliseconds }

    init?(argument: String) {
        let units: [(String, UInt64)] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)]
        for (unit, factor) in units where argument.hasSuffix(unit) {
            guard let number = UInt64(argument.dropLast(unit.count)), number <= 1_000_000 else { continue }
            self.milliseconds = number * factor
            return
        }
        return nil
    }

    var defaultValueDescription: String { "\(self.milliseconds / 1_000)s" }
}

/// How the chaincode's answer is printed.
extension OutputOptions {
    func show(_ document: some Encodable, text: () -> [String]) throws { try LedgerTool.show(document, as: self.format, text: text) }
}
