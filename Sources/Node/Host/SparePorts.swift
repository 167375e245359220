import Glibc

/// Ports that nobody listens on at the moment.
enum SparePorts {
    /// - Throws: `HostFileError` with the system's reason.
    static func two() throws(HostFileError) -> (Int, Int) {
        // Both at a time, so that they differ.
        let (first, second) = (self.socket(), self.socket())
        defer {
            close(first)
            close(second)
        }
        return (try self.bound(first), try self.bound(second))
    }

    private static func socket() -> Int32 { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }

    private static func bound(_ descriptor: Int32) throws(HostFileError) -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw HostFileError(path: "127.0.0.1", code: errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
