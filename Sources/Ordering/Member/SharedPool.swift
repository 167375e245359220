import Synchronization

/// What a member's core and its intake share: the waiting envelopes, and the rules by which they are judged at the door.
package final class SharedPool: Sendable {
    package struct State: Sendable {
        package var pool: EnvelopePool
        /// The rules for the next block.
        package var blocks: CommitteeBlocks
        /// The height that the committee is working on.
        package var height: UInt64
        /// The core says it, with every block.
        package var standing = DoorStanding.refuses
    }

    package let state: Mutex<State>

    package init(_ pool: EnvelopePool, blocks: CommitteeBlocks, height: UInt64) {
        self.state = Mutex(State(pool: pool, blocks: blocks, height: height))
    }

    package var count: Int { self.state.withLock { $0.pool.count } }

    var rules: ReplayRules { self.state.withLock { $0.pool.rules } }
}
