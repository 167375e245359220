import Foundation
import Glibc

/// Network namespaces of this machine, one for each member, joined by a bridge: links between them can be cut.
///
/// It needs root and the program `ip`. Names and addresses are this process's own, and everything is taken away at the end.
final class Namespaces: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let count: Int
    private let tag: String

    /// Whether this process may make them.
    static var isPossible: Bool {
        guard getuid() == 0 else { return false }
        let name = "selvtry\(getpid())"
        guard (try? self.run(["netns", "add", name])) != nil else { return false }
        defer { try? self.run(["netns", "del", name]) }
        let bridge = String("\(name)b".suffix(15))
        guard (try? self.run(["link", "add", bridge, "type", "bridge"])) != nil else { return false }
        try? self.run(["link", "del", bridge])
        return true
    }

    init(count: Int) throws {
        self.count = count
        self.tag = "sv\(getpid() % 100_000)"
        try Self.run(["link", "add", self.bridge, "type", "bridge"])
        try Self.run(["addr", "add", "\(self.subnet).254/24", "dev", self.bridge])
        try Self.run(["link", "set", self.bridge, "up"])
        for number in 1...count {
            let (space, outside, inside) = (self.name(number), self.cable(number), "\(self.tag)i\(number)")
            try Self.run(["netns", "add", space])
            try Self.run(["link", "add", outside, "type", "veth", "peer", "name", inside])
            try Self.run(["link", "set", inside, "netns", space])
            try Self.run(["link", "set", outside, "master", self.bridge])
            try Self.run(["link", "set", outside, "up"])
            try Self.run(["-n", space, "addr", "add", "\(self.address(UInt32(number)))/24", "dev", inside])
            try Self.run(["-n", space, "link", "set", inside, "up"])
            try Self.run(["-n", space, "link", "set", "lo", "up"])
        }
    }

    deinit {
        for number in 1...self.count { try? Self.run(["netns", "del", self.name(number)]) }
        try? Self.run(["link", "del", self.bridge])
    }

    /// What starts a program in a member's namespace.
    func prefix(_ member: UInt32) -> [String] { ["ip", "netns", "exec", self.name(Int(member))] }

    func address(_ member: UInt32) -> String { "\(self.subnet).\(member)" }

    /// Cuts a member off from everybody, or joins it again.
    func cut(_ member: UInt32) throws { try Self.run(["link", "set", self.cable(Int(member)), "down"]) }
    func join(_ member: UInt32) throws { try Self.run(["link", "set", self.cable(Int(member)), "up"]) }

    private var bridge: String { "\(self.tag)b" }
    private var subnet: String { "10.\(100 + getpid() % 100).\(getpid() / 100 % 250)" }
    private func name(_ number: Int) -> String { "\(self.tag)n\(number)" }
    private func cable(_ number: Int) -> String { "\(self.tag)o\(number)" }

    private static func run(_ arguments: [String]) throws {
        let words = ["ip"] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { for text in argv + envp { free(text) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for end: Int32 in [1, 2] { posix_spawn_file_actions_addopen(&actions, end, "/dev/null", O_WRONLY, 0) }
        var process: pid_t = 0
        guard posix_spawnp(&process, "ip", &actions, nil, &argv, &envp) == 0 else { throw Failure(description: "there is no program ip") }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw Failure(description: "'\(words.joined(separator: " "))' failed") }
    }
}
