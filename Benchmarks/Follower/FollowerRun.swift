import ContractVM
import CryptoPrimitives
import Foundation
import Identity
import LedgerModel
import Node
import SystemContracts

/// A process that only commits: a peer node takes a chain from a file, round after round, through the pipeline that every peer has.
struct FollowerRun {
    let request: FollowerRequest

    /// What a run works with.
    private struct Parts {
        let reference: SignatureReference
        let chain: ChainFile.Reader
        let folder: TemporaryFolder
        let peer: PeerNode
        /// A second peer, which takes every block first.
        let door: PeerNode?
    }

    func answer() async throws -> FollowerAnswer {
        var answer = FollowerAnswer()
        let parts = try self.parts(&answer)
        try await self.warmUp(parts)
        answer.baseMemory = try Memory.now().resident
        try await self.rounds(parts, &answer)
        let now = try Memory.now()
        answer.endMemory = now.resident
        answer.peakMemory = now.peak
        answer.chainBytes = parts.chain.offset
        try Self.checkLastBlock(of: parts.peer)
        return answer
    }

    private func parts(_ answer: inout FollowerAnswer) throws -> Parts {
        let reference = try SignatureReference()
        answer.startMemory = try Memory.now().resident
        let chain = try ChainFile.Reader(path: self.request.chain)
        let folder = try TemporaryFolder()
        let verifier: any SignatureVerifying = self.request.remembersSignatures ? SignatureMemory() : KeyTables()
        let genesis = try chain.genesis()
        return Parts(
            reference: reference, chain: chain, folder: folder, peer: try Self.peer(genesis, in: folder.path + "/measured", verifier),
            door: self.request.remembersSignatures ? try Self.peer(genesis, in: folder.path + "/door", verifier) : nil)
    }

    private func warmUp(_ parts: Parts) async throws {
        let blocks = try parts.chain.next(self.request.warmUp)
        if let door = parts.door { try await BlockSource(blocks).feed(door) }
        try await BlockSource(blocks).feed(parts.peer)
    }

    private func rounds(_ parts: Parts, _ answer: inout FollowerAnswer) async throws {
        for _ in 0..<(self.request.mostRounds ?? .max) {
            guard try await self.round(from: parts.chain, parts.reference, by: parts.door, to: parts.peer, &answer) else { return }
        }
    }

    /// One round between two measurements of the reference; false when the chain is at its end.
    private func round(
        from chain: ChainFile.Reader, _ reference: SignatureReference, by door: PeerNode?, to peer: PeerNode, _ answer: inout FollowerAnswer
    ) async throws -> Bool {
        // With a door in front the blocks of a round are read twice, so they are kept; else each is read when there is room for it.
        let ahead = door == nil ? nil : try chain.next(self.request.blocksPerRound)
        if let door, let ahead { try await BlockSource(ahead).feed(door) }
        let blocks = ahead.map { BlockSource($0) } ?? BlockSource(chain, count: self.request.blocksPerRound)
        let swiftBefore = try reference.swiftCryptoVerification(count: self.request.references)
        let openSSLBefore = try reference.openSSLVerification(count: self.request.references)
        let (cpu, wall) = (CPUTime.process(), CPUTime.wall())
        try await blocks.feed(peer)
        let (cpuAfter, wallAfter) = (CPUTime.process(), CPUTime.wall())
        guard blocks.transactions > 0 else { return false }
        answer.transactions += blocks.transactions
        answer.cpu.append((cpuAfter - cpu) / Double(blocks.transactions))
        answer.wall.append((wallAfter - wall) / Double(blocks.transactions))
        let swiftAfter = try reference.swiftCryptoVerification(count: self.request.references)
        let openSSLAfter = try reference.openSSLVerification(count: self.request.references)
        answer.threeSwiftCrypto.append(3 * (swiftBefore + swiftAfter) / 2)
        answer.threeOpenSSL.append(3 * (openSSLBefore + openSSLAfter) / 2)
        return true
    }

    /// A wrong verdict would make the figures those of something else.
    private static func checkLastBlock(of peer: PeerNode) throws {
        let snapshot = peer.snapshot()
        guard snapshot.height > 2, let last = try snapshot.block(BlockNumber(snapshot.height - 1)),
            last.storedCodes?.allSatisfy({ $0 == .valid }) == true
        else { throw WorkloadError.refused("a transaction of the last block is not valid") }
    }

    private static func peer(_ genesis: OrderedBlock, in folder: String, _ verifier: any SignatureVerifying) throws -> PeerNode {
        let environment = SystemEnvironment()
        var random = SystemRandomSource()
        // It endorses nothing here; its key only has to be one.
        var authority = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "Org1MSP", domain: "org1.example.com", kind: .peer), random: &random,
            validity: .decade(from: environment.now()))
        let identity = try authority.issue(commonName: "follower.org1.example.com", role: .peer, random: &random)
        let catalogue = SystemContracts.catalogue(contracts: [AssetContract()])
        return try PeerNode(
            name: "follower", identity: identity, folder: folder, genesis: genesis,
            machine: ContractMachine(catalogue: catalogue) { environment.monotonicNanoseconds() }, environment: environment,
            signatures: verifier)
    }
}

/// What this process holds in memory, by the kernel's count.
enum Memory {
    /// Bytes now and at most so far (`VmRSS` and `VmHWM`).
    static func now() throws -> (resident: Int, peak: Int) {
        let text = String(decoding: FileManager.default.contents(atPath: "/proc/self/status") ?? Data(), as: UTF8.self)
        func bytes(_ field: String) throws -> Int {
            for line in text.split(separator: "\n") where line.hasPrefix(field) {
                if let number = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) }) { return number << 10 }
            }
            throw WorkloadError.refused("the kernel does not tell \(field)")
        }
        return (try bytes("VmRSS:"), try bytes("VmHWM:"))
    }
}
