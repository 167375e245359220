import CryptoPrimitives
import LedgerModel
import TestSupport
import Testing

@testable import Ordering

/// The bytes of everything that is signed or hashed in an election. Expected values were made by a program that shares no code with this one.
@Suite struct ElectionFormatTests {
    private static let rsa = Hex.decode(
        """
        30820122300d06092a864886f70d01010105000382010f003082010a0282010100a2ed00e49efbaaffad86c51b3ef687969c47b6fcf2f5836b9221145fe56ac9
        3e506c213aea316f900cf57205f2ff0f0b9a8e1755627f2b03b8146415c7a69dd6ccc443a5a713af874334b80aaf631a8d052736c411840b21a44e61fe3bcea7
        a1f0d26ef3ca1124188fa34b83b8ec543e96452f707c1e3dc016519e8bdc2fcddd7712dc3ae1b751d76ed8473cf7116b5ae1644459ab1e32e0e4692a7dde7586
        4bb55e584fbe8569f9ccc71a251f6c24a2a694966289c6248529ec895bae7a68da24ddf47b50b484c2a1b7035e16f0c03bab43cb3ad238edc0bbe6cb45116f27
        b3248bb32cf92d28dbdb7ab654cc838239a87f1fc6b5abd953a196c6dc27dc7e990203010001
        """)

    private func point(_ number: Int) throws -> [UInt8] { try SigningKey(rawScalar: ElectionKeys.scalar(number)).publicKey.x963 }

    private func parameters() throws -> ElectionParameters {
        try ElectionParameters(
            chain: ElectionWorld.chain, epoch: 7, seats: 2, sizes: ElectionSizes.Preset.dev.sizes, schedule: ElectionWorld.schedule,
            authorities: [
                AuthorityKeys(
                    name: "CLA", blindKey: try BlindVerificationKey(spkiDER: Self.rsa ?? []), statementKey: try self.point(3))
            ], tabulator: try self.point(4),
            members: [
                PoolMember(id: "b", identityKey: try self.point(2), offencePoints: 5, mayStand: false),
                PoolMember(id: "a", identityKey: try self.point(1)),
            ], usedKeys: [[UInt8](repeating: 0xab, count: 32)])
    }

    private let election = [UInt8](repeating: 0xe1, count: 32)

    /// One action of every kind, with signatures of one byte.
    private func actions() throws -> [(ElectionAction, golden: String)] {
        let key = try self.point(1)
        let point = Hex.encode(key)
        func action(_ step: ElectionAction.Step) -> ElectionAction { ElectionAction(election: self.election, step: step) }
        let hash = [UInt8](repeating: 0xb1, count: 32)
        let head = "01" + String(repeating: "e1", count: 32)
        func filled(_ byte: String) -> String { String(repeating: byte, count: 32) }
        return [
            (
                action(.register(Registration(member: "a", consensusKey: key, endpoint: "x:1", memberSignature: [0x51], possession: [0x52, 0x53]))),
                head + "01" + "000161" + point + "0003783a31" + "000151" + "00025253"
            ),
            (
                action(
                    .issue(
                        NumberIssue(
                            member: "a",
                            parts: [NumberIssue.Part(authority: 0, blindedHash: hash), NumberIssue.Part(authority: 2, blindedHash: self.election)],
                            memberSignature: [0x51], authoritySignatures: [[0x52], [0x53]]))),
                head + "02" + "000161" + "02" + "00" + filled("b1") + "02" + filled("e1") + "000151" + "000152" + "000153"
            ),
            (
                action(
                    .commit(
                        BallotCommit(
                            ballotKey: key, prefix: hash, marks: [BallotCommit.Mark(authority: 1, signature: [0x61, 0x62])],
                            commitment: self.election, signature: [0x51]))),
                head + "03" + point + filled("b1") + "01" + "01" + "00026162" + filled("e1") + "000151"
            ),
            (
                action(.reveal(BallotReveal(ballotKey: key, choices: ["a", "bc"], salt: hash, signature: [0x51]))),
                head + "04" + point + "0002" + "000161" + "00026263" + filled("b1") + "000151"
            ),
            (
                action(.state(TallyStatement(issued: 6, committed: 5, revealed: 4, tallyHash: hash, signature: [0x51]))),
                head + "05" + "00000006" + "00000005" + "00000004" + filled("b1") + "000151"
            ),
            (
                action(.openVote(OpenBallot(member: "a", choices: ["a", "bc"], signature: [0x51]))),
                head + "06" + "000161" + "0002" + "000161" + "00026263" + "000151"
            ),
        ]
    }

    @Test func `the bytes of parameters and the id of an election are fixed`() throws {
        let golden = """
            53454c564147452d454c4e2d31c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1000000000000000700020000060004
            00020004000000000000000a0000000000000014000000000000001e0000000000000028000000000000003201010003434c41012630820122300d06
            092a864886f70d01010105000382010f003082010a0282010100a2ed00e49efbaaffad86c51b3ef687969c47b6fcf2f5836b9221145fe56ac93e506c
            213aea316f900cf57205f2ff0f0b9a8e1755627f2b03b8146415c7a69dd6ccc443a5a713af874334b80aaf631a8d052736c411840b21a44e61fe3bce
            a7a1f0d26ef3ca1124188fa34b83b8ec543e96452f707c1e3dc016519e8bdc2fcddd7712dc3ae1b751d76ed8473cf7116b5ae1644459ab1e32e0e469
            2a7dde75864bb55e584fbe8569f9ccc71a251f6c24a2a694966289c6248529ec895bae7a68da24ddf47b50b484c2a1b7035e16f0c03bab43cb3ad238
            edc0bbe6cb45116f27b3248bb32cf92d28dbdb7ab654cc838239a87f1fc6b5abd953a196c6dc27dc7e990203010001045ecbe4d1a6330a44c8f7ef95
            1d4bf165e6c6b721efada985fb41661bc6e7fd6c8734640c4998ff7e374b06ce1a64a2ecd82ab036384fb83d9a79b127a27d503204e2534a3532d08f
            bba02dde659ee62bd0031fe2db785596ef509302446b030852e0f1575a4c633cc719dfee5fda862d764efc96c3f30ee0055c42c23f184ed8c6000200
            0161046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececb
            b6406837bf51f500000000010000000000000001000162047cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc4766997807775510
            db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1000000050000000000000000010001ababababababababababababababababab
            ababababababababababababababab
            """
        let parameters = try self.parameters()
        let bytes = ElectionParametersFormat.encode(parameters)
        #expect(Hex.encode(bytes) == Hex.decode(golden).map { Hex.encode($0) })
        #expect(Hex.encode(parameters.id) == "e0619d1830fd79a8d36761792cd5dac8f5a01ef5a66967dd608b8d8ed1914ce7")
        #expect(try ElectionParametersFormat.decode(bytes) == parameters)
        #expect(parameters.member("a")?.offencePoints == 0 && parameters.member("b")?.mayStand == false && parameters.member("c") == nil)
    }

    @Test func `the message of a number, a commitment and a closing are fixed`() throws {
        let parameters = try self.parameters()
        let message = ElectionActionFormat.numberMessage(chain: parameters.chain, election: parameters.id, ballotKey: try self.point(1))
        #expect(
            Hex.encode(message) == """
                53454c564147452d544f4b2d31c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1e0619d1830fd79a8d36761792cd5\
                dac8f5a01ef5a66967dd608b8d8ed1914ce7698bea63dc44a344663ff1429aea10842df27b6b991ef25866b2c6c02cdcc5be
                """)
        let commitment = ElectionActionFormat.commitment(
            election: parameters.id, ballotKey: try self.point(1), choices: ["a", "b"], salt: [UInt8](repeating: 0x5a, count: 32))
        #expect(Hex.encode(commitment) == "526c76491a6c366f213f35d28d5e99c6c6365c9fafcfe02bd3a5b6e693c6407c")
        #expect(
            Hex.encode(ElectionTallyFormat.closing(election: parameters.id, actions: []))
                == "ac32177d6025b636e4725eed8b3bc31eeb67a7dafd47218a42c14dac03bc314a")
        let actions = try self.actions().map(\.0)
        let closing = ElectionTallyFormat.closing(election: self.election, actions: actions)
        #expect(
            closing
                == SHA256.hash(
                    Array("SELVAGE-BRD-1".utf8) + self.election
                        + actions.filter { $0.phase < .tally }.flatMap { SHA256.hash(ElectionActionFormat.content($0)) }))
    }

    @Test func `the bytes of every action are fixed, and its content is what stands before the signatures`() throws {
        for (action, golden) in try self.actions() {
            let bytes = ElectionActionFormat.encode(action)
            #expect(Hex.encode(bytes) == golden)
            #expect(try ElectionActionFormat.decode(bytes) == action)
            #expect(bytes.starts(with: ElectionActionFormat.content(action)))
        }
        let signed = try self.actions().flatMap { action in
            ElectionActionFormat.Signer.allCases.map { ElectionActionFormat.signed(action.0, by: $0) }
        }
        #expect(Set(signed).count == signed.count)
    }

    @Test func `an action that is cut, longer, or changed in any byte is another one or none`() throws {
        for (action, _) in try self.actions() {
            let bytes = ElectionActionFormat.encode(action)
            for length in 0..<bytes.count { #expect(throws: MessageError.self) { try ElectionActionFormat.decode(Array(bytes.prefix(length))) } }
            #expect(throws: MessageError.self) { try ElectionActionFormat.decode(bytes + [0]) }
            for index in bytes.indices {
                for value in [bytes[index] ^ 1, bytes[index] ^ 0x80, 0xff] where value != bytes[index] {
                    var changed = bytes
                    changed[index] = value
                    // What can be read is written again as the same bytes: there is one form only.
                    if let other = try? ElectionActionFormat.decode(changed) {
                        #expect(other != action)
                        #expect(ElectionActionFormat.encode(other) == changed)
                    }
                }
            }
        }
        #expect(throws: MessageError.self) {
            try ElectionActionFormat.decode([UInt8](repeating: 1, count: ElectionLimits.actionBytes + 1))
        }
    }

    @Test func `lists out of order, doubled entries and unreadable names are refused`() throws {
        func decode(_ step: ElectionAction.Step) throws -> ElectionAction {
            try ElectionActionFormat.decode(ElectionActionFormat.encode(ElectionAction(election: self.election, step: step)))
        }
        let key = try self.point(1)
        for choices in [["b", "a"], ["a", "a"], [""], ["a\n"], [String(repeating: "x", count: 129)]] {
            #expect(throws: MessageError.self) {
                try decode(.reveal(BallotReveal(ballotKey: key, choices: choices.map { MSPID($0) }, salt: self.election, signature: [])))
            }
        }
        #expect(throws: MessageError.self) {
            try decode(.reveal(BallotReveal(ballotKey: key, choices: [MSPID(utf8: [0xff])], salt: self.election, signature: [])))
        }
        for authorities in [[1, 0], [1, 1]] as [[UInt8]] {
            let marks = authorities.map { BallotCommit.Mark(authority: $0, signature: [1]) }
            #expect(throws: MessageError.self) {
                try decode(.commit(BallotCommit(ballotKey: key, prefix: self.election, marks: marks, commitment: self.election, signature: [])))
            }
            let parts = authorities.map { NumberIssue.Part(authority: $0, blindedHash: self.election) }
            #expect(throws: MessageError.self) {
                try decode(.issue(NumberIssue(member: "a", parts: parts, memberSignature: [], authoritySignatures: [[], []])))
            }
        }
        #expect(throws: MessageError.self) {
            try decode(
                .state(TallyStatement(issued: 0, committed: 0, revealed: 0, tallyHash: self.election, signature: [UInt8](repeating: 1, count: 81))))
        }
    }

    @Test func `parameters that are cut, longer, changed or out of order never pass for the same election`() throws {
        let parameters = try self.parameters()
        let bytes = ElectionParametersFormat.encode(parameters)
        for length in 0..<bytes.count {
            #expect(throws: ElectionParameterError.self) { try ElectionParametersFormat.decode(Array(bytes.prefix(length))) }
        }
        #expect(throws: ElectionParameterError.self) { try ElectionParametersFormat.decode(bytes + [0]) }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            if let other = try? ElectionParametersFormat.decode(changed) { #expect(other.id != parameters.id) }
        }
        // The two members in the other order: the same set, and not the one form.
        let member = try [("a", 1, "00000000010000000000000001"), ("b", 2, "00000005000000000000000001")].map { name, number, rest in
            [0, 1] + Array(name.utf8) + (try self.point(number)) + (Hex.decode(rest) ?? [])
        }
        let start = bytes.count - 34 - member[0].count * 2
        #expect(Array(bytes[start..<bytes.count - 34]) == member[0] + member[1])
        #expect(throws: ElectionParameterError.self) {
            try ElectionParametersFormat.decode(Array(bytes[..<start]) + member[1] + member[0] + Array(bytes.suffix(34)))
        }
    }

    @Test func `an election that makes no sense cannot be opened`() throws {
        let good = try self.parameters()
        func open(
            chain: [UInt8]? = nil, seats: Int? = nil, schedule: ElectionSchedule? = nil, threshold: Int = 1, authorities: [AuthorityKeys]? = nil,
            tabulator: [UInt8]? = nil, members: [PoolMember]? = nil, usedKeys: [[UInt8]] = []
        ) throws {
            _ = try ElectionParameters(
                chain: chain ?? good.chain, epoch: 1, seats: seats, sizes: good.sizes, schedule: schedule ?? good.schedule,
                authorities: authorities ?? good.authorities, threshold: threshold, tabulator: tabulator ?? good.tabulator,
                members: members ?? good.members, usedKeys: usedKeys)
        }
        try open()
        #expect(throws: ElectionParameterError.chain) { try open(chain: [1]) }
        #expect(throws: ElectionParameterError.seats(7)) { try open(seats: 7) }
        #expect(throws: ElectionParameterError.seats(0)) { try open(seats: 0) }
        #expect(throws: ElectionParameterError.schedule) {
            try open(schedule: ElectionSchedule(registration: 1, issue: 2, commit: 2, reveal: 3, tally: 4))
        }
        #expect(throws: ElectionParameterError.threshold(0, of: 1)) { try open(threshold: 0) }
        #expect(throws: ElectionParameterError.threshold(2, of: 1)) { try open(threshold: 2) }
        #expect(throws: ElectionParameterError.threshold(1, of: 0)) { try open(authorities: []) }
        #expect(throws: ElectionParameterError.members(count: 0, pool: 6)) { try open(members: []) }
        #expect(throws: ElectionParameterError.duplicateMember("a")) {
            try open(members: [good.members[0], PoolMember(id: "a", identityKey: try self.point(9))])
        }
        // One key under two names would be one institution with two votes.
        #expect(throws: ElectionParameterError.sharedKey) {
            try open(members: [good.members[0], PoolMember(id: "z", identityKey: good.members[0].identityKey)])
        }
        #expect(throws: ElectionParameterError.key(of: "z")) { try open(members: [PoolMember(id: "z", identityKey: [4])]) }
        #expect(throws: ElectionParameterError.key(of: "the tabulating facility")) { try open(tabulator: [UInt8](repeating: 4, count: 65)) }
        #expect(throws: ElectionParameterError.name) { try open(members: [PoolMember(id: "", identityKey: try self.point(1))]) }
        #expect(throws: ElectionParameterError.usedKeys) { try open(usedKeys: [[1]]) }
        #expect(throws: ElectionParameterError.usedKeys) { try open(usedKeys: [good.chain, good.chain]) }
    }

    @Test func `the bytes of a tally are fixed, and damaged ones are refused`() throws {
        let tally = ElectionTally(
            election: self.election, issued: 6, committed: 5, revealed: 4, seed: ElectionWorld.chain,
            ranking: [
                ElectionTally.Standing(member: "a", approvals: 3, offencePoints: 1),
                ElectionTally.Standing(member: "bc", approvals: 0, offencePoints: 0),
            ])
        let golden = """
            53454c564147452d5245532d31
            e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1
            00000006 00000005 00000004
            c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1
            0002
            0001 61 0000000000000003 00000001
            0002 6263 0000000000000000 00000000
            """
        let bytes = ElectionTallyFormat.encode(tally)
        #expect(Hex.encode(bytes) == Hex.decode(golden).map { Hex.encode($0) })
        #expect(try ElectionTallyFormat.decode(bytes) == tally)
        #expect(tally.hash == SHA256.hash(bytes))
        for length in 0..<bytes.count { #expect(throws: MessageError.self) { try ElectionTallyFormat.decode(Array(bytes.prefix(length))) } }
        #expect(throws: MessageError.self) { try ElectionTallyFormat.decode(bytes + [0]) }
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            if let other = try? ElectionTallyFormat.decode(changed) { #expect(other != tally) }
        }
    }

    @Test func `refusals and alarms say what to do`() {
        let texts: [any CustomStringConvertible] = [
            ElectionRefusal.numberUsed, ElectionRefusal.wrongPhase(needed: .issue, now: .commit), ElectionRefusal.keyInUse("a"),
            ElectionParameterError.sharedKey, EpochAlarm.nobodyToPromote("a"), EpochAlarm.possibleFork(convicted: 3, faults: 1),
            RecountDifference.entry(index: 3, reason: .numberUsed), ConsensusKeyRefusal.burned("a"), ElectionAgencyError.otherKeys("CLA"),
        ]
        for text in texts { #expect(text.description.count > 20) }
        #expect(
            "\(RecountDifference.count(of: "approvals of a", published: 5, counted: 4))" == "approvals of a: published 5, counted 4")
    }
}
