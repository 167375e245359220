import Foundation
import LedgerModel
import Node
import SelvageClient
import TestSupport
import Testing

/// What a custodian takes into keeping, and under which names.
@Suite struct CustodianHoldingTests {
    private func error(_ body: () throws(CustodianError) -> Void) -> CustodianError? {
        do throws(CustodianError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `a share is in its file, readable by its owner alone, when hold returns`() throws {
        let bench = try CustodianBench()
        let file = "shares/\(CustodianBench.record)-1.share"
        #expect(bench.folder.read(file) == bench.share)
        let attributes = try FileManager.default.attributesOfItem(atPath: bench.folder.path(of: file))
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test func `the same share again is taken, another one is not`() throws {
        let bench = try CustodianBench()
        try bench.custodian.hold(bench.share, record: CustodianBench.record, version: 1)
        #expect(
            self.error { () throws(CustodianError) in
                try bench.custodian.hold(bench.otherShare, record: CustodianBench.record, version: 1)
            }
                == .shareExists(custodian: "hospital-a", record: CustodianBench.record, version: 1))
        try bench.custodian.hold(bench.otherShare, record: CustodianBench.record, version: 2)
        #expect(bench.folder.read("shares/\(CustodianBench.record)-1.share") == bench.share)
        #expect(bench.folder.read("shares/\(CustodianBench.record)-2.share") == bench.otherShare)
    }

    @Test func `what is not a share is refused and leaves no file`() throws {
        let bench = try CustodianBench(isHolding: false)
        for bytes in [[], [0], Array("SCS1".utf8), Array(bench.share.dropLast()), Array(bench.share.dropFirst())] as [[UInt8]] {
            #expect(
                self.error { () throws(CustodianError) in try bench.custodian.hold(bytes, record: CustodianBench.record, version: 1) }
                    == .notAShare(custodian: "hospital-a"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder.path(of: "shares")).isEmpty)
    }

    @Test(arguments: [
        "", "../x", "../../../../../../../../../../etc/x", "00112233445566778899aabbccddee", "00112233445566778899aabbccddeeff00",
        "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeefg", "../112233445566778899aabbccddeef",
        "00112233445566778899aabbccddee/f", "00112233445566778899aabbccddee\u{0}f", "００112233445566778899aabbccdd",
    ])
    func `a record name that is not 32 lower case hexadecimal digits never reaches the file system`(name: String) async throws {
        let bench = try CustodianBench(isHolding: false)
        let before = try self.files(bench.folder)
        #expect(
            self.error { () throws(CustodianError) in try bench.custodian.hold(bench.share, record: name, version: 1) }
                == .badRecordName(custodian: "hospital-a"))
        // Also when the ledger itself names such a record.
        bench.grants.set("g1", bench.facts(record: name))
        #expect(await bench.refusal(bench.request(record: name)) == .badRecordName(custodian: "hospital-a"))
        #expect(try self.files(bench.folder) == before)
    }

    @Test func `the highest version has a file of its own`() throws {
        let bench = try CustodianBench(isHolding: false)
        try bench.custodian.hold(bench.share, record: CustodianBench.record, version: .max)
        #expect(bench.folder.read("shares/\(CustodianBench.record)-18446744073709551615.share") == bench.share)
    }

    @Test func `a folder that cannot be written is an error with the system's reason and no byte of the share`() throws {
        let bench = try CustodianBench(isHolding: false)
        try FileManager.default.removeItem(atPath: bench.folder.path(of: "shares"))
        let error = self.error { () throws(CustodianError) in
            try bench.custodian.hold(bench.share, record: CustodianBench.record, version: 1)
        }
        guard case .failed? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!CustodianShareText.shows("\(String(describing: error))", bench.share))
    }

    private func files(_ folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    }
}
