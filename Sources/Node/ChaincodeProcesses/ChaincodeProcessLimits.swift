/// Bounds of a peer on what chaincode processes make it hold or wait for.
package struct ChaincodeProcessLimits: Sendable {
    /// How long a chaincode may take to connect and register; the transaction's own time limit applies too.
    package var startMilliseconds: Int64 = 300_000
    /// What may wait for one chaincode that does not read; beyond it the stream ends.
    package var queuedBytes = 256 << 20
    package var queuedMessages = 4_096
    /// Streams of chaincodes that connect to the peer, and chaincodes that the peer is about to dial.
    package var streams = 1_000
    /// When a silent connection to a chaincode is pinged and how long the answer may take, in seconds; those of Fabric's peers.
    package var pingSeconds: Int64 = 60
    package var pingAnswerSeconds: Int64 = 20

    package init() {}
}
