import Glibc

/// Ports that nobody listens on at the moment, below those that systems give to outgoing connections: who listens on one keeps it for years.
enum SparePorts {
    private static let range: ClosedRange<UInt16> = 20_000...32_000
    private static let attempts = 256

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
        var code: Int32 = 0
        // Beginning somewhere else in each process, so that two that look at the same time seldom find the same.
        let start = Int(getpid()) * Self.attempts % Self.range.count
        for attempt in 0..<Self.attempts {
            let port = Self.range.lowerBound + UInt16((start + attempt) % Self.range.count)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            address.sin_port = port.bigEndian
            let isBound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
            }
            if isBound { return Int(port) }
            code = errno
        }
        throw HostFileError(path: "127.0.0.1", code: code)
    }
}
