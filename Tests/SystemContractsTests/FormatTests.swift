import Chaincode
import CryptoPrimitives
import Testing

@testable import SystemContracts

/// Golden bytes of everything that is signed or stored.
@Suite struct LabelledMessageTests {
    @Test func `a labelled message is its four parts with their lengths`() {
        let message = LabelledMessageFormat.message(label: "l/1", channel: "ch", signer: "dr", body: [1, 2])
        #expect(Base16.encode(message) == "00000003" + "6c2f31" + "00000002" + "6368" + "00000002" + "6472" + "00000002" + "0102")
    }

    @Test func `the upload message binds record, version, owner and digest`() {
        let message = MedicalMessages.upload(
            channel: "ch", author: "dr-a", recordID: "0e", version: 12, owner: "aa", objectDigest: [0xFF, 0x00])
        let body = "00000002" + "3065" + "00000002" + "3132" + "00000002" + "6161" + "00000002" + "ff00"
        #expect(
            Base16.encode(message) == "0000000d" + "656d722f76312f75706c6f6164" + "00000002" + "6368" + "00000004" + "64722d61" + "00000018" + body)
    }

    @Test func `the possession message binds role, certificate and both keys`() {
        let message = MedicalMessages.possession(
            channel: "ch", subject: "dr-a", role: "doctor", certificate: [1], signingKey: [4, 5], sealingKey: [6])
        let body = "00000006" + "646f63746f72" + "00000001" + "01" + "00000002" + "0405" + "00000001" + "06"
        #expect(
            Base16.encode(message)
                == "0000001e" + "73656c766167652f72656769737472792f76312f706f7373657373696f6e" + "00000002" + "6368" + "00000004" + "64722d61"
                + "0000001a" + body)
    }

    @Test func `the rotation message binds the number of the new keys`() {
        let first = MedicalMessages.rotation(channel: "c", subject: "s", keyVersion: 2, certificate: [], signingKey: [], sealingKey: [])
        #expect(Base16.encode(first).hasSuffix("00000001" + "32" + "00000000" + "00000000" + "00000000"))
    }

    @Test func `moving a byte from one part to the next gives another message`() {
        let first = LabelledMessageFormat.message(label: "a", channel: "bc", signer: "d", body: [])
        let second = LabelledMessageFormat.message(label: "ab", channel: "c", signer: "d", body: [])
        #expect(first != second)
    }
}

@Suite struct RegistryFormatTests {
    private let entry = RegistryEntry(
        subject: "dr-a", role: .doctor, mspID: "M", certificate: "c1", registrar: "c2", registeredAt: 5, keyVersion: 1, signingKey: "04",
        sealingKey: "05", validFrom: 1, validUntil: 9, revocation: nil)

    @Test func `an entry has these bytes`() throws {
        let text =
            #"{"certificate":"c1","keyVersion":1,"mspId":"M","registeredAt":5,"registrar":"c2","revocation":null,"role":"doctor","sealingKey":"05","#
            + #""signingKey":"04","subject":"dr-a","validFrom":1,"validUntil":9}"#
        #expect(String(decoding: entry.json.encoded(), as: UTF8.self) == text)
        #expect(try RegistryEntry(json: JSONValue(parsing: Array(text.utf8))).json == entry.json)
    }

    @Test func `a revocation and a key version have these bytes`() {
        let revocation = RegistryEntry.Revocation(at: 7, reason: "cessation", transactionID: "tx")
        #expect(String(decoding: revocation.json.encoded(), as: UTF8.self) == #"{"at":7,"reason":"cessation","transactionId":"tx"}"#)
        let key = entry.keyJSON(since: 5, until: nil)
        #expect(
            String(decoding: key.encoded(), as: UTF8.self)
                == #"{"keyVersion":1,"sealingKey":"05","signingKey":"04","since":5,"subject":"dr-a","until":null}"#)
    }

    @Test func `keys are their parts with slashes`() {
        #expect(RegistryKey.entry("dr-a") == "entry/dr-a")
        #expect(RegistryKey.key("dr-a", 12) == "key/dr-a/0000000012")
        #expect(RegistryKey.certificate("ab") == "certificate/ab")
        #expect(RegistryKey.institution("M") == "institution/M")
    }

    @Test func `the status changes at the bounds of the validity`() {
        #expect([0, 1, 8, 9].map { entry.status(at: $0) } == [.notYetValid, .active, .active, .expired])
        var revoked = entry
        revoked.revocation = RegistryEntry.Revocation(at: 7, reason: "cessation", transactionID: "tx")
        #expect(revoked.status(at: 0) == .revoked)
    }
}

@Suite struct RecordsFormatTests {
    @Test func `a head, a grant and a request have these bytes`() throws {
        let head = RecordHead(recordID: "e1", owner: "a1", createdAt: 5, version: 2, tombstonedAt: nil)
        #expect(
            String(decoding: head.json.encoded(), as: UTF8.self) == #"{"createdAt":5,"owner":"a1","recordId":"e1","tombstonedAt":null,"version":2}"#)
        let grant = Grant(
            grantID: "g1", recordID: "e1", version: 2, owner: "a1", grantee: "ins", granteeKeyVersion: 1, purpose: "claim", grantedAt: 6,
            grantedBy: "a1", expiresAt: 9, wrappedKey: "00", requestID: nil, revokedAt: nil)
        let text =
            #"{"expiresAt":9,"grantId":"g1","grantedAt":6,"grantedBy":"a1","grantee":"ins","granteeKeyVersion":1,"owner":"a1","purpose":"claim","#
            + #""recordId":"e1","requestId":null,"revokedAt":null,"version":2,"wrappedKey":"00"}"#
        #expect(String(decoding: grant.json.encoded(), as: UTF8.self) == text)
        #expect(try Grant(json: JSONValue(parsing: Array(text.utf8))).json == grant.json)
        let request = AccessRequest(
            requestID: "q1", recordID: "e1", owner: "a1", requester: "ins", purpose: "claim", requestedAt: 6, expiresAt: 9, status: .pending,
            grantID: nil)
        #expect(
            String(decoding: request.json.encoded(), as: UTF8.self)
                == #"{"expiresAt":9,"grantId":null,"owner":"a1","purpose":"claim","recordId":"e1","requestId":"q1","requestedAt":6,"requester":"ins","#
                + #""status":"pending"}"#)
    }

    @Test func `keys are their parts with slashes`() {
        #expect(RecordKey.record("e1") == "record/e1")
        #expect(RecordKey.version("e1", 3) == "version/e1/0000000003")
        #expect(RecordKey.owned("a1", "e1") == "owned/a1/e1")
        #expect(RecordKey.grant("g1") == "grant/g1")
        #expect(RecordKey.access("e1", 3, "ins", "g1") == "access/e1/0000000003/ins/g1")
        #expect(RecordKey.request("q1") == "request/q1")
        #expect(RecordKey.asked("a1", "q1") == "asked/a1/q1")
        #expect(RecordKey.delegate("a1", "d1") == "delegate/a1/d1")
    }
}

@Suite struct SharesFormatTests {
    @Test func `a receipt's key is its parts with slashes`() {
        #expect(ReceiptKey.receipt("e1", "tx") == "receipt/e1/tx")
    }
}
