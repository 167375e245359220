import LedgerModel
import Ordering

/// A snapshot with which a new member joins in the middle of a chain, and the hash that its operator has compared with other members.
///
/// It stays in the member's folder as a file, the hash in front: the member is opened with it again and again.
package struct SnapshotJoin: Hashable, Sendable {
    static let file = "snapshot"

    package let snapshot: MemberSnapshot
    /// 32 bytes; see `MemberSnapshot.trust`.
    package let trust: [UInt8]

    package init(snapshot: MemberSnapshot, trust: [UInt8]) {
        self.snapshot = snapshot
        self.trust = trust
    }

    /// The snapshot that a member's folder was begun with; nil when there is none.
    init?(in folder: String) throws {
        guard let bytes = try HostFiles.read(folder + "/" + Self.file, limit: MemberLimits.snapshotBytes + 32) else { return nil }
        self.init(snapshot: try MemberSnapshotFormat.decode(Array(bytes.dropFirst(32))), trust: Array(bytes.prefix(32)))
    }

    /// Keeps it durably; to be called when it has been checked, and before the first block is stored.
    func write(to folder: String) throws {
        try HostFiles.write(self.trust + MemberSnapshotFormat.encode(self.snapshot), to: folder + "/" + Self.file)
    }
}
