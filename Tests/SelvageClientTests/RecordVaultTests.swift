import CryptoPrimitives
import RecordSharing
import SelvageClient
import TestSupport
import Testing

/// The way of a record from the patient through the custodians to a grantee, without a network.
@Suite struct RecordVaultTests {
    private static let recordID = "00112233445566778899aabbccddeeff"
    private let authored = AuthoredRecord(author: "dr", signature: [1, 2, 3], record: Array("the record's text, seen by nobody else".utf8))
    private let grantee: UnsealingKey
    private let upload: SealedUpload
    private let wrapped: [UInt8]

    init() throws {
        var random = SeededRandomSource(exactSeed: 0xA01)
        self.grantee = try UnsealingKey(rawScalar: random.bytes(count: 32))
        self.upload = try RecordVault.seal(self.authored, channel: "care", recordID: Self.recordID, version: 1, threshold: 2, custodians: 3)
        self.wrapped = try RecordVault.wrap(
            self.upload.dataKey, to: self.grantee.sealingKey, channel: "care", recordID: Self.recordID, version: 1, grant: "g1")
    }

    private func open(
        _ shares: [[UInt8]], with key: UnsealingKey? = nil, channel: String = "care", recordID: String = Self.recordID, version: UInt64 = 1,
        grant: String = "g1"
    ) throws -> (authored: AuthoredRecord, verdicts: [EMS1ShareVerdict]) {
        try RecordVault.open(
            shares: shares, commitment: self.upload.shared.commitment, wrappedKey: self.wrapped, with: key ?? self.grantee, channel: channel,
            recordID: recordID, version: version, grant: grant)
    }

    private var shares: [[UInt8]] { self.upload.custody.compactMap { CustodyShareFormat.decode($0)?.share } }

    @Test func `any threshold of custodians opens the record for the grantee`() throws {
        #expect(self.shares.count == 3)
        for chosen in [[0, 1], [2, 0], [1, 2], [0, 1, 2]] {
            let opened = try self.open(chosen.map { self.shares[$0] })
            #expect(opened.authored == self.authored)
            #expect(opened.verdicts.allSatisfy { $0.error == nil })
        }
    }

    @Test func `fewer custodians than the threshold open nothing`() {
        for share in self.shares { #expect(throws: EMS1Error.self) { try self.open([share]) } }
        #expect(throws: EMS1Error.self) { try self.open([]) }
        #expect(throws: EMS1Error.self) { try self.open([self.shares[0], self.shares[0]]) }
    }

    @Test func `one spoiled share is named and the others still open the record`() throws {
        var spoiled = self.shares
        spoiled[1][spoiled[1].count - 1] ^= 1
        let opened = try self.open(spoiled)
        #expect(opened.authored == self.authored)
        #expect(opened.verdicts.map { $0.error != nil } == [false, true, false])
    }

    @Test func `another key, grant, channel, record or version opens nothing`() throws {
        let other = UnsealingKey.generate()
        #expect(throws: RecordKeyError.self) { try self.open(self.shares, with: other) }
        #expect(throws: RecordKeyError.self) { try self.open(self.shares, grant: "g2") }
        #expect(throws: EMS1Error.self) { try self.open(self.shares, channel: "other") }
        #expect(throws: EMS1Error.self) { try self.open(self.shares, recordID: "ff") }
        #expect(throws: EMS1Error.self) { try self.open(self.shares, version: 2) }
    }

    @Test func `a sealed object that holds no authored record is told apart`() throws {
        let key = SealedRecord.newDataKey()
        let sealed = try SealedRecord.seal(
            Array("plain".utf8), dataKey: key, channel: Array("care".utf8), recordID: Array(Self.recordID.utf8), version: 1)
        let shared = try EMS1.seal(
            record: sealed, context: RecordVault.context(channel: "care", recordID: Self.recordID, version: 1), threshold: 2, shares: 2)
        let wrapped = try RecordVault.wrap(
            key, to: self.grantee.sealingKey, channel: "care", recordID: Self.recordID, version: 1, grant: "g1")
        #expect(throws: RecordVaultError.notAnAuthoredRecord) {
            try RecordVault.open(
                shares: shared.shares, commitment: shared.commitment, wrappedKey: wrapped, with: self.grantee, channel: "care",
                recordID: Self.recordID, version: 1, grant: "g1")
        }
    }

    @Test func `neither text nor key is in what a custodian holds`() {
        for holding in self.upload.custody {
            for secret in [self.authored.record, self.upload.dataKey] {
                let part = Array(secret.prefix(12))
                #expect(!(0...(holding.count - part.count)).contains { holding[$0..<($0 + part.count)].elementsEqual(part) })
            }
        }
    }
}
