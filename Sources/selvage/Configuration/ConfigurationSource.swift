import ChannelConfiguration
import ConfigurationText
import FabricMessages
import Foundation
import Ledger
import LedgerModel
import Ordering

/// A configuration or an update as a command is given it: a file or a folder, in any of the forms that it comes in.
struct ConfigurationSource {
    /// Why a source cannot be used.
    struct Problem: Error, CustomStringConvertible {
        let path: String
        let reason: String
        /// True for a text that can be read but says something wrong.
        var isContent = false

        var description: String { "\(self.path): \(self.reason)" }
    }

    private static let limit = 64 << 20

    let path: String
    let document: ConfigurationDocument
    /// The whole block, where there is one.
    let block: OrderedBlock?

    /// Reads a source.
    ///
    /// - Parameter channel: The name of the channel, where the source does not say it.
    init(_ path: String, channel: String? = nil) throws(Problem) {
        self.path = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw Problem(path: path, reason: "is not there") }
        if isFolder.boolValue {
            let block = try BlockFolder(path).newestConfiguration()
            self.block = block
            self.document = try Self.document(of: block, path)
            return
        }
        guard let data = FileManager.default.contents(atPath: path), data.count <= Self.limit else {
            throw Problem(path: path, reason: "cannot be read, or is larger than \(Self.limit) bytes")
        }
        let bytes = [UInt8](data)
        if let block = try? OrderedBlock(serialized: bytes),
            (try? ChannelBundle(block: block)) != nil || ConfigurationBlock.configEnvelope(in: block) != nil
        {
            self.block = block
            self.document = try Self.document(of: block, path)
            return
        }
        self.block = nil
        if let document = Self.message(bytes, channel: channel) {
            self.document = document
            return
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problem(
                path: path,
                reason: "is none of: a configuration block, a Config, a ConfigUpdate, a CONFIG_UPDATE envelope, YAML or JSON of 'config show'")
        }
        do {
            self.document = try ConfigurationDocument(text: text)
        } catch {
            throw Problem(path: path, reason: "\(error)", isContent: true)
        }
    }

    /// The configuration; an update is none.
    func configuration() throws(Problem) -> Common_Config {
        guard case .configuration(let config) = self.document.body else {
            throw Problem(path: self.path, reason: "holds an update, and a configuration is needed")
        }
        return config
    }

    /// The configuration with all its rules checked.
    func bundle() throws(Problem) -> ChannelBundle {
        do {
            return try ChannelBundle(config: try self.configuration(), channelID: self.document.channelID)
        } catch let error as Problem {
            throw error
        } catch {
            throw self.problem("\(error)", path: (error as? ConfigurationError)?.path)
        }
    }

    /// A problem at an element, with the line of the text where it stands.
    func problem(_ reason: String, path element: String?) -> Problem {
        let mark = element.flatMap { self.document.mark(ofPath: $0) }
        return Problem(path: self.path, reason: (mark.map { "\($0): " } ?? "") + reason, isContent: true)
    }

    // MARK: - Forms

    private static func document(of block: OrderedBlock, _ path: String) throws(Problem) -> ConfigurationDocument {
        do {
            let payload = try Payload(serialized: Envelope(serialized: block.envelopes[0]).payload)
            let channel = try ChannelHeader(serialized: payload.channelHeaderBytes).channelID
            let envelope = try Common_ConfigEnvelope.decode(payload.data, as: "configuration envelope")
            var comments = ["Configuration of channel \(channel), sequence \(envelope.config.sequence), from block \(block.number)."]
            if envelope.hasLastUpdate, let update = try? ConfigurationTransaction.update(in: payload.data) {
                comments += ["The update that led to it is signed by:"] + update.signatures.map { "  " + ConfigurationDocument.signer(of: $0) }
            }
            return ConfigurationDocument(.configuration(envelope.config), channelID: channel, comments: comments)
        } catch {
            throw Problem(path: path, reason: "\(error)")
        }
    }

    /// A serialised message; nil when the bytes are none of those that hold a configuration.
    private static func message(_ bytes: [UInt8], channel: String?) -> ConfigurationDocument? {
        if let envelope = try? Envelope(serialized: bytes), let payload = try? Payload(serialized: envelope.payload),
            let header = try? ChannelHeader(serialized: payload.channelHeaderBytes)
        {
            if header.kind == .configUpdate, let update = try? ConfigurationUpdate(serialized: payload.data) { return self.update(update) }
            if header.kind == .config, let config = try? Common_ConfigEnvelope.decode(payload.data, as: "config"), config.hasConfig {
                return ConfigurationDocument(.configuration(config.config), channelID: header.channelID)
            }
        }
        if let update = try? ConfigurationUpdate(serialized: bytes), let document = self.update(update) { return document }
        if let document = self.update(ConfigurationUpdate(updateBytes: bytes)) { return document }
        let name = ChannelID(channel ?? "")
        if let config = try? Common_ConfigEnvelope.decode(bytes, as: "config"), self.isConfiguration(config.config) {
            return ConfigurationDocument(.configuration(config.config), channelID: name)
        }
        if let config = try? Common_Config.decode(bytes, as: "config"), self.isConfiguration(config) {
            return ConfigurationDocument(.configuration(config), channelID: name)
        }
        return nil
    }

    private static func isConfiguration(_ config: Common_Config) -> Bool {
        config.hasChannelGroup && config.unknownFields.data.isEmpty && !config.channelGroup.groups.isEmpty
    }

    private static func update(_ update: ConfigurationUpdate) -> ConfigurationDocument? {
        guard let message = try? Common_ConfigUpdate.decode(update.updateBytes, as: "update"), message.hasWriteSet, !message.channelID.isEmpty,
            message.unknownFields.data.isEmpty
        else { return nil }
        return ConfigurationDocument(.update(message, signatures: update.signatures), channelID: ChannelID(message.channelID))
    }
}

/// A folder of blocks: a ledger of ours, or one file for each block as Fabric's tools write them.
struct BlockFolder {
    private let path: String

    init(_ path: String) {
        let inner = path + "/blocks"
        self.path = FileManager.default.fileExists(atPath: inner) ? inner : path
    }

    /// The last configuration that came into office.
    func newestConfiguration() throws(ConfigurationSource.Problem) -> OrderedBlock {
        var newest: OrderedBlock?
        try self.forEach { block in
            guard ConfigurationBlock.configEnvelope(in: block) != nil else { return }
            // Where peers have judged the block, their code says whether it came into office.
            if let codes = block.storedCodes, codes != [.valid], block.number > 0 { return }
            if block.number >= newest?.number ?? 0 { newest = block }
        }
        guard let newest else { throw ConfigurationSource.Problem(path: self.path, reason: "holds no configuration block") }
        return newest
    }

    /// Hands out every block; those of a ledger in order.
    func forEach(_ body: (OrderedBlock) -> Void) throws(ConfigurationSource.Problem) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: self.path)) ?? []).sorted()
        let files = names.filter { $0.hasSuffix(".pb") || $0.hasSuffix(".block") }
        do {
            if !files.isEmpty {
                for name in files {
                    let data = FileManager.default.contents(atPath: "\(self.path)/\(name)") ?? Data()
                    body(try OrderedBlock(serialized: [UInt8](data)))
                }
                return
            }
            var scan = try BlockScan(folder: self.path, files: SystemFiles())
            while let stored = try scan.next() { body(try OrderedBlock(serialized: stored.bytes)) }
        } catch {
            throw ConfigurationSource.Problem(path: self.path, reason: "\(error)")
        }
    }
}
