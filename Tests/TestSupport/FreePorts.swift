import Glibc
import Synchronization

/// Ports of this machine that nobody listens on, each given out once by this process: a test that starts its nodes again finds their ports free.
package enum FreePorts {
    package struct NoneLeft: Error {}

    /// Below those that the system gives to outgoing connections, so that none of them takes one before it is listened on.
    private static let range = 12_000..<32_000

    private static let given = Mutex<Set<Int>>([])

    package static func find(_ count: Int) throws -> [Int] { try (0..<count).map { _ in try Self.inRow(1) } }

    /// The first of ports with numbers in a row.
    package static func inRow(_ count: Int) throws -> Int {
        try Self.given.withLock { given in
            for _ in 0..<10_000 {
                let first = Int.random(in: Self.range.lowerBound..<Self.range.upperBound - count)
                let ports = first..<first + count
                guard given.isDisjoint(with: ports), ports.allSatisfy(Self.isFree) else { continue }
                given.formUnion(ports)
                return first
            }
            throw NoneLeft()
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        // Not inherited: a program that another test starts at this moment would keep the port for as long as it runs.
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
    }
}
