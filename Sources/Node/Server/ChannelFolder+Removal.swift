import Ledger
import LedgerModel

/// Removing a channel's files, so that a crash at any instant leaves the channel either whole or to be removed at the next start.
///
/// First a note is made durable that the node has left the channel, then the folder is renamed, then what is in it is deleted. The note stays: a
/// channel that the node's file names is not joined again because of it, until somebody joins it on purpose.
extension ChannelFolder {
    private static let leftMark = ".left"
    private static let removedMark = ".removed"

    /// Whether the node has left a channel and has not joined it again.
    func hasLeft(_ channel: ChannelID) throws(HostFileError) -> Bool {
        try HostFiles.read(self.note(of: channel), limit: NodeLimits.nodeFileBytes) != nil
    }

    /// Notes, durably, that the node leaves a channel; its files may still be in use.
    func leave(_ channel: ChannelID) throws(HostFileError) { try HostFiles.write([], to: self.note(of: channel)) }

    /// Takes the note back, durably.
    func forgetLeaving(_ channel: ChannelID) throws(HostFileError) {
        guard try self.hasLeft(channel) else { return }
        try self.files { files throws(FileError) in
            try files.removeFile(self.note(of: channel))
            try files.syncFolder(self.root)
        }
    }

    /// Deletes the files of a channel that was left; nobody may use them any more.
    func removeFiles(of channel: ChannelID) throws(HostFileError) {
        try self.files { files throws(FileError) in
            let aside = "\(self.root)/.\(channel)\(Self.removedMark)"
            // What an interrupted removal has left.
            try Self.remove(aside, files)
            guard try files.contains(channel.text, in: self.root) else { return }
            try files.rename(self.folder(of: channel), to: aside)
            try files.syncFolder(self.root)
            try Self.remove(aside, files)
        }
    }

    /// Ends the removals that were interrupted, before anything is opened.
    func finishRemovals() throws(HostFileError) {
        for name in try self.names() {
            guard name.hasPrefix("."), let mark = [Self.leftMark, Self.removedMark].first(where: { name.hasSuffix($0) }) else { continue }
            try self.removeFiles(of: ChannelID(String(name.dropFirst().dropLast(mark.count))))
        }
    }

    private func note(of channel: ChannelID) -> String { "\(self.root)/.\(channel)\(Self.leftMark)" }

    private func names() throws(HostFileError) -> [String] {
        do {
            return try SystemFiles().list(self.root)
        } catch {
            if error.isMissing { return [] }
            throw HostFileError(path: self.root, reason: "\(error)")
        }
    }

    private func files(_ work: (any FolderIO) throws(FileError) -> Void) throws(HostFileError) {
        do {
            try work(SystemFiles())
        } catch {
            throw HostFileError(path: self.root, reason: "\(error)")
        }
    }

    /// A file, or a folder with all that is in it; nothing when it is missing.
    private static func remove(_ path: String, _ files: any FolderIO) throws(FileError) {
        let names: [String]
        do {
            names = try files.list(path)
        } catch {
            if error.isMissing { return }
            return try files.removeFile(path)
        }
        for name in names { try self.remove(path + "/" + name, files) }
        try files.removeEmptyFolder(path)
    }
}
