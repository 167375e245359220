import Chaincode
import Foundation
import Testing

@testable import SystemContracts

@Suite struct SpecificationTests {
    /// The medical contracts and those of the node itself.
    private static let contracts: [any Contract] = MedicalContracts.all + SystemContracts.all()

    @Test(arguments: SpecCaseFile.all)
    func `a case of the specification comes out as written`(_ file: SpecCaseFile) throws {
        #expect(file.file.hasSuffix(".json"))
        let problems = try SpecRunner().problems(in: SpecFolder.json(file.path), contract: file.contract)
        #expect(problems.isEmpty, "\(file.path):\n\(problems.joined(separator: "\n"))")
    }

    @Test func `every contract has a folder with the same files`() throws {
        #expect(try SpecFolder.contracts() == Self.contracts.map(\.name).sorted())
        for name in try SpecFolder.contracts() {
            let folder = SpecFolder.root.appendingPathComponent(name)
            #expect(try SpecFolder.names(in: folder) == ["README.md", "cases", "interface.json", "state-layout.md"])
            #expect(try !SpecFolder.names(in: folder.appendingPathComponent("cases")).isEmpty)
        }
    }

    @Test func `the interface files are the generated metadata`() throws {
        for contract in Self.contracts {
            let written = try SpecFolder.json("\(contract.name)/interface.json")
            let generated = contract.metadata()
            #expect(written == generated, "\(contract.name)/interface.json should be\n\(String(decoding: generated.encoded(), as: UTF8.self))")
        }
    }

    @Test func `every function has a case, and every expected error code is in the table of its specification`() throws {
        for contract in Self.contracts {
            let readme = try SpecFolder.text("\(contract.name)/README.md")
            var functions: Set<String> = []
            for file in SpecCaseFile.all where file.contract == contract.name {
                let specification = try SpecCase(json: SpecFolder.json(file.path), contract: contract.name)
                for step in specification.steps where step.contract == contract.name {
                    functions.insert(step.function)
                    if let code = step.expectation?.code {
                        #expect(readme.contains("| `\(code)` |"), "\(contract.name)/README.md does not explain \(code) of \(file.path)")
                    }
                }
            }
            for transaction in contract.transactions {
                #expect(functions.contains(transaction.name), "no case calls \(contract.name).\(transaction.name)")
                #expect(readme.contains("`\(transaction.name)("), "\(contract.name)/README.md does not describe \(transaction.name)")
            }
        }
    }

    @Test func `every key of the layout is in the state layout page`() throws {
        let prefixes = [
            "registry": ["entry/", "key/", "certificate/", "institution/"],
            "records": ["record/", "version/", "owned/", "grant/", "access/", "request/", "asked/", "delegate/"], "shares": ["receipt/"],
            "signatures": [],
            "_lifecycle": ["namespaces/metadata/", "namespaces/fields/", "chaincode-sources/metadata/", "chaincode-sources/fields/"],
            "qscc": [], "cscc": [],
        ]
        for (contract, keys) in prefixes {
            let page = try SpecFolder.text("\(contract)/state-layout.md")
            for key in keys { #expect(page.contains("`\(key)"), "\(contract)/state-layout.md does not explain \(key)") }
        }
    }
}

/// The runner itself must notice: each of these cases is wrong on purpose.
@Suite struct SpecRunnerTests {
    private static func step(_ members: [(String, JSONValue)]) -> JSONValue {
        let step: JSONValue = ["as": "hospital-admin", "function": "lookup", "arguments": ["nobody-here"], "expect": ["status": 404]]
        var result = step
        for (name, value) in members { result = result.setting(name, value) }
        return ["title": "planted", "steps": [result]]
    }

    @Test func `the unchanged case passes`() throws {
        #expect(try SpecRunner().problems(in: Self.step([]), contract: "registry").isEmpty)
    }

    @Test(
        arguments: [
            ("expect", ["status": 200]), ("expect", ["status": 404, "code": "revoked"]), ("expect", ["status": 404, "message": "no such words"]),
            ("expect", ["status": 404, "result": "text"]),
        ] as [(String, JSONValue)])
    func `a wrong expectation is a problem`(_ name: String, _ value: JSONValue) throws {
        #expect(try !SpecRunner().problems(in: Self.step([(name, value)]), contract: "registry").isEmpty)
    }

    @Test(
        arguments: [
            ("expcet", ["status": 200]), ("expect", ["status": 404, "codes": "x"]), ("as", "nobody"), ("arguments", ["$nothing(1)"]),
            ("arguments", ["$signingKey(alice"]),
        ] as [(String, JSONValue)])
    func `a malformed case is an error`(_ name: String, _ value: JSONValue) throws {
        let json = Self.step([(name, value)])
        #expect(throws: (any Error).self) { try SpecRunner().problems(in: json, contract: "registry") }
    }

    @Test func `an unexpected write and a missing write are problems`() throws {
        let missing = SpecMatch.problems(expected: ["a": 1, "b": 2], actual: ["a": 1], at: "writes")
        let unexpected = SpecMatch.problems(expected: ["a": 1], actual: ["a": 1, "b": 2], at: "writes")
        #expect(missing.count == 1 && unexpected.count == 1)
        #expect(SpecMatch.problems(expected: ["$partial": true, "a": 1], actual: ["a": 1, "b": 2], at: "writes").isEmpty)
    }
}
