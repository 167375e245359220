/// The bounds on everything these contracts read from outside.
enum Limits {
    /// Longest subject id, in bytes.
    static let subjectBytes = 64
    /// Longest membership service id, in bytes.
    static let mspBytes = 128
    /// Longest store reference, in bytes.
    static let storeReferenceBytes = 512
    /// Longest purpose word, in bytes.
    static let purposeBytes = 32
    /// Longest label of a signed message, in bytes.
    static let labelBytes = 64
    /// Longest message whose signature is verified, in bytes.
    static let messageBytes = 1 << 20
    /// Longest DER signature on P-256, in bytes.
    static let signatureBytes = 72
    /// Longest wrapped data key, in bytes.
    static let wrappedKeyBytes = 1024
    /// Shortest wrapped data key: an encapsulated key of 65 bytes, a data key of 32 and a tag of 16.
    static let wrappedKeyLeastBytes = 113
    /// Longest bookmark, in bytes: no key of these contracts is longer.
    static let bookmarkBytes = 512
    /// Most entries of one page.
    static let pageSize: Int64 = 100
    /// Most fragments of a record, and so most that are looked at in one reconstruction.
    static let fragments = 255
    /// Longest sealed object, in bytes.
    static let objectBytes: Int64 = 1 << 32
    /// Most bytes of all fragments offered to one reconstruction.
    static let offeredBytes = 256 << 20
    /// Highest version number of a record or key; ten digits hold it in a key.
    static let versions: Int64 = 1_000_000
    /// Latest time that can be given, the end of the year 9999, in seconds since 1970.
    static let time: Int64 = 253_402_300_799
    /// Most shares of a public test record; bounds the search for wrong ones.
    static let paperShares = 16
    /// Longest public test record, in bits; bounds the search for its prime. The paper uses up to 1000.
    static let paperRecordBits: UInt64 = 2048
    /// Longest name or version of a chaincode, in bytes.
    static let chaincodeNameBytes = 128
    /// Longest serialised arguments message of a lifecycle function, in bytes.
    static let lifecycleArgumentBytes = 1 << 20
    /// Largest chaincode package, in bytes.
    static let packageBytes = 64 << 20
    /// Longest package id, in bytes.
    static let packageIDBytes = 256
    /// Longest label of a package, in bytes: with a colon and 64 digits it is an id.
    static let packageLabelBytes = 128
    /// Most bytes that a package may unpack to.
    static let unpackedPackageBytes = 256 << 20
    /// Most files and folders in a package.
    static let packageEntries = 10_000
    /// Largest `metadata.json` of a package, in bytes.
    static let packageMetadataBytes = 64 << 10
    /// Most packages that a node keeps.
    static let installedPackages = 1000
}
