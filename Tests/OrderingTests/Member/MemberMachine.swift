import ChannelConfiguration
import Identity
import LedgerModel

@testable import Ordering

/// One simulated machine: a disk, and while the power is on a member's production core and door.
final class MemberMachine: @unchecked Sendable {
    let id: UInt32
    let identity: SigningIdentity
    let disk: MemberDisk
    /// Counts starts: timers of an earlier life mean nothing.
    private(set) var life = 0
    private(set) var core: MemberCore?
    private var intake: MemberIntake?
    /// Why it stopped by itself.
    private(set) var failure: String?
    private(set) var isBurned = false

    init(id: UInt32, identity: SigningIdentity, disk: MemberDisk) {
        self.id = id
        self.identity = identity
        self.disk = disk
    }

    var isUp: Bool { self.core != nil }

    /// Opens what is on the disk, as a process does at its start.
    func start(genesis: OrderedBlock, settings: CommitteeSettings, world: any MemberSurroundings, bugs: MemberBugs = []) throws {
        self.disk.turnOn()
        self.life += 1
        let chain = genesis.headerHash
        var rules = try CommitteeBlocks(genesis: ChannelBundle(block: genesis), chain: chain)
        var settings = settings
        if let agreed = (rules.governance as? ElectedGovernance)?.plane.settings { settings.ordering = settings.ordering.agreed(agreed) }
        var last = genesis
        var stored: [OrderedBlock] = []
        for bytes in self.disk.blocks {
            last = try OrderedBlock(serialized: bytes)
            rules = try rules.successor(after: last)
            stored.append(last)
        }
        let position = try ChainPosition(after: last, chain: chain)
        let slots = try SafetyRecordSlots(slots: self.disk.slots) { slot, bytes in try self.disk.write(slot: slot, bytes) }
        let guardSlots = try found(SignerGuardSlots(slots: self.disk.guardSlots))
        var signing = MemberCore.Signing.never
        var resumed: SafetyRecord?
        if let slots {
            switch Recovery.decide(slots: slots, guard: guardSlots.signerGuard, owner: slots.owner, head: position.number.rawValue) {
            case .begin: signing = .free
            case .resume(let record): (signing, resumed) = (.free, record)
            case .abstain(_, let record): signing = .abstain(then: record)
            case .burned, .refused: self.isBurned = true
            }
        } else {
            self.isBurned = true
        }
        let owner = try found(slots?.owner ?? RecordOwner(chain: chain, consenter: self.id, instance: .init(repeating: 0, count: 16), machine: chain))
        let pool = SharedPool(
            EnvelopePool(
                batch: rules.bundle.batch, settings: settings.ordering, recent: stored.suffix(settings.ordering.replayBlocks), position: position),
            blocks: rules, height: position.number.rawValue + 1)
        var intake = MemberIntake(
            consenter: self.id, identity: self.identity, chain: chain, settings: settings, pool: pool, log: DiskLog(disk: self.disk), around: world)
        intake.restore(self.disk.openLog())
        self.intake = intake
        self.core = try MemberCore(
            consenter: self.id, blocks: rules, settings: settings, identity: self.identity, chain: DiskChain(disk: self.disk), pool: pool,
            safety: DiskRecord(disk: self.disk, slots: slots ?? SafetyRecordSlots(owner: owner), guardSlots: guardSlots), signing: signing,
            last: last, around: world, bugs: bugs)
        self.run { try $0.begin(resuming: resumed) }
    }

    func take(_ input: MemberInput) { self.run { try $0.take(input) } }

    func take(pushed envelopes: [[UInt8]]) {
        guard self.intake?.take(pushed: envelopes) == true else { return }
        self.take(.reason)
    }

    /// A client's call: nil when the machine gives no answer.
    func submit(_ envelopes: [Envelope]) -> [MemberIntake.Answer]? {
        guard self.isUp else { return nil }
        do {
            let answers = try self.intake?.take(envelopes)
            self.take(.reason)
            return answers
        } catch {
            self.crash()
            return nil
        }
    }

    /// The power goes, or the process is killed.
    func crash() {
        self.disk.turnOff()
        self.core = nil
        self.intake = nil
    }

    private func run(_ body: (inout MemberCore) throws -> Void) {
        guard var core = self.core else { return }
        self.core = nil
        do {
            try body(&core)
            self.core = core
        } catch is PowerLoss {
            self.crash()
        } catch {
            self.failure = "\(error)"
            self.crash()
        }
    }
}
