/// Why bytes are no chaincode package, or a node cannot keep one.
package enum ChaincodePackageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The outer file is no gzip file, or is damaged.
    case gzip(reason: String)
    /// The unpacked file is no tar archive, or holds something that a package must not hold.
    case archive(reason: String)
    /// `metadata.json` is missing or does not say what it must.
    case metadata(reason: String)
    /// `connection.json` is missing or does not say what it must.
    case connection(reason: String)
    /// It is larger than a package may be.
    case tooLarge(what: String, limit: Int)
    /// The same bytes are installed already.
    case alreadyInstalled(id: String)
    /// The store of packages refused.
    case store(reason: String)

    package var description: String {
        switch self {
        case .gzip(let reason): "the package is not a readable gzip file: \(reason); pack it again"
        case .archive(let reason): "the package is not a readable tar archive: \(reason); pack it again"
        case .metadata(let reason): "metadata.json of the package: \(reason); correct it and pack again"
        case .connection(let reason): "connection.json of the package: \(reason); correct it and pack again"
        case .tooLarge(let what, let limit): "\(what) of the package is over the limit of \(limit) bytes; pack less"
        case .alreadyInstalled(let id): "chaincode already successfully installed (package ID '\(id)')"
        case .store(let reason): "this node's packages cannot be read or written: \(reason); its operator has to mend that"
        }
    }
}
