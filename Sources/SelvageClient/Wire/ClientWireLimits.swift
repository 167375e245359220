/// Bounds of a client's connections, Fabric's where it has them (interop 1.2).
package struct ClientWireLimits: Hashable, Sendable {
    /// The largest message in either direction, 100 MiB.
    package var messageBytes = 104_857_600
    /// What one answer may have in flight towards a reader that is slow.
    package var windowBytes = 1 << 20
    /// How often the node is pinged, with or without calls, and how long its answer may take, in seconds.
    package var pingSeconds: Int64 = 60
    package var pingAnswerSeconds: Int64 = 20
    /// When a connection that failed is tried again: the first time and at most, in milliseconds.
    package var firstRetryMilliseconds: Int64 = 250
    package var lastRetryMilliseconds: Int64 = 5_000
    /// How long a proposal or a broadcast may take, in seconds; Fabric's gateway waits as long.
    package var callSeconds: Int64 = 30

    package init() {}
}
