import FabricMessages
import TestSupport
import Testing

@testable import LedgerModel

/// The quick reader and the general decoder are one decoder: what the first takes, the second takes with the same value.
@Suite struct PlainReaderTests {
    /// A field that no message has: with it in front of nothing else changed, only the general decoder reads the bytes.
    private static let unknownField: [UInt8] = [0x78, 0x01]

    private static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        random.bytes(count: Int.random(in: 0...count, using: &random))
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        ["", "key", "Org1MSP", "schlüssel", "a b", "\u{0}x"].randomElement(using: &random) ?? ""
    }

    private static func version(_ random: inout SeededGenerator) -> StateVersion? {
        let numbers: [UInt64] = [0, 1, 127, 128, 300_000, 1 << 40, .max]
        guard let block = numbers.randomElement(using: &random), let index = numbers.randomElement(using: &random) else { return nil }
        return Bool.random(using: &random) ? StateVersion(block: block, transaction: index) : nil
    }

    private static func set(_ random: inout SeededGenerator) -> ReadWriteSet {
        var set = ReadWriteSet()
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            var part = NamespaceReadWriteSet(namespace: Namespace(self.text(&random)))
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                part.reads.append(KeyRead(key: StateKey(self.text(&random)), version: self.version(&random)))
                part.writes.append(
                    KeyWrite(key: StateKey(self.text(&random)), isDelete: Bool.random(using: &random), value: self.bytes(200, &random)))
            }
            if Int.random(in: 0..<6, using: &random) == 0 { part.metadataWrites = [MetadataWrite(key: "k", entries: [])] }
            set.namespaces.append(part)
        }
        return set
    }

    /// One property for each type: nil when it holds, else what is wrong.
    private static func fault<Value: PlainMessage & Equatable>(
        _ type: Value.Type, _ bytes: [UInt8], plain: ([UInt8]) -> Value?, general: ([UInt8]) throws -> Value
    ) -> String? {
        guard let quick = plain(bytes) else { return nil }
        guard let slow = try? general(bytes + self.unknownField) else { return "\(type) takes what the general decoder refuses" }
        return quick == slow ? nil : "\(type) reads something else"
    }

    private static func faults(in bytes: [UInt8]) -> [String] {
        [
            self.fault(Envelope.self, bytes, plain: Envelope.plain, general: Envelope.init(serialized:)),
            self.fault(PayloadContent.self, bytes, plain: PayloadContent.plain, general: PayloadContent.init(serialized:)),
            self.fault(ChannelHeader.self, bytes, plain: ChannelHeader.plain, general: ChannelHeader.init(serialized:)),
            self.fault(SignatureHeader.self, bytes, plain: SignatureHeader.plain, general: SignatureHeader.init(serialized:)),
            self.fault(EndorserTransaction.self, bytes, plain: EndorserTransaction.plain, general: EndorserTransaction.init(serialized:)),
            self.fault(
                ProposalResponsePayload.self, bytes, plain: ProposalResponsePayload.plain, general: ProposalResponsePayload.init(serialized:)),
            self.fault(ChaincodeAction.self, bytes, plain: ChaincodeAction.plain, general: ChaincodeAction.init(serialized:)),
            self.fault(
                ChaincodeHeaderExtension.self, bytes, plain: ChaincodeHeaderExtension.plain, general: ChaincodeHeaderExtension.init(serialized:)),
            self.fault(ChaincodeEvent.self, bytes, plain: ChaincodeEvent.plain, general: ChaincodeEvent.init(serialized:)),
            self.fault(ReadWriteSet.self, bytes, plain: ReadWriteSet.plain, general: ReadWriteSet.init(serialized:)),
        ].compactMap { $0 }
    }

    /// Messages of all types as libraries write them.
    private static func samples(_ random: inout SeededGenerator) -> [[UInt8]] {
        let envelope = Envelope(payload: self.bytes(300, &random), signature: self.bytes(80, &random)).serialized()
        let signer = SignatureHeader(creator: self.bytes(300, &random), nonce: self.bytes(24, &random)).serialized()
        var header = ChannelHeader(
            kind: .endorserTransaction, timestamp: Timestamp(seconds: Int64.random(in: -2...(1 << 40), using: &random), nanoseconds: 5),
            channelID: ChannelID(self.text(&random)), transactionID: TransactionID(self.text(&random)), extensionBytes: self.bytes(40, &random),
            epoch: UInt64.random(in: 0...3, using: &random))
        header.type = Int32.random(in: -1...5, using: &random)
        let payload = Payload(channelHeaderBytes: header.serialized(), signatureHeaderBytes: signer, data: self.bytes(200, &random)).serialized()
        let transaction = EndorserTransaction(
            signatureHeaderBytes: signer, proposalPayloadBytes: self.bytes(90, &random), responsePayloadBytes: self.bytes(200, &random),
            endorsements: (0..<Int.random(in: 0...3, using: &random)).map { _ in
                Endorsement(endorser: self.bytes(200, &random), signature: self.bytes(70, &random))
            }
        ).serialized()
        let response = ProposalResponsePayload(proposalHash: self.bytes(32, &random), actionBytes: self.bytes(300, &random)).serialized()
        let set = self.set(&random).serialized()
        let action = ChaincodeAction(
            results: set, events: self.bytes(50, &random),
            response: ChaincodeResponse(
                status: Int32.random(in: -1...500, using: &random), message: self.text(&random), payload: self.bytes(9, &random)),
            chaincode: Bool.random(using: &random) ? Namespace(self.text(&random)) : nil, chaincodeVersion: "1.0"
        ).serialized()
        let event = ChaincodeEvent(
            chaincode: Namespace(self.text(&random)), transactionID: "abc", name: self.text(&random), payload: self.bytes(30, &random)
        ).serialized()
        var headerExtension = Protos_ChaincodeHeaderExtension()
        headerExtension.chaincodeID.name = self.text(&random)
        return [envelope, signer, header.serialized(), payload, transaction, response, set, action, event, headerExtension.encoded()]
    }

    /// Damages that hit structure more often than content.
    private static func changed(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        let index = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where !bytes.isEmpty: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes = Array(bytes.prefix(index))
        case 2: bytes += bytes
        case 3: bytes.insert([0x08, 0x0A, 0x10, 0x12, 0x1A, 0x22, 0x80].randomElement(using: &random) ?? 0, at: index)
        case 4 where bytes.count > 1: bytes[min(index, 1)] &+= 1
        case 5: bytes = [0x12, 0x00] + bytes
        default: bytes += [0x1A, 0x00]
        }
        return bytes
    }

    @Test func `what the quick reader takes, the general decoder takes with the same value`() {
        var random = SeededGenerator(seed: 4_101)
        var taken = 0
        for _ in 0..<120 {
            for sample in Self.samples(&random) {
                #expect(Self.faults(in: sample) == [], "\(random)")
                for _ in 0..<6 {
                    let changed = Self.changed(sample, &random)
                    #expect(Self.faults(in: changed) == [], "\(changed) \(random)")
                    if Envelope.plain(changed) != nil { taken += 1 }
                }
            }
        }
        // Otherwise the changes only ever made rubbish.
        #expect(taken > 50)
    }

    @Test func `the property finds a reader that does not look at the end`() {
        var random = SeededGenerator(seed: 4_102)
        var isFound = false
        for _ in 0..<60 {
            for sample in Self.samples(&random) {
                let changed = Self.changed(sample, &random)
                let careless: ([UInt8]) -> Envelope? = { Envelope.plain($0) ?? Envelope.plain(Array($0.dropLast())) }
                if Self.fault(Envelope.self, changed, plain: careless, general: Envelope.init(serialized:)) != nil { isFound = true }
            }
        }
        #expect(isFound)
    }

    @Test func `usual messages are read by the quick reader`() {
        let version = StateVersion(block: 7, transaction: 3)
        var part = NamespaceReadWriteSet(namespace: "assets")
        part.reads = [KeyRead(key: "k1", version: version), KeyRead(key: "k2", version: nil)]
        part.writes = [KeyWrite(key: "k1", isDelete: false, value: [1, 2]), KeyWrite(key: "k3", isDelete: true, value: [])]
        let set = ReadWriteSet(namespaces: [NamespaceReadWriteSet(namespace: "_lifecycle", reads: part.reads), part])
        #expect(ReadWriteSet.plain(set.serialized()) == set)
        let action = ChaincodeAction(
            results: set.serialized(), events: [1], response: ChaincodeResponse(status: 200), chaincode: "assets", chaincodeVersion: "1.0")
        #expect(ChaincodeAction.plain(action.serialized()) == action)
        let signer = SignatureHeader(creator: [1, 2, 3], nonce: [4])
        #expect(SignatureHeader.plain(signer.serialized()) == signer)
        let transaction = EndorserTransaction(
            signatureHeaderBytes: signer.serialized(), proposalPayloadBytes: [5], responsePayloadBytes: [6],
            endorsements: [Endorsement(endorser: [1], signature: [2]), Endorsement(endorser: [3], signature: [4])])
        #expect(EndorserTransaction.plain(transaction.serialized()) == transaction)
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: Timestamp(seconds: 1_700_000_000, nanoseconds: 9), channelID: "c", transactionID: "t",
            extensionBytes: [1])
        #expect(ChannelHeader.plain(header.serialized()) == header)
    }

    @Test func `a block is written and read as the general encoder writes and reads it`() throws {
        var random = SeededGenerator(seed: 4_103)
        for count in [0, 1, 2, 130] {
            let block = OrderedBlock(
                number: BlockNumber(UInt64.random(in: 0...300, using: &random)), previousHash: Self.bytes(32, &random),
                dataHash: random.bytes(count: 32), envelopes: (0..<count).map { _ in Self.bytes(20_000, &random) },
                metadata: (0..<5).map { _ in Self.bytes(200, &random) })
            var message = Common_Block()
            message.header.number = block.number.rawValue
            message.header.previousHash = block.previousHash.data
            message.header.dataHash = block.dataHash.data
            message.data.data = block.envelopes.map(\.data)
            message.metadata.metadata = block.metadata.map(\.data)
            let bytes = block.serialized()
            #expect(bytes == message.encoded())
            #expect(try OrderedBlock(serialized: bytes) == block)
            #expect(try OrderedBlock(serialized: bytes + Self.unknownField) == block)
        }
        let none = OrderedBlock(number: 0, previousHash: [], dataHash: [], envelopes: [])
        #expect(try OrderedBlock(serialized: none.serialized()) == none)
        #expect(throws: MessageError.self) { try OrderedBlock(serialized: Array(none.serialized().dropFirst(2))) }
        #expect(throws: MessageError.self) { try OrderedBlock(serialized: Array(none.serialized().dropLast(2))) }
    }

    @Test func `byte strings compare as the standard library compares them`() {
        var random = SeededGenerator(seed: 4_104)
        for _ in 0..<3_000 {
            let left = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...2, using: &random) }
            var right = left
            if !right.isEmpty, Bool.random(using: &random) { right[Int.random(in: 0..<right.count, using: &random)] ^= 0x81 }
            if Bool.random(using: &random) { right = Array(right.dropLast(Int.random(in: 0...2, using: &random))) }
            #expect(ByteOrder.areEqual(left, right) == (left == right))
            #expect(ByteOrder.precedes(left, right) == left.lexicographicallyPrecedes(right))
            #expect(ByteOrder.precedes(right, left) == right.lexicographicallyPrecedes(left))
        }
    }
}
