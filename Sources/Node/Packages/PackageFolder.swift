import CryptoPrimitives
import Glibc
import Ledger
import Synchronization
import SystemContracts

/// The chaincode packages that were installed on a node, each a file as it was uploaded: `<label>.<hash>.tar.gz`.
package final class PackageFolder: ChaincodePackageKeeping {
    private static let suffix = ".tar.gz"
    private static let digestDigits = 64

    private let folder: String
    /// One installation at a time, so that the same package is not installed twice.
    private let installing = Mutex(())

    /// - Parameter folder: Made when the first package is installed.
    package init(folder: String) {
        self.folder = folder
    }

    package func packageIDs() throws(ChaincodePackageError) -> [String] {
        let names: [String]
        do {
            names = try SystemFiles().list(self.folder)
        } catch {
            if error.isMissing { return [] }
            throw .store(reason: "\(error)")
        }
        // Other names, such as those of unfinished writes, are nobody's.
        return names.compactMap(Self.id).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func package(_ id: String) throws(ChaincodePackageError) -> [UInt8]? {
        guard let name = Self.fileName(id) else { return nil }
        let bytes: [UInt8]?
        do {
            bytes = try HostFiles.read(self.folder + "/" + name, limit: NodeLimits.packageBytes)
        } catch {
            throw .store(reason: "\(error)")
        }
        guard let bytes else { return nil }
        guard id.hasSuffix(Base16.encode(SHA256.hash(bytes))) else {
            throw .store(reason: "\(name) is not what was installed; remove the file and install the package again")
        }
        return bytes
    }

    package func keep(_ package: ChaincodePackage) throws(ChaincodePackageError) {
        try self.installing.withLock { (_: inout sending Void) throws(ChaincodePackageError) in
            guard let name = Self.fileName(package.id) else { throw .store(reason: "the id of the package is no file name") }
            if try self.packageIDs().contains(package.id) { throw .alreadyInstalled(id: package.id) }
            do {
                try HostFiles.makeFolders(self.folder)
                try HostFiles.write(package.bytes, to: self.folder + "/" + name)
            } catch {
                throw .store(reason: "\(error)")
            }
        }
    }

    /// Nil for an id that no package can have, so that none leads out of the folder.
    private static func fileName(_ id: String) -> String? {
        let bytes = Array(id.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes.count - colon - 1 == self.digestDigits, let first = bytes.first else {
            return nil
        }
        let isSafe = bytes[..<colon].allSatisfy { self.isAlphanumeric($0) || "_.+-".utf8.contains($0) }
        guard self.isAlphanumeric(first), isSafe, bytes[(colon + 1)...].allSatisfy(self.isHexadecimal) else { return nil }
        return String(decoding: bytes[..<colon], as: UTF8.self) + "." + String(decoding: bytes[(colon + 1)...], as: UTF8.self) + self.suffix
    }

    private static func id(_ fileName: String) -> String? {
        guard fileName.hasSuffix(self.suffix) else { return nil }
        let bytes = Array(fileName.utf8.dropLast(self.suffix.utf8.count))
        guard bytes.count > self.digestDigits + 1, bytes[bytes.count - self.digestDigits - 1] == UInt8(ascii: ".") else { return nil }
        let id =
            String(decoding: bytes.dropLast(self.digestDigits + 1), as: UTF8.self) + ":"
            + String(decoding: bytes.suffix(self.digestDigits), as: UTF8.self)
        return self.fileName(id) == fileName ? id : nil
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
