import CryptoPrimitives
import Testing

@testable import RecordSharing

struct RecordKeyTests {
    static let channel = Array("care".utf8)
    static let recordID = Array("record-1".utf8)
    static let binding = RecordKeyBinding(channel: channel, recordID: recordID, version: 3, grantID: Array("grant-9".utf8))

    @Test func `a record travels from owner to grantee and the custodians never see it`() throws {
        let record = Array("Observation: blood pressure 120/80".utf8)
        let grantee = UnsealingKey.generate()
        let dataKey = SealedRecord.newDataKey()
        let sealed = try SealedRecord.seal(record, dataKey: dataKey, channel: Self.channel, recordID: Self.recordID, version: 3)
        let shared = try EMS1.seal(record: sealed, context: Self.channel, threshold: 4, shares: 7)
        let wrap = try RecordKeyWrap.wrap(dataKey: dataKey, to: grantee.sealingKey.x963, binding: Self.binding)
        // Every custodian together reach the sealed record and no further.
        let together = try EMS1.open(shares: shared.shares, commitment: shared.commitment, context: Self.channel).record
        #expect(together == sealed)
        let unwrapped = try RecordKeyWrap.unwrap(wrap, with: grantee, binding: Self.binding)
        #expect(try SealedRecord.open(together, dataKey: unwrapped, channel: Self.channel, recordID: Self.recordID, version: 3) == record)
    }

    @Test func `a wrap opens only for its grantee, channel, record, version and grant`() throws {
        let grantee = UnsealingKey.generate()
        let dataKey = SealedRecord.newDataKey()
        let wrap = try RecordKeyWrap.wrap(dataKey: dataKey, to: grantee.sealingKey, binding: Self.binding)
        let others = [
            RecordKeyBinding(channel: Array("car".utf8), recordID: Array("erecord-1".utf8), version: 3, grantID: Self.binding.grantID),
            RecordKeyBinding(channel: Self.channel, recordID: Array("record-2".utf8), version: 3, grantID: Self.binding.grantID),
            RecordKeyBinding(channel: Self.channel, recordID: Self.recordID, version: 4, grantID: Self.binding.grantID),
            RecordKeyBinding(channel: Self.channel, recordID: Self.recordID, version: 3, grantID: Array("grant-8".utf8)),
        ]
        for other in others {
            #expect(throws: RecordKeyError.doesNotOpen("key wrap")) { try RecordKeyWrap.unwrap(wrap, with: grantee, binding: other) }
        }
        #expect(throws: RecordKeyError.doesNotOpen("key wrap")) { try RecordKeyWrap.unwrap(wrap, with: .generate(), binding: Self.binding) }
        for place in [10, 80, wrap.count - 1] {
            var changed = wrap
            changed[place] ^= 1
            #expect(throws: RecordKeyError.doesNotOpen("key wrap")) { try RecordKeyWrap.unwrap(changed, with: grantee, binding: Self.binding) }
        }
    }

    @Test func `a sealed record opens only as itself`() throws {
        let key = SealedRecord.newDataKey()
        let sealed = try SealedRecord.seal([1, 2, 3], dataKey: key, channel: Self.channel, recordID: Self.recordID, version: 1)
        let refused = RecordKeyError.doesNotOpen("sealed record")
        #expect(throws: refused) { try SealedRecord.open(sealed, dataKey: key, channel: Self.channel, recordID: Self.recordID, version: 2) }
        #expect(throws: refused) { try SealedRecord.open(sealed, dataKey: key, channel: [1], recordID: Self.recordID, version: 1) }
        #expect(throws: refused) { try SealedRecord.open(sealed, dataKey: key, channel: Self.channel, recordID: [1], version: 1) }
        let other = SealedRecord.newDataKey()
        #expect(throws: refused) { try SealedRecord.open(sealed, dataKey: other, channel: Self.channel, recordID: Self.recordID, version: 1) }
        // The version is in the file too: renumbering it does not help.
        var renumbered = sealed
        renumbered[15] = 2
        #expect(throws: refused) { try SealedRecord.open(renumbered, dataKey: key, channel: Self.channel, recordID: Self.recordID, version: 2) }
    }

    @Test func `bad keys and names are refused`() {
        #expect(throws: RecordKeyError.badDataKeyLength(bytes: 16)) {
            try SealedRecord.seal([], dataKey: [UInt8](repeating: 0, count: 16), channel: [1], recordID: [1], version: 1)
        }
        let key = [UInt8](repeating: 0, count: 32)
        #expect(throws: RecordKeyError.badName) { try SealedRecord.seal([], dataKey: key, channel: [], recordID: [1], version: 1) }
        #expect(throws: RecordKeyError.badName) {
            try SealedRecord.seal([], dataKey: key, channel: [1], recordID: [UInt8](repeating: 0, count: 1025), version: 1)
        }
        #expect(throws: RecordKeyError.badKey) { try RecordKeyWrap.wrap(dataKey: key, to: [4, 1, 2], binding: Self.binding) }
        #expect(throws: RecordKeyError.badKey) { try RecordKeyWrap.unwrap([], privateKey: [], binding: Self.binding) }
    }

    @Test func `a sealed record file has these bytes`() throws {
        let file = SealedRecordFile(version: 0x0102, nonce: [UInt8](repeating: 0x11, count: 12), ciphertext: [UInt8](repeating: 0x22, count: 20))
        #expect(Base16.encode(file.bytes) == "53524331" + "01000000" + "0000000000000102" + hex("11", 12) + hex("22", 20))
        #expect(try SealedRecordFile(parsing: file.bytes) == file)
        let binding = SealedRecordFile.binding(channel: [0xAA], recordID: [0xBB, 0xCC], version: 7)
        #expect(Base16.encode(binding) == Base16.encode(Array("selvage/sealed-record/1".utf8)) + "0001aa" + "0002bbcc" + "0000000000000007")
        for length in 0..<44 {
            #expect(throws: RecordKeyError.malformed("sealed record")) { try SealedRecordFile(parsing: Array(file.bytes.prefix(length))) }
        }
        for (place, error) in [
            (0, RecordKeyError.malformed("sealed record")), (4, .unsupportedSuite("sealed record")), (7, .malformed("sealed record")),
        ] {
            var bytes = file.bytes
            bytes[place] = 9
            #expect(throws: error) { try SealedRecordFile(parsing: bytes) }
        }
    }

    @Test func `a key wrap file has these bytes`() throws {
        let file = RecordKeyWrapFile(box: [UInt8](repeating: 0x22, count: 113))
        #expect(Base16.encode(file.bytes) == "524b5731" + "01000000" + hex("22", 113))
        #expect(try RecordKeyWrapFile(parsing: file.bytes) == file)
        #expect(
            Base16.encode(RecordKeyBinding(channel: [0xAA], recordID: [0xBB], version: 7, grantID: [0xCC]).bytes)
                == "0001aa" + "0001bb" + "0000000000000007" + "0001cc")
        for wrong in [Array(file.bytes.dropLast()), file.bytes + [0], []] {
            #expect(throws: RecordKeyError.malformed("key wrap")) { try RecordKeyWrapFile(parsing: wrong) }
        }
        var suite = file.bytes
        suite[4] = 2
        #expect(throws: RecordKeyError.unsupportedSuite("key wrap")) { try RecordKeyWrapFile(parsing: suite) }
    }
}
