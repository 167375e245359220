import Glibc

/// The price of one durable write, asked of the file system itself: the reference of everything that must be on disk before it goes on.
///
/// 4 kB are written to one of two places of a file that has its size already, then the file is synced, as a member does with its safety record.
final class DiskReference {
    private static let bytes = 4_096

    private let descriptor: Int32
    private let content = [UInt8](repeating: 0x5A, count: DiskReference.bytes)
    private var count = 0

    /// - Parameter folder: A folder on the disk that is measured.
    init(folder: String) throws {
        let path = folder + "/disk-reference"
        self.descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard self.descriptor >= 0 else { throw ReferenceError.unusableDisk(path) }
        _ = try self.nanoseconds(count: 2)
    }

    deinit { close(self.descriptor) }

    /// Wall nanoseconds of one write with its sync.
    func nanoseconds(count: Int) throws -> Double {
        let start = CPUTime.wall()
        for _ in 0..<count {
            let place = off_t(self.count % 2 * Self.bytes)
            self.count += 1
            let written = self.content.withUnsafeBytes { pwrite(self.descriptor, $0.baseAddress, $0.count, place) }
            guard written == Self.bytes, fdatasync(self.descriptor) == 0 else { throw ReferenceError.unusableDisk("its file") }
        }
        return (CPUTime.wall() - start) / Double(count)
    }
}
