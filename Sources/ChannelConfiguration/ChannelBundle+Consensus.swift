import FabricMessages
import LedgerModel

extension ChannelBundle {
    /// Whether another configuration has the same type, state and options of consensus; the governance settings among them may differ.
    package func hasSameConsensus(as other: ChannelBundle) -> Bool {
        guard
            let (left, right) = (try? self.consensusWithoutGovernance()).flatMap({ left in
                (try? other.consensusWithoutGovernance()).map { (left, $0) }
            })
        else { return false }
        return left == right
    }

    /// The value ConsensusType as bytes, with the options alone as its metadata.
    private func consensusWithoutGovernance() throws(ConfigurationError) -> [UInt8] {
        let path = GovernanceCarriageFormat.path
        guard let value = self.config.channelGroup.groups["Orderer"]?.values["ConsensusType"]?.value else { throw .missing(path: path) }
        var message: Orderer_ConsensusType
        do {
            message = try Orderer_ConsensusType.decode(value, as: path)
        } catch {
            throw .malformed(error)
        }
        let carriage = try GovernanceCarriageFormat.metadata(options: [], governance: self.governance)
        // The settings stand at the end wherever they were written by us.
        if self.consensusMetadata.suffix(carriage.count).elementsEqual(carriage) {
            message.metadata = Array(self.consensusMetadata.dropLast(carriage.count)).data
        }
        return message.encoded()
    }
}
