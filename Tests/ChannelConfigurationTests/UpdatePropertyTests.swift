import FabricMessages
import Identity
import LedgerModel
import TestSupport
import Testing

@testable import ChannelConfiguration

@Suite struct UpdatePropertyTests {
    /// Applies an update to a tree when those policies are satisfied; nil when it is refused.
    private typealias Apply = (Common_ConfigUpdate, Common_ConfigGroup, _ satisfied: (String) -> Bool) -> Common_ConfigGroup?

    private static func production(_ strictness: ConfigurationUpdate.Strictness) -> Apply {
        { update, tree, satisfied in
            try? UpdateApplication(current: tree, strictness: strictness).result(of: update) {
                satisfied($0.text) ? .satisfied : .unsatisfied(missing: "somebody")
            }
        }
    }

    private static func model(_ mistake: UpdateModel.Mistake? = nil, isStrict: Bool = false) -> Apply {
        { update, tree, satisfied in
            withoutActuallyEscaping(satisfied) { UpdateModel.apply(update, to: tree, mistake: mistake, isStrict: isStrict, authority: $0) }
        }
    }

    /// All policies that an update asks for, found by asking with everything granted.
    private func needed(_ update: Common_ConfigUpdate, _ tree: Common_ConfigGroup) -> Set<String> {
        var asked: Set<String> = []
        _ = UpdateModel.apply(update, to: tree) {
            asked.insert($0)
            return true
        }
        return asked
    }

    /// Checks everything that must hold of a way to apply updates; the first thing that does not, or nil.
    private func flaw(_ apply: Apply, runs: Int) throws -> String? {
        var trees = RandomTrees(seed: 1_703)
        for run in 0..<runs {
            let (old, target) = {
                let old = trees.tree()
                return (old, trees.edited(old))
            }()
            let where_ = "run \(run), \(trees.random)"
            var (before, after) = (Common_Config(), Common_Config())
            (before.channelGroup, after.channelGroup) = (old, target)
            guard RandomTrees.content(old).encoded() != RandomTrees.content(target).encoded() else {
                #expect(throws: ConfigurationUpdateError.noChange) {
                    try ConfigurationUpdate.compute(from: before, to: after, channelID: "c")
                }
                continue
            }
            let update = try ConfigurationUpdate.compute(from: before, to: after, channelID: "c")
            let message = try update.message()
            let needed = self.needed(message, old)
            // Enough signatures lead to the target, and to nothing else.
            guard let result = apply(message, old, { needed.contains($0) }) else { return "\(where_): an authorised update is refused" }
            if RandomTrees.content(result).encoded() != RandomTrees.content(target).encoded() { return "\(where_): not the target" }
            // Made once, it cannot be made again.
            if apply(message, result, { _ in true }) != nil { return "\(where_): an update applies twice" }
            for policy in needed.sorted() where apply(message, old, { $0 != policy }) != nil {
                return "\(where_): accepted without \(policy)"
            }
            for version in [0, 2, 3] as [UInt64] {
                var stale = message
                guard Self.setVersion(of: &stale.writeSet, old, version) else { break }
                if apply(stale, old, { _ in true }) != nil { return "\(where_): accepted with \(version) versions ahead" }
            }
        }
        return nil
    }

    /// Gives the first changed value, by name, another distance to the present version; false when no value changes.
    private static func setVersion(of write: inout Common_ConfigGroup, _ old: Common_ConfigGroup, _ ahead: UInt64) -> Bool {
        for name in write.values.keys.sorted() {
            guard let present = old.values[name], write.values[name]?.version == present.version + 1 else { continue }
            write.values[name]?.version = present.version + ahead
            return true
        }
        for name in write.groups.keys.sorted() {
            guard let present = old.groups[name], var child = write.groups[name] else { continue }
            if self.setVersion(of: &child, present, ahead) {
                write.groups[name] = child
                return true
            }
        }
        return false
    }

    @Test func `computed updates lead to their targets when authorised, and nowhere otherwise`() throws {
        #expect(try self.flaw(Self.production(.ordering), runs: 400) == nil)
        #expect(try self.flaw(Self.production(.replay), runs: 400) == nil)
        #expect(try self.flaw(Self.model(), runs: 400) == nil)
    }

    @Test(arguments: UpdateModel.Mistake.allCases)
    func `the same check notices every planted mistake`(mistake: UpdateModel.Mistake) throws {
        #expect(try self.flaw(Self.model(mistake), runs: 400) != nil)
    }

    @Test func `a second reading of the rules accepts and refuses the same updates`() throws {
        var trees = RandomTrees(seed: 1_729)
        var (accepted, refused) = (0, 0)
        for _ in 0..<1_500 {
            let old = trees.tree()
            var (before, after) = (Common_Config(), Common_Config())
            (before.channelGroup, after.channelGroup) = (old, trees.edited(old))
            guard let update = try? ConfigurationUpdate.compute(from: before, to: after, channelID: "c") else { continue }
            let message = trees.damaged(try update.message())
            let withheld = Bool.random(using: &trees.random) ? "" : "/Channel/P0"
            for isStrict in [true, false] {
                let ours = Self.production(isStrict ? .ordering : .replay)(message, old) { $0 != withheld }
                let other = Self.model(isStrict: isStrict)(message, old) { $0 != withheld }
                #expect(ours?.encoded() == other?.encoded(), "\(trees.random)")
                if ours == nil { refused += 1 } else { accepted += 1 }
            }
        }
        #expect(accepted > 300 && refused > 300, "\(accepted) accepted, \(refused) refused")
    }

    @Test func `computing is deterministic and smallest`() throws {
        var trees = RandomTrees(seed: 1_741)
        for _ in 0..<200 {
            let old = trees.tree()
            var (before, after) = (Common_Config(), Common_Config())
            (before.channelGroup, after.channelGroup) = (old, trees.edited(old))
            guard let update = try? ConfigurationUpdate.compute(from: before, to: after, channelID: "c") else { continue }
            // Other hash seeds order the maps differently; the bytes stay.
            var copy = Common_Config()
            copy.channelGroup = try Common_ConfigGroup.decode(after.channelGroup.encoded(), as: "test")
            #expect(try ConfigurationUpdate.compute(from: before, to: copy, channelID: "c") == update)
            let message = try update.message()
            let result = try #require(Self.production(.ordering)(message, old) { _ in true })
            let delta = try ElementMap(message.writeSet).contents.filter { element, content in
                (try? ElementMap(message.readSet))?[element]?.version != content.version
            }
            let (was, now) = (try ElementMap(old), try ElementMap(result))
            for (element, content) in now.contents where delta[element] == nil {
                #expect(was[element]?.version == content.version, "\(element), \(trees.random)")
            }
            for (element, content) in delta {
                #expect(content.version == was[element].map { $0.version + 1 } ?? 0, "\(element), \(trees.random)")
            }
        }
    }

    /// Whole channels, real signatures.
    @Test func `random changes of a channel, signed by those whom it asks, lead to their targets`() throws {
        let network = try UpdateNetwork.shared.get()
        var random = SeededGenerator(seed: 1_753)
        var bundle = network.bundle
        let everybody = network.admins + network.memberAdmins.prefix(4) + network.members.prefix(3)
        for _ in 0..<12 {
            let paths = ["Application", "Orderer"]
            var target = bundle.config
            let section = paths[Int.random(in: 0..<2, using: &random)]
            let count = UInt32.random(in: 1...1_000, using: &random)
            let organization = section == "Orderer" ? "Ord2" : "Org2"
            switch Int.random(in: 0..<4, using: &random) {
            case 0: target.channelGroup.groups["Orderer"]?.values["BatchSize"]?.value = UpdateNetwork.batchSize(count).data
            case 1:
                let policy = target.channelGroup.policies["Admins"]
                target.channelGroup.groups[section]?.groups[organization]?.policies["Extra\(count)"] = policy
            case 2:
                let policy = target.channelGroup.policies["Readers"]
                target.channelGroup.groups[section]?.policies["Extra\(count)"] = policy
            default:
                let name = count % 2 == 0 ? "Readers" : "/Channel/Orderer/Admins"
                target.channelGroup.groups["Application"]?.policies["LifecycleEndorsement"]?.modPolicy = name
            }
            guard var update = try? ConfigurationUpdate.compute(from: bundle.config, to: target, channelID: "records") else { continue }
            for (index, signer) in everybody.enumerated() { try update.sign(by: signer, nonce: [UInt8(index)]) }
            let after = try bundle.successor(applying: update)
            #expect(RandomTrees.content(after.config.channelGroup).encoded() == RandomTrees.content(target.channelGroup).encoded(), "\(random)")
            var unsigned = update
            unsigned.signatures = []
            #expect(throws: ConfigurationUpdateError.self) { try bundle.successor(applying: unsigned) }
            bundle = after
        }
        #expect(bundle.sequence >= 5)
    }
}
