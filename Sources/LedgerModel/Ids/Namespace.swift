/// The part of the world state that one chaincode owns; named after the chaincode.
package struct Namespace: UTF8Identifier {
    package let utf8: [UInt8]

    package init(utf8: [UInt8]) {
        self.utf8 = utf8
    }
}
