import ArgumentParser
import FabricMessages
import LedgerModel

/// Joins a peer to a channel by a snapshot of its ledger.
struct ChannelJoinBySnapshot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "joinbysnapshot", abstract: "Join the peer to a channel by a snapshot, which lies in a folder of the peer's machine.",
        discussion: """
            The call returns when the peer has begun; see joinbysnapshotstatus.
            Example:
              selvage peer channel joinbysnapshot --snapshotpath /var/snapshots/mychannel/1000
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var begun: Bool
    }

    @Option(name: .customLong("snapshotpath"), help: ArgumentHelp("The snapshot, as the peer sees it.", valueName: "folder"))
    var snapshot: String

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let folder = self.snapshot
        try await PeerCommandRun.run("peer channel joinbysnapshot") {
            try await PeerSession.open(self.targets) { [output] session in
                _ = try await session.query("cscc", "JoinBySnapshot", Array(folder.utf8), isOfNode: true)
                try output.show(Document(begun: true)) { ["the peer has begun; see 'peer channel joinbysnapshotstatus'"] }
            }
        }
    }
}

/// Shows whether a peer is joining by a snapshot.
struct ChannelJoinBySnapshotStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "joinbysnapshotstatus", abstract: "Show whether the peer is joining a channel by a snapshot.",
        discussion: """
            Example:
              selvage peer channel joinbysnapshotstatus
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var status: String
    }

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer channel joinbysnapshotstatus") {
            try await PeerSession.open(self.targets) { [output] session in
                let payload = try await session.query("cscc", "JoinBySnapshotStatus", isOfNode: true)
                // `protos.JoinBySnapshotStatus` {1 bool in_progress, 2 string folder}: on the wire these are the fields of a response.
                let answer = try Protos_Response.decode(payload, as: "snapshot status")
                let text =
                    answer.status == 0
                    ? "No joinbysnapshot operation is in progress" : "A joinbysnapshot operation is in progress for snapshot at \(answer.message)"
                try output.show(Document(status: text)) { [text] }
            }
        }
    }
}
