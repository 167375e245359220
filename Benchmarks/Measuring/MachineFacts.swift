import Foundation

/// What one has to know about the machine to read the figures.
struct MachineFacts: Encodable {
    let processor: String
    let cores: Int
    let loadAverage: String
    let system: String
    let isReleaseBuild: Bool

    init() {
        self.processor = Self.field("model name", in: Self.content("/proc/cpuinfo")) ?? "unknown"
        self.cores = ProcessInfo.processInfo.activeProcessorCount
        self.loadAverage = Self.content("/proc/loadavg").split(separator: " ").prefix(3).joined(separator: " ")
        self.system = ProcessInfo.processInfo.operatingSystemVersionString
        #if DEBUG
            self.isReleaseBuild = false
        #else
            self.isReleaseBuild = true
        #endif
    }

    var text: String {
        let build = self.isReleaseBuild ? "" : "\nTHIS IS A DEBUG BUILD: its figures mean nothing. Use swift run -c release Benchmarks."
        return "machine: \(self.processor), \(self.cores) cores, \(self.system), load average \(self.loadAverage)" + build
    }

    private static func content(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func field(_ name: String, in text: String) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return nil
    }
}
