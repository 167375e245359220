/// The place of a policy in the configuration tree, such as `/Channel/Application/Writers`; compared byte by byte.
struct PolicyPath: Hashable, Sendable {
    let utf8: [UInt8]

    /// Reads a path as configurations write it: absolute, or relative to the group Channel (`Application/Writers`).
    init(_ text: String) {
        let bytes = Array(text.utf8)
        self.utf8 = bytes.first == UInt8(ascii: "/") ? bytes : Array("/Channel/".utf8) + bytes
    }

    /// A path that is known to be absolute.
    init(absolute utf8: [UInt8]) {
        self.utf8 = utf8
    }

    /// Reads a modification policy: absolute, or relative to the group whose policies it means.
    init(_ text: String, relativeTo group: PolicyPath) {
        let bytes = Array(text.utf8)
        self.utf8 = bytes.first == UInt8(ascii: "/") ? bytes : group.utf8 + [UInt8(ascii: "/")] + bytes
    }

    /// The root group.
    static let channel = PolicyPath(absolute: Array("/Channel".utf8))

    func appending(_ name: String) -> PolicyPath {
        PolicyPath(absolute: self.utf8 + [UInt8(ascii: "/")] + Array(name.utf8))
    }

    var text: String { String(decoding: self.utf8, as: UTF8.self) }
}
