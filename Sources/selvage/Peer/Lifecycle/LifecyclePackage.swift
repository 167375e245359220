import ArgumentParser
import Foundation
import Node
import SystemContracts

/// Packs a chaincode.
struct LifecyclePackage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package", abstract: "Pack a chaincode: the files of a folder, with a type and a label.",
        discussion: """
            For --lang ccaas the folder holds connection.json, with the address of the chaincode's own server. For golang, java and node its files \
            are packed below src/, as Fabric's builders expect; what a Go module needs must be in its vendor folder. The same files give the same \
            package, whoever packs them.
            Example:
              selvage peer lifecycle chaincode package notes.tgz --path notes --lang ccaas --label notes_1
            \(PeerCommand.exitCodes)
            """)

    /// The kind of chaincode.
    enum Language: String, ExpressibleByArgument, CaseIterable {
        case golang
        case java
        case node
        case ccaas
    }

    struct Document: Encodable {
        var package_id: String
        var file: String
        var bytes: Int
    }

    @Argument(help: "The package that is written.")
    var file: String

    @Option(name: [.customShort("p"), .customLong("path")], help: ArgumentHelp("The chaincode.", valueName: "folder"))
    var path: String

    @Option(name: [.customShort("l"), .customLong("lang")], help: "golang, java, node or ccaas.")
    var language: Language = .golang

    @Option(help: "A name for people; it begins the package's id.")
    var label: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PeerCommandRun.run("peer lifecycle chaincode package") {
            let files = try self.files()
            let code = PackageArchive.gzip(PackageArchive.tar(files))
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            // The name of the folder, and not where it lies: a package is the same on every machine.
            let name = URL(fileURLWithPath: self.path).standardizedFileURL.lastPathComponent
            let metadata = try encoder.encode(["path": self.language == .ccaas ? "" : name, "type": self.language.rawValue, "label": self.label])
            let bytes = PackageArchive.gzip(
                PackageArchive.tar([
                    PackageArchive.Entry(name: "metadata.json", content: [UInt8](metadata)), PackageArchive.Entry(name: "code.tar.gz", content: code),
                ]))
            let package: ChaincodePackage
            do {
                package = try ChaincodePackage(bytes)
            } catch {
                throw PeerProblem.usage("no peer would take this package: \(error)")
            }
            try HostFiles.write(bytes, to: self.file)
            try self.output.show(Document(package_id: package.id, file: self.file, bytes: bytes.count)) {
                ["\(self.file), \(bytes.count) bytes, id \(package.id)"]
            }
        }
    }

    /// The files of the folder by name, hidden ones left out.
    private func files() throws -> [PackageArchive.Entry] {
        let prefix = self.language == .ccaas ? "" : "src/"
        guard let names = try? FileManager.default.subpathsOfDirectory(atPath: self.path) else {
            throw PeerProblem.unreadable("\(self.path): there is no such folder")
        }
        var total = 0
        var entries: [PackageArchive.Entry] = []
        for name in names.sorted() where !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
            var isFolder: ObjCBool = false
            let file = "\(self.path)/\(name)"
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue else { continue }
            let content = try PeerTargetOptions.bytes(file, limit: LifecycleInstall.packageBytes)
            total += content.count
            guard total <= LifecycleInstall.packageBytes else { throw PeerProblem.usage("\(self.path) holds more than a peer takes, 100 MiB") }
            guard (prefix + name).utf8.count <= PackageArchive.nameBytes else {
                throw PeerProblem.usage("\(name): the path is longer than \(PackageArchive.nameBytes) bytes")
            }
            entries.append(PackageArchive.Entry(name: prefix + name, content: content))
        }
        if self.language == .ccaas, !entries.contains(where: { $0.name == "connection.json" }) {
            throw PeerProblem.unreadable("\(self.path): there is no connection.json; write one with the address of the chaincode's server")
        }
        guard !entries.isEmpty else { throw PeerProblem.unreadable("\(self.path): there is no file in it") }
        return entries
    }
}

/// Writes tar archives and gzip files. The content is stored and not compressed: packages are small, and these bytes never change with a library.
enum PackageArchive {
    /// Of a path in an archive.
    static let nameBytes = 100
    private static let blockSize = 512
    /// Of one stored part of a gzip file.
    private static let partSize = 0xffff

    struct Entry {
        let name: String
        let content: [UInt8]
    }

    /// An archive of regular files, all of them with the same owner and no time.
    ///
    /// - Parameter entries: Names of at most `nameBytes` bytes, contents of less than 8 GiB.
    static func tar(_ entries: [Entry]) -> [UInt8] {
        var archive: [UInt8] = []
        for entry in entries {
            var header = [UInt8](repeating: 0, count: self.blockSize)
            func put(_ text: String, _ offset: Int) { header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8) }
            func octal(_ number: Int, _ digits: Int) -> String {
                let text = String(number, radix: 8)
                return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
            }
            put(entry.name, 0)
            put("0100644", 100)
            put(octal(0, 7), 108)
            put(octal(0, 7), 116)
            put(octal(entry.content.count, 11), 124)
            put(octal(0, 11), 136)
            put("0", 156)
            put("ustar\u{0}00", 257)
            // The sum counts itself as spaces.
            put("        ", 148)
            put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", 148)
            archive += header + entry.content
            archive += [UInt8](repeating: 0, count: (self.blockSize - archive.count % self.blockSize) % self.blockSize)
        }
        return archive + [UInt8](repeating: 0, count: 2 * self.blockSize)
    }

    /// A gzip file (RFC 1952) of stored parts (RFC 1951, 3.2.4).
    static func gzip(_ content: [UInt8]) -> [UInt8] {
        var file: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = content[...]
        repeat {
            let part = rest.prefix(self.partSize)
            rest = rest.dropFirst(part.count)
            let length = UInt16(truncatingIfNeeded: part.count)
            file += [rest.isEmpty ? 1 : 0] + self.little(length) + self.little(~length) + part
        } while !rest.isEmpty
        return file + self.little(self.checksum(content)) + self.little(UInt32(truncatingIfNeeded: content.count))
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    }

    /// The check sum of gzip files (RFC 1952, 8).
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in sum >> 8 ^ self.table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
    }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
