import CryptoPrimitives
import Foundation
import LedgerModel
import Node
import SelvageClient
import TestSupport
import Testing

/// Who gets a share from a custodian, sealed to whom, and what stays behind as proof.
@Suite struct CustodianReleaseTests {
    private static let name = CustodianBench.name

    // MARK: The good case

    @Test func `a grantee gets the share, and only the grantee's key opens it`() async throws {
        let bench = try CustodianBench()
        let request = bench.request()
        let released = try await bench.release(request)
        #expect(try bench.open(released, request, with: bench.doctorSealing) == bench.share)
        #expect(CustodyShareFormat.decode(try bench.open(released, request, with: bench.doctorSealing))?.index == 1)
        #expect(throws: CryptoError.self) { try bench.open(released, request, with: bench.strangerSealing) }
        #expect(!CustodianShareText.shows("\(released)", bench.share))
    }

    @Test func `a released share opens for its own request and custodian only`() async throws {
        let bench = try CustodianBench()
        let request = bench.request()
        let released = try await bench.release(request)
        #expect(throws: CryptoError.self) { try bench.open(released, bench.request(nonce: Array(2...17)), with: bench.doctorSealing) }
        #expect(throws: CryptoError.self) {
            try bench.doctorSealing.open(
                released.box, info: Custodian.shareBinding(custodian: "hospital-b", signedRequest: ShareRequestFormat.encode(request)),
                authenticating: [])
        }
        #expect(
            Custodian.shareBinding(custodian: "h", signedRequest: [1])
                == Array("selvage/custodian/v1/share".utf8) + [0, 0x68, 0] + SHA256.hash([1]))
    }

    @Test func `the receipt says what happened and its signature verifies`() async throws {
        let bench = try CustodianBench()
        bench.clock.seconds += 7
        let request = bench.request()
        let released = try await bench.release(request)
        #expect(
            released.receipt
                == ReleaseReceipt(
                    custodian: Self.name, record: CustodianBench.record, version: 1, grant: "g1", requester: "dr", index: 1, height: 42,
                    seconds: 1_750_000_007, requestHash: SHA256.hash(ShareRequestFormat.encode(request))))
        let bytes = ReleaseReceiptFormat.encode(released.receipt)
        #expect(bench.identity.certificate.publicKey.isValid(signature: released.signature, for: bytes))
    }

    @Test func `the receipt is in its file when the share is released`() async throws {
        let bench = try CustodianBench()
        let request = bench.request()
        let released = try await bench.release(request)
        let file = "receipts/\(Base16.encode(SHA256.hash(ShareRequestFormat.encode(request)))).receipt"
        #expect(bench.folder.read(file) == ReleaseReceiptFormat.encode(released.receipt) + released.signature)
    }

    @Test func `without a place for the receipt no share leaves`() async throws {
        let bench = try CustodianBench()
        try FileManager.default.removeItem(atPath: bench.folder.path(of: "receipts"))
        guard case .failed(Self.name, _)? = await bench.refusal(bench.request()) else {
            Issue.record("released without a receipt")
            return
        }
    }

    // MARK: Refusals

    @Test func `an unknown grant`() async throws {
        let bench = try CustodianBench()
        #expect(await bench.refusal(bench.request(grant: "g2")) == .unknownGrant(custodian: Self.name, grant: "g2"))
    }

    @Test func `a grant for another record, version, grantee or channel`() async throws {
        let bench = try CustodianBench()
        let other = String(CustodianBench.record.reversed())
        let thing = CustodianError.grantDoesNotMatch(custodian: Self.name, reason: "it is for another record or version")
        #expect(await bench.refusal(bench.request(record: other)) == thing)
        #expect(await bench.refusal(bench.request(version: 2)) == thing)
        #expect(
            await bench.refusal(bench.request(requester: "mallory"))
                == .grantDoesNotMatch(custodian: Self.name, reason: "it was given to somebody else"))
        #expect(
            await bench.refusal(bench.request(channel: "other"))
                == .grantDoesNotMatch(custodian: Self.name, reason: "the request is for another channel"))
    }

    @Test func `names that look alike are different names`() async throws {
        let bench = try CustodianBench()
        bench.grants.set("g1", bench.facts(grantee: "caf\u{E9}"))
        #expect(
            await bench.refusal(bench.request(requester: "cafe\u{301}"))
                == .grantDoesNotMatch(custodian: Self.name, reason: "it was given to somebody else"))
        #expect(await bench.refusal(bench.request(requester: "caf\u{E9}")) == nil)
    }

    @Test func `a revoked grant, and the same grant before it was revoked`() async throws {
        let bench = try CustodianBench()
        #expect(await bench.refusal(bench.request()) == nil)
        bench.grants.set("g1", bench.facts(refusal: "revoked"))
        #expect(
            await bench.refusal(bench.request(nonce: Array(2...17))) == .grantRefused(custodian: Self.name, reason: "revoked"))
    }

    @Test func `a signature of another key, over other bytes, or by a key that is none`() async throws {
        let bench = try CustodianBench()
        let bad = CustodianError.badSignature(custodian: Self.name, requester: "dr")
        #expect(await bench.refusal(bench.request(), signedBy: bench.strangerKey) == bad)
        let signature = try bench.doctorKey.sign(ShareRequestFormat.encode(bench.request()))
        for (request, signature) in [
            (bench.request(nonce: Array(2...17)), signature), (bench.request(seconds: 1_750_000_001), signature), (bench.request(), []),
            (bench.request(), signature + [0]),
        ] {
            await #expect(throws: bad) { try await bench.custodian.release(request, signature: signature) }
        }
        for key in [[], [4], [UInt8](repeating: 4, count: 65), bench.strangerKey.publicKey.x963] as [[UInt8]] {
            bench.grants.set("g1", bench.facts(signingKey: key))
            #expect(await bench.refusal(bench.request()) == bad)
        }
    }

    @Test(arguments: [(-900, true), (900, true), (-901, false), (901, false)] as [(Int64, Bool)])
    func `a request may be 900 seconds off in both directions`(offset: Int64, isInside: Bool) async throws {
        let bench = try CustodianBench()
        let refusal = await bench.refusal(bench.request(seconds: 1_750_000_000 + offset))
        #expect(refusal == (isInside ? nil : .outsideWindow(custodian: Self.name, seconds: -offset)))
    }

    @Test(arguments: [Int64.min, -1, 0, Int64.max])
    func `times at the ends of the number range are refused without a trap`(seconds: Int64) async throws {
        let bench = try CustodianBench()
        guard case .outsideWindow? = await bench.refusal(bench.request(seconds: seconds)) else {
            Issue.record("released")
            return
        }
    }

    @Test(arguments: [0, 15, 17, 100])
    func `a nonce of another length is refused`(count: Int) async throws {
        let bench = try CustodianBench()
        #expect(await bench.refusal(bench.request(nonce: [UInt8](repeating: 1, count: count))) == .badNonce(custodian: Self.name))
    }

    @Test func `a custodian without a share says so`() async throws {
        let bench = try CustodianBench(isHolding: false)
        let refusal = CustodianError.noShare(custodian: Self.name, record: CustodianBench.record, version: 1)
        #expect(await bench.refusal(bench.request()) == refusal)
        // And the request can be made good once the share is there.
        try bench.custodian.hold(bench.share, record: CustodianBench.record, version: 1)
        #expect(await bench.refusal(bench.request()) == nil)
    }

    @Test func `a damaged share, a wrong sealing key and a ledger that fails are told apart from refusals`() async throws {
        let bench = try CustodianBench()
        bench.grants.fail("no connection")
        #expect(
            await bench.refusal(bench.request())
                == .failed(custodian: Self.name, reason: "its ledger could not be read: no connection"))
        bench.grants.fail(nil)
        bench.grants.set("g1", bench.facts(sealingKey: [1, 2, 3]))
        guard case .failed(Self.name, _)? = await bench.refusal(bench.request()) else {
            Issue.record("sealed to a key that is none")
            return
        }
        bench.grants.set("g1", bench.facts())
        try bench.folder.write(Array(bench.share.dropLast()), to: "shares/\(CustodianBench.record)-1.share")
        #expect(
            await bench.refusal(bench.request(nonce: Array(2...17)))
                == .failed(custodian: Self.name, reason: "the share it holds is damaged"))
    }

    // MARK: Replays

    @Test func `a request is answered once, also after a restart`() async throws {
        let bench = try CustodianBench()
        let request = bench.request()
        let first = try await bench.release(request)
        let replayed = CustodianError.replayed(custodian: Self.name)
        #expect(await bench.refusal(request) == replayed)
        bench.clock.seconds += 900
        #expect(await bench.refusal(request) == replayed)
        let restarted = try bench.restarted()
        let signature = try bench.doctorKey.sign(ShareRequestFormat.encode(request))
        await #expect(throws: replayed) { try await restarted.release(request, signature: signature) }
        // The first receipt is still the one in the log.
        let file = "receipts/\(Base16.encode(SHA256.hash(ShareRequestFormat.encode(request)))).receipt"
        #expect(bench.folder.read(file) == ReleaseReceiptFormat.encode(first.receipt) + first.signature)
        #expect(await bench.refusal(bench.request(nonce: Array(2...17))) == nil)
    }

    @Test func `a forged or mistaken request does not use up the nonce of the honest one`() async throws {
        let bench = try CustodianBench()
        let request = bench.request()
        for _ in 0..<3 {
            #expect(await bench.refusal(request, signedBy: bench.strangerKey) == .badSignature(custodian: Self.name, requester: "dr"))
        }
        bench.grants.set("g1", bench.facts(refusal: "expired"))
        #expect(await bench.refusal(request) == .grantRefused(custodian: Self.name, reason: "expired"))
        bench.grants.set("g1", bench.facts())
        #expect(try await bench.open(bench.release(request), request, with: bench.doctorSealing) == bench.share)
    }

    @Test func `of many copies of one request at once a single one is answered`() async throws {
        let bench = try CustodianBench()
        let request = bench.request()
        let signature = try bench.doctorKey.sign(ShareRequestFormat.encode(request))
        let custodian = bench.custodian
        let answers = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { (try? await custodian.release(request, signature: signature)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(answers == 1)
    }

    // MARK: Texts

    @Test func `no error shows bytes of the share`() async throws {
        let bench = try CustodianBench()
        var errors: [CustodianError?] = [
            await bench.refusal(bench.request(grant: "g2")), await bench.refusal(bench.request(version: 9)),
            await bench.refusal(bench.request(requester: "x")), await bench.refusal(bench.request(channel: "x")),
            await bench.refusal(bench.request(), signedBy: bench.strangerKey), await bench.refusal(bench.request(seconds: 0)),
            await bench.refusal(bench.request(nonce: [])),
        ]
        bench.grants.set("g1", bench.facts(refusal: "revoked"))
        errors.append(await bench.refusal(bench.request()))
        bench.grants.set("g1", bench.facts(sealingKey: []))
        errors.append(await bench.refusal(bench.request()))
        bench.grants.set("g1", bench.facts())
        errors.append(await bench.refusal(bench.request()))
        try bench.folder.write(Array(bench.share.dropLast()), to: "shares/\(CustodianBench.record)-1.share")
        errors.append(await bench.refusal(bench.request(nonce: Array(2...17))))
        for (index, error) in errors.enumerated() {
            let error = try #require(error, "case \(index) was released")
            let text = "\(error) \(String(reflecting: error))"
            #expect(!CustodianShareText.shows(text, bench.share), "case \(index)")
            // The same search finds a text that does show some.
            #expect(CustodianShareText.shows(text + Base16.encode(Array(bench.share.suffix(20))), bench.share))
            #expect(CustodianShareText.shows(text + " \(bench.share.suffix(20))", bench.share))
        }
    }
}
