@testable import Ordering

/// A scenario as people write it, see Tests/OrderingTests/Resources/scenarios/README.md.
struct ScenarioScript {
    /// Numbers that a line gives by name, wherever in the line: `round 2, valid 0`.
    struct Place: Equatable {
        var height: UInt64 = 1
        var round: Round = 0
        var valid: Round = -1
    }

    enum Command: Equatable {
        case start(members: [UInt32], hasReason: Bool)
        case reason(members: [UInt32])
        case build(UInt32, block: UInt64)
        case reach(kind: UInt8, of: [UInt32], to: [UInt32], Place)
        case everything(of: [UInt32], to: [UInt32])
        case answers(of: UInt32, to: UInt32)
        case lie(UInt32, to: [UInt32], kind: UInt8, block: UInt64?, Place)
        case timer(TimeoutKind, at: [UInt32])
        case invalid(block: UInt64)
        case missing(block: UInt64, at: [UInt32])
        case arrives(block: UInt64, at: [UInt32])
        case relay(UInt32, to: [UInt32])
        case crash(UInt32)
        case restart(UInt32)
        case expectStep(UInt32, String, Place)
        /// On no block at all when it is nil.
        case expectLock([UInt32], block: UInt64?, Place)
        case expectValid([UInt32], block: UInt64?, Place)
        case expectSigned([UInt32], Bool, kind: UInt8, block: UInt64?, Place)
        case expectDecided([UInt32], block: UInt64?)
        case expectProof(UInt32, code: UInt8, against: UInt32)
        case decideWithin(milliseconds: UInt64, block: UInt64?)
    }

    struct Fault: Error, CustomStringConvertible {
        let line: Int
        let reason: String
        var description: String { "line \(self.line): \(self.reason)" }
    }

    private(set) var title = ""
    private(set) var rules: [String] = []
    private(set) var members: UInt32 = 0
    private(set) var liars: [UInt32] = []
    /// Planted bugs with which an expectation must fail, and such with which two honest members must decide different blocks.
    private(set) var mustFail: [String] = []
    private(set) var mustFork: [String] = []
    private(set) var commands: [(line: Int, command: Command)] = []

    init(_ text: String) throws(Fault) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.prefix { $0 != "#" }.drop { $0 == " " }
            guard !content.isEmpty else { continue }
            if try self.readHead(String(content), line: index + 1) { continue }
            guard let command = Self.command(String(content)) else { throw Fault(line: index + 1, reason: "cannot be understood: \(content)") }
            self.commands.append((index + 1, command))
        }
        guard self.members > 0, !self.rules.isEmpty, !self.title.isEmpty else {
            throw Fault(line: 1, reason: "a scenario needs a title, its rules and the number of members")
        }
    }

    private mutating func readHead(_ line: String, line number: Int) throws(Fault) -> Bool {
        let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let first = parts[0].first, first.isUppercase else { return false }
        let words = parts[1].split { $0 == " " || $0 == "," }.map(String.init)
        switch parts[0] {
        case "Title": self.title = words.joined(separator: " ")
        case "Rules": self.rules = words
        case "Members": self.members = words.first.flatMap(UInt32.init) ?? 0
        case "Liars": self.liars = words.compactMap(UInt32.init)
        case "Must fail with": self.mustFail = words
        case "Must fork with": self.mustFork = words
        default: throw Fault(line: number, reason: "there is no head named \(parts[0])")
        }
        return true
    }

    /// One line; nil when it says nothing that is known.
    private static func command(_ line: String) -> Command? {
        var place = Place()
        var words: [String] = []
        var rest = line.split { " ,:".contains($0) }.map(String.init)[...]
        while let word = rest.popFirst() {
            guard ["height", "round", "valid"].contains(word), let next = rest.first, let number = Int64(next) else {
                words.append(word)
                continue
            }
            rest = rest.dropFirst()
            switch word {
            case "height": place.height = UInt64(clamping: number)
            case "round": place.round = Round(clamping: number)
            default: place.valid = Round(clamping: number)
            }
        }
        return self.event(words, place) ?? self.expectation(words, place)
    }

    private static func event(_ words: [String], _ place: Place) -> Command? {
        // A list that cannot be read is an empty one, and no command goes with that.
        var isReadable = true
        func members(_ from: Int, _ end: Int? = nil) -> [UInt32] {
            let end = end ?? words.count
            let read = from < end ? words[from..<end].compactMap { UInt32($0) } : []
            isReadable = isReadable && !read.isEmpty && read.count == end - from
            return read
        }
        let command = self.event(words, place, members: members)
        return isReadable ? command : nil
    }

    private static func event(_ words: [String], _ place: Place, members: (Int, Int?) -> [UInt32]) -> Command? {
        switch words.first {
        case "start": return .start(members: members(1, nil), hasReason: true)
        case "idle": return .start(members: members(1, nil), hasReason: false)
        case "reason": return .reason(members: members(1, nil))
        case "everything":
            guard let end = words.firstIndex(of: "reaches"), words.count > 1, words[1] == "of" else { return nil }
            return .everything(of: members(2, end), to: members(end + 1, nil))
        case "answers":
            guard words.count == 5, words[1] == "of", words[3] == "reach", let from = UInt32(words[2]), let to = UInt32(words[4]) else { return nil }
            return .answers(of: from, to: to)
        case "block":
            guard words.count > 2, let block = UInt64(words[1]) else { return nil }
            if words[2...] == ["is", "invalid"] { return .invalid(block: block) }
            if words[2...].starts(with: ["is", "missing", "at"]) { return .missing(block: block, at: members(5, nil)) }
            return words[2...].starts(with: ["arrives", "at"]) ? .arrives(block: block, at: members(4, nil)) : nil
        default: break
        }
        if let kind = self.kind(words.first), words.count > 2, words[1] == "of", let end = words.firstIndex(where: { $0.hasPrefix("reach") }) {
            return .reach(kind: kind, of: members(2, end), to: members(end + 1, nil), place)
        }
        if words.count > 3, words[1...3] == ["timer", "ends", "at"] {
            let kinds: [String: TimeoutKind] = ["propose": .propose, "prevote": .prevote, "precommit": .precommit]
            return kinds[words[0]].map { .timer($0, at: members(4, nil)) }
        }
        guard words.count > 1, let member = UInt32(words[0]) else { return nil }
        switch words[1] {
        case "builds": return words.count == 3 ? UInt64(words[2]).map { .build(member, block: $0) } : nil
        case "relays": return words.count > 3 && words[2] == "to" ? .relay(member, to: members(3, nil)) : nil
        case "crashes": return words.count == 2 ? .crash(member) : nil
        case "restarts": return words.count == 2 ? .restart(member) : nil
        case "lies":
            guard words.count > 5, words[2] == "to", let kind = self.kind(words[words.count - 2]), let block = self.block(words[words.count - 1])
            else {
                return nil
            }
            return .lie(member, to: members(3, words.count - 2), kind: kind, block: block, place)
        default: return nil
        }
    }

    private static func expectation(_ words: [String], _ place: Place) -> Command? {
        if words.first == "everybody", words.count > 4, words[1] == "decides", words[words.count - 3] == "within", words.last == "ms" {
            guard let limit = UInt64(words[words.count - 2]) else { return nil }
            if words.count == 5 { return .decideWithin(milliseconds: limit, block: nil) }
            return words.count == 6 ? UInt64(words[2]).map { .decideWithin(milliseconds: limit, block: $0) } : nil
        }
        let who = words.prefix { UInt32($0) != nil }.compactMap { UInt32($0) }
        guard let first = who.first else { return nil }
        let rest = Array(words.dropFirst(who.count))
        let last = rest.last ?? ""
        switch (rest.first, rest.count) {
        case ("is", 4) where rest[1] == "in" && rest[2] == "step": return who.count == 1 ? .expectStep(first, last, place) : nil
        case ("is", 5) where rest[1...] == ["locked", "on", rest[3], "since"]:
            return UInt64(rest[3]).map { .expectLock(who, block: $0, place) }
        case (_, 3) where rest == ["is", "not", "locked"] || rest == ["are", "not", "locked"]: return .expectLock(who, block: nil, place)
        case ("are", 5) where rest[1...] == ["locked", "on", rest[3], "since"]:
            return UInt64(rest[3]).map { .expectLock(who, block: $0, place) }
        case ("holds", 4), ("hold", 4):
            guard rest[2...] == ["valid", "since"], let block = UInt64(rest[1]) else { return nil }
            return .expectValid(who, block: block, place)
        case ("holds", 3), ("hold", 3): return rest[1...] == ["nothing", "valid"] ? .expectValid(who, block: nil, place) : nil
        case ("signed", 3):
            guard let kind = self.kind(rest[1]), let block = self.block(last) else { return nil }
            return .expectSigned(who, true, kind: kind, block: block, place)
        case ("never", 4):
            guard rest[1] == "signed", let kind = self.kind(rest[2]), let block = self.block(last) else { return nil }
            return .expectSigned(who, false, kind: kind, block: block, place)
        case ("decided", 2): return UInt64(last).map { .expectDecided(who, block: $0) }
        case (_, 3) where rest[1...] == ["not", "decided"]: return .expectDecided(who, block: nil)
        case ("proves", 4):
            guard rest[2] == "against", let code = UInt8(rest[1].dropFirst()), let offender = UInt32(last) else { return nil }
            return .expectProof(first, code: code, against: offender)
        default: return nil
        }
    }

    private static func kind(_ word: String?) -> UInt8? {
        switch word {
        case "proposal", "proposals": 0
        case "prevote", "prevotes": VoteKind.prevote.rawValue
        case "precommit", "precommits": VoteKind.precommit.rawValue
        default: nil
        }
    }

    /// A block's number, or the inner nil for `nil`.
    private static func block(_ word: String) -> UInt64?? {
        word == "nil" ? .some(nil) : UInt64(word).map { .some($0) }
    }
}
