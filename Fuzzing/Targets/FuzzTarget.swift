/// What inputs are offered to: one group of decoders, driven as a node drives it.
package enum FuzzTarget: String, Sendable, CaseIterable {
    case block
    case envelope
    case readWriteSet = "rwset"
    case configuration
    case identity
    /// Planted: believes a length that it reads. The seeded run has to find it.
    case plantedLength = "planted-length"
    /// Planted: reads one byte further than it checked. The seeded run has to find it.
    case plantedIndex = "planted-index"
    /// Planted: walks a list whose end it does not check. The seeded run has to find it.
    case plantedLoop = "planted-loop"

    /// The targets that stand for code of nodes.
    package static let real: [FuzzTarget] = [.block, .envelope, .readWriteSet, .configuration, .identity]

    /// The folder of the corpus whose files the target begins with.
    package var corpus: String {
        switch self {
        case .plantedLength, .plantedIndex, .plantedLoop: FuzzTarget.readWriteSet.rawValue
        default: self.rawValue
        }
    }

    /// Offers bytes to the decoders; returns when all have accepted or refused them.
    ///
    /// - Throws: The first property that does not hold. A trap, a hang or an excess of memory is for the caller to see.
    package func offer(_ bytes: [UInt8], to channel: FuzzChannel, _ probe: FuzzProbe) async throws(FuzzFinding) {
        switch self {
        case .block: try BlockTarget(channel: channel, probe: probe).offer(bytes)
        case .envelope: try await EnvelopeTarget(channel: channel, probe: probe).offer(bytes)
        case .readWriteSet: try await ReadWriteSetTarget(channel: channel, probe: probe).offer(bytes)
        case .configuration: try ConfigurationTarget(channel: channel, probe: probe).offer(bytes)
        case .identity: try IdentityTarget(channel: channel, probe: probe).offer(bytes)
        case .plantedLength: PlantedTarget.length(bytes)
        case .plantedIndex: try PlantedTarget.index(bytes)
        case .plantedLoop: PlantedTarget.loop(bytes)
        }
    }
}
