import CryptoPrimitives
import Identity
import LedgerModel
import Node
import SelvageClient
import Synchronization
import Testing

/// Nodes of one host that share a memory compute each signature once: at the door, when endorsing, or when committing.
@Suite(.timeLimit(.minutes(20))) struct SharedSignaturesTests {
    /// The real check, with a note of what was asked more than once.
    private final class Recorder: SignatureVerifying {
        private let asked = Mutex<(once: Set<[UInt8]>, again: Int)>(([], 0))

        var count: Int { self.asked.withLock { $0.once.count } }
        var again: Int { self.asked.withLock { $0.again } }

        func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
            self.asked.withLock { asked in
                if !asked.once.insert(signature + message + key.x963).inserted { asked.again += 1 }
            }
            return DirectSignatureVerifier().isValid(signature, of: message, by: key)
        }
    }

    @Test func `a committer computes nothing that the door has computed`() async throws {
        let nodes = try NodeNetwork()
        let recorder = Recorder()
        let memory = SignatureMemory(verifier: recorder)
        nodes.signatures = memory
        let orderer = try nodes.openOrderer()
        let peer = try nodes.openPeer(0)
        orderer.deliver(to: [peer])
        let gateway = nodes.gateway(orderer, as: nodes.administrators[0])
        let endorsed = try await gateway.endorse(try NodeNetwork.definition().approval(), by: [peer])
        // The client's signature under the proposal.
        #expect(recorder.count == 1)
        let status = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await orderer.run() }
            defer { orderer.stop() }
            try await gateway.broadcast(endorsed.envelope, transaction: endorsed.transaction)
            return try await peer.commitStatus(of: endorsed.transaction)
        }
        #expect(status.code == .valid)
        // Then the client's under the envelope and the orderer's under the block; its own endorsement the peer need not compute.
        #expect(recorder.count == 3)
        #expect(recorder.again == 0)
        #expect(memory.tally.remembered >= 1)
    }
}
