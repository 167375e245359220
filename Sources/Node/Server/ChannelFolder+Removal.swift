import CryptoPrimitives
import Ledger
import LedgerModel

/// Removing a channel's files, so that a crash at any instant leaves the channel either whole or to be removed at the next start.
///
/// First a note is made durable that the node has left the channel, then the folder is renamed, then what is in it is deleted. The note stays: a
/// channel that the node's file names is not joined again because of it, until somebody joins it on purpose.
///
/// What a member's key has signed on the chain outlives its blocks: a member that joined again without it would sign twice for one place. Record and guard
/// stay in their folder, which they know by its number in the file system, under a name with the chain's hash.
extension ChannelFolder {
    private static let leftMark = ".left"
    private static let removedMark = ".removed"
    private static let signedMark = ".signed"
    private static let signedFiles = [MemberDisk.recordFile, MemberDisk.guardFile]

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
        // What an interrupted removal has left.
        try self.clearAside(of: channel)
        var wasThere = false
        try self.files { files throws(FileError) in
            guard try files.contains(channel.text, in: self.root) else { return }
            try files.rename(self.folder(of: channel), to: self.aside(of: channel))
            try files.syncFolder(self.root)
            wasThere = true
        }
        if wasThere { try self.clearAside(of: channel) }
    }

    /// Deletes what was set aside, but for what a key has signed.
    private func clearAside(of channel: ChannelID) throws(HostFileError) {
        let aside = self.aside(of: channel)
        let genesis = try HostFiles.read(aside + "/" + Self.genesisFile, limit: NodeLimits.genesisBytes)
        let chain = genesis.flatMap { try? OrderedBlock(serialized: $0).headerHash }
        guard try self.names().contains(".\(channel)\(Self.removedMark)") else { return }
        try self.files { files throws(FileError) in
            let names = try files.list(aside)
            let signed = Self.signedFiles.filter { names.contains($0) }
            guard !signed.isEmpty else { return try Self.remove(aside, files) }
            // The block that names the chain goes last, under the new name.
            for name in names where !signed.contains(name) && name != Self.genesisFile { try Self.remove(aside + "/" + name, files) }
            let target = self.signed(on: chain)
            try Self.remove(target, files)
            try files.rename(aside, to: target)
            try files.syncFolder(self.root)
            try Self.remove(target + "/" + Self.genesisFile, files)
        }
    }

    /// Puts back what this node's key has signed on a chain that it is about to join once more.
    func restoreSigned(_ genesis: OrderedBlock, of channel: ChannelID) throws(HostFileError) {
        let signed = self.signed(on: genesis.headerHash)
        let names = try self.names()
        guard names.contains(String(signed.dropFirst(self.root.count + 1))) else { return }
        guard !names.contains(channel.text) else {
            // The key would begin as a new one there.
            throw HostFileError(path: signed, reason: "it has to take the place of \(self.folder(of: channel)), which is there: move that away")
        }
        try self.files { files throws(FileError) in
            try Self.remove(signed + "/" + Self.genesisFile, files)
            try files.rename(signed, to: self.folder(of: channel))
            try files.syncFolder(self.root)
        }
    }

    private func aside(of channel: ChannelID) -> String { "\(self.root)/.\(channel)\(Self.removedMark)" }

    private func signed(on chain: [UInt8]?) -> String {
        "\(self.root)/.\(chain.map { Base16.encode(Array($0.prefix(Self.chainBytes))) } ?? "unknown")\(Self.signedMark)"
    }

    /// As much of a chain's hash as tells it from others.
    private static let chainBytes = 16

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
