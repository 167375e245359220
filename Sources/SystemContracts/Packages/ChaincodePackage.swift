import Chaincode
import CryptoPrimitives

/// A chaincode package as clients upload it, checked (interop 4.13).
package struct ChaincodePackage: Sendable {
    /// The file as uploaded; its hash is in the id, so it is never packed anew.
    package let bytes: [UInt8]
    package let label: String
    /// How the code is run, such as "ccaas"; lower-case letters mean the same as capitals.
    package let type: String
    /// `code.tar.gz`, which only who runs the package looks into.
    package let code: [UInt8]

    /// The label, a colon, and the SHA-256 of the file.
    package var id: String { label + ":" + Base16.encode(SHA256.hash(bytes)) }

    /// Reads a package: a gzip'd tar archive of `metadata.json` and `code.tar.gz`.
    package init(_ bytes: [UInt8]) throws(ChaincodePackageError) {
        guard bytes.count <= Limits.packageBytes else { throw .tooLarge(what: "the file", limit: Limits.packageBytes) }
        let entries = try TarArchive.entries(try GzipFile.content(bytes, limit: Limits.unpackedPackageBytes))
        var metadata: ArraySlice<UInt8>?
        var code: ArraySlice<UInt8>?
        for entry in entries {
            guard entry.isFile else { throw .archive(reason: "it holds something that is no regular file, such as a folder") }
            switch Array(entry.name.utf8) {
            case Array("metadata.json".utf8): metadata = entry.content
            case Array("code.tar.gz".utf8): code = entry.content
            default: break
            }
        }
        guard let metadata else { throw .metadata(reason: "there is none") }
        guard let code else { throw .archive(reason: "it holds no code.tar.gz") }
        guard metadata.count <= Limits.packageMetadataBytes else { throw .tooLarge(what: "metadata.json", limit: Limits.packageMetadataBytes) }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: Array(metadata))
        } catch {
            throw .metadata(reason: "it is not JSON")
        }
        guard case .string(let label)? = json["label"], case .string(let type)? = json["type"] else {
            throw .metadata(reason: "it lacks the texts \"type\" and \"label\"")
        }
        guard Self.isLabel(label) else {
            throw .metadata(reason: "the label must be letters, digits and _ . + -, the first a letter or digit, at most \(Limits.packageLabelBytes)")
        }
        guard !type.utf8.isEmpty, type.utf8.count <= Limits.packageLabelBytes else { throw .metadata(reason: "the type is empty or too long") }
        self.bytes = bytes
        self.label = label
        self.type = type
        self.code = Array(code)
    }

    private static func isLabel(_ text: String) -> Bool {
        guard let first = text.utf8.first, DefinitionArguments.isAlphanumeric(first), text.utf8.count <= Limits.packageLabelBytes else {
            return false
        }
        return DefinitionArguments.isVersion(text)
    }
}

/// Where a node keeps the packages that were installed on it.
package protocol ChaincodePackageKeeping: Sendable {
    /// The ids of all packages, in byte order.
    func packageIDs() throws(ChaincodePackageError) -> [String]
    /// A package as uploaded; nil when there is none.
    func package(_ id: String) throws(ChaincodePackageError) -> [UInt8]?
    /// Keeps a package durably; throws `.alreadyInstalled` for one that is there.
    func keep(_ package: ChaincodePackage) throws(ChaincodePackageError)
}
