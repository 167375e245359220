import CryptoPrimitives
import Foundation
import Ledger
import TestSupport
import Testing

@testable import Demonstration

/// Keys stay where they belong while records are uploaded and shared.
@Suite(.timeLimit(.minutes(20))) struct SecretsTests {
    @Test func `data keys and the keys of patients, doctors and grantees are in no file of the run`() async throws {
        let folder = try TemporaryFolder("selvage-secrets")
        let directory = folder.path(of: "run")
        let lines = Lines()
        let secrets = try await self.share(directory, lines)
        #expect(secrets.count == 2 + 2 * 9)

        let search = LeakSearch(secrets.flatMap { LeakSearch.forms($0.name, $0.bytes) })
        let found = try search.search(folder: directory)
        #expect(found.findings == [])
        #expect(found.bytes > 1_000_000)
        for text in lines.texts { #expect(search.findings(in: text, called: "the account") == []) }

        // The planted twin: a data key beside the share.
        try Data(Base16.encode(secrets[0].bytes).utf8).write(to: URL(fileURLWithPath: directory + "/custodian1.example/shares/note"))
        #expect(try search.search(folder: directory).findings == ["\(secrets[0].name) in hexadecimal is in custodian1.example/shares/note"])
    }

    private final class Lines {
        var texts: [String] = []
    }

    /// Runs the stages up to sharing and returns what may not be found; the nodes are gone when it returns.
    private func share(_ directory: String, _ lines: Lines) async throws -> [(name: String, bytes: [UInt8])] {
        let network = try Network(directory: directory, patience: .seconds(1_200))
        let narrator = Narrator(directory: directory) { lines.texts.append($0) }
        let story = Story(network: network, narrator: narrator, records: try MarkedRecords.make(), directory: directory) { _ in }
        let ordering = network.ordering
        ordering.deliver(to: network.allPeers)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ordering.run() }
            defer { ordering.stop() }
            try await story.defineContracts()
            narrator.stage("sharing")
            try await story.registerSubjects()
            try await story.uploadRecords()
            try await story.shareRecords()
            var secrets = story.consignments.map { (name: "the data key of \($0.record.name)", bytes: $0.upload.dataKey) }
            for subject in story.patients + story.doctors + story.institutions {
                secrets.append(("the signing key of \(subject.id)", try Self.scalar(subject.identity.keyPEM)))
                secrets.append(("the PEM of \(subject.id)", Array(subject.identity.keyPEM.utf8)))
            }
            return secrets
        }
    }

    /// The 32 bytes of the private number in a PKCS#8 file of a P-256 key (RFC 5958, RFC 5915): they follow the tag 04 20.
    private static func scalar(_ pem: String) throws -> [UInt8] {
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        let bytes = [UInt8](try #require(Data(base64Encoded: body)))
        let start = try #require(bytes.indices.dropLast(33).first { bytes[$0] == 0x04 && bytes[$0 + 1] == 0x20 })
        return Array(bytes[start + 2..<start + 34])
    }
}
