/// The name of a private data collection inside its namespace.
package struct CollectionName: UTF8Identifier {
    package let utf8: [UInt8]

    package init(utf8: [UInt8]) {
        self.utf8 = utf8
    }
}
