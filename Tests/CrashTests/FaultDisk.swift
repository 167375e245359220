import Foundation
import TestSupport

/// The library that stands between a process and its disk, compiled from Tests/CFaultInjection for this run of the tests.
///
/// It is preloaded into the child processes alone. Without a C compiler the tests fail: they are not skipped.
enum FaultDisk {
    /// The library, or why there is none.
    static let library: Result<String, CrashRigError> = {
        let source = PackageRoot.path + "/Tests/CFaultInjection/fault_disk.c"
        do {
            let folder = try TemporaryFolder("selvage-fault-disk")
            Self.kept = folder
            let library = folder.path(of: "libfaultdisk.so")
            guard let compiler = Self.compiler else { return .failure(CrashRigError(reason: "no C compiler: put clang or cc in the search path")) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: compiler)
            process.arguments = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", library, source]
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { return .failure(CrashRigError(reason: "\(compiler) does not compile \(source)")) }
            return .success(library)
        } catch { return .failure(CrashRigError(reason: "\(error)")) }
    }()

    /// Keeps the folder of the library as long as the tests run.
    nonisolated(unsafe) private static var kept: TemporaryFolder?

    /// The first compiler in the search path, then beside the Swift toolchain's usual places.
    private static let compiler: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/bin", "/usr/local/bin"]
        let candidates = ["clang", "cc", "gcc"].flatMap { name in folders.map { $0 + "/" + name } }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()
}

/// The rig itself does not work: nothing is known about the code under test.
struct CrashRigError: Error, CustomStringConvertible {
    let reason: String

    var description: String { "the crash rig does not work: \(self.reason)" }
}
