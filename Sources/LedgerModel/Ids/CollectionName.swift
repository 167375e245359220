/// The name of a private data collection inside its namespace.
package struct CollectionName: UTF8Identifier {
    package let utf8: [UInt8]

    package init(utf8: [UInt8]) {
        self.utf8 = utf8
    }

    private static let implicitPrefix = Array("_implicit_org_".utf8)

    /// The collection that every chaincode has for an organisation without a word in its definition.
    package static func implicit(of organization: MSPID) -> CollectionName { CollectionName(utf8: self.implicitPrefix + organization.utf8) }

    /// The organisation whose implicit collection this is; nil for one that a definition names.
    package var implicitOwner: MSPID? {
        self.utf8.starts(with: Self.implicitPrefix) ? MSPID(utf8: Array(self.utf8.dropFirst(Self.implicitPrefix.count))) : nil
    }
}
