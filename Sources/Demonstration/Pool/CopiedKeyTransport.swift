import CryptoPrimitives
import Node
import Ordering
import Synchronization

/// The wires between members, with a second copy of one member's key on the line: what becomes of a node that somebody has started twice.
///
/// The copy waits for the next proposal of its original and signs another one for the same height and round.
final class CopiedKeyTransport: CommitteeTransport {
    /// The second copy of a key.
    struct Copy {
        let consenter: UInt32
        let key: SigningKey
        let chain: [UInt8]
        let epoch: UInt64
    }

    /// What the copy has signed.
    struct Lie: Hashable {
        let height: UInt64
        let round: Round
    }

    private struct State {
        var copy: Copy?
        var said: (lie: Lie, message: ConsensusMessage)?
    }

    private let wires = LocalCommitteeTransport()
    private let state = Mutex(State())

    /// Puts the copy on the line.
    func start(_ copy: Copy) { self.state.withLock { $0 = State(copy: copy) } }

    /// Where the copy has contradicted its original; nil when it has not yet.
    var lie: Lie? { self.state.withLock { $0.said?.lie } }

    func send(_ parcel: MemberParcel, from sender: UInt32, to receiver: UInt32) {
        self.wires.send(parcel, from: sender, to: receiver)
        guard case .consensus(.proposal(let signed, _)) = parcel, let second = self.second(to: signed.proposal) else { return }
        self.wires.send(.consensus(second), from: sender, to: receiver)
    }

    func attach(_ endpoint: any CommitteeEndpoint, as consenter: UInt32) { self.wires.attach(endpoint, as: consenter) }
    func detach(_ consenter: UInt32) { self.wires.detach(consenter) }

    /// The copy's own proposal for the height and round of its original's; the same one for all who get the original's.
    private func second(to proposal: BlockProposal) -> ConsensusMessage? {
        self.state.withLock { state in
            guard let copy = state.copy, proposal.signer == copy.consenter else { return nil }
            let lie = Lie(height: proposal.height, round: proposal.round)
            if let said = state.said { return said.lie == lie ? said.message : nil }
            // A block that nobody has: what it holds does not matter for the proof.
            guard let id = BlockID(SHA256.hash(concatenating: Array("another block".utf8), proposal.id.bytes)) else { return nil }
            let request = SignRequest.proposal(
                BlockProposal(height: lie.height, round: lie.round, id: id, validRound: -1, signer: copy.consenter), polka: nil)
            guard let bytes = request.signedBytes(chain: copy.chain, epoch: copy.epoch), let signature = try? copy.key.sign(bytes) else { return nil }
            let message = request.message(signature: signature)
            state.said = (lie, message)
            return message
        }
    }
}
