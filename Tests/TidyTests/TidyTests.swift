import TestSupport
import Testing

/// The rules of the house, read from ARCHITECTURE.md and applied to the whole repository.
///
/// Each check is a function from made-up or real files to findings; `TidyTwinTests` shows that each one can fail.
@Suite struct TidyTests {
    let table = ModuleTable(page: Repository.file("ARCHITECTURE.md")?.text ?? "")

    @Test func `the checks see the repository`() {
        #expect(table.rows.count > 15)
        #expect(Repository.handWritten.count > 30)
        #expect(Repository.pages.contains { $0.path == "README.md" })
        #expect(Repository.scripts.contains { $0.path == "scripts/setup" })
    }

    @Test func `the module table, the package and the folders agree`() throws {
        let manifest = try #require(Repository.file("Package.swift"))
        let folders = Repository.names(in: "Sources").filter { $0.hasSuffix("/") }.map { String($0.dropLast()) }
        report(TableCheck.findings(table: table, manifest: manifest, folders: folders))
    }

    @Test func `every import is in its module's row`() {
        report(Repository.swiftFiles.flatMap { ImportCheck.findings(in: $0, table: table) })
    }

    @Test func `no banned call stands outside of the exceptions`() {
        report(Repository.handWritten.flatMap { BannedCallCheck.findings(in: $0, table: table) })
    }

    @Test func `every exception is still needed`() {
        report(BannedCallCheck.staleExceptions(in: Repository.handWritten, table: table))
    }

    @Test func `files are small, finished and at home on any machine`() {
        let files = Repository.handWritten + Repository.pages + Repository.scripts
        report(files.flatMap { FileCheck.findings(in: $0) })
    }

    @Test func `formats and limits begin with what they define`() {
        report(Repository.handWritten.flatMap { GrammarCheck.findings(in: $0) })
    }

    @Test func `the index of formats lists every format`() throws {
        let index = try #require(Repository.file("Documentation/formats.md"))
        let formats = Repository.handWritten.filter { $0.module != nil && $0.name.hasSuffix("Format.swift") }
        report(GrammarCheck.findings(inIndex: index, formats: formats))
    }

    @Test func `relative links lead somewhere`() {
        report(Repository.pages.flatMap { LinkCheck.findings(in: $0, exists: Repository.exists) })
    }

    @Test func `the index of decisions links to every decision`() throws {
        let index = try #require(Repository.file("Documentation/decisions/README.md"))
        let pages = Repository.names(in: "Documentation/decisions").filter { $0 != "README.md" }
        report(LinkCheck.findings(inIndex: index, pages: pages))
    }

    @Test func `every contract's folder has the same files`() {
        let folders = Repository.names(in: "chaincode-specs").filter { $0.hasSuffix("/") }.map { name in
            (name: String(name.dropLast()), contents: Repository.names(in: "chaincode-specs/" + name.dropLast()))
        }
        report(SpecificationCheck.findings(folders: folders))
    }

    /// One issue for each finding, so that the list can be worked off.
    private func report(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
        for finding in findings {
            Issue.record("\(finding)", sourceLocation: sourceLocation)
        }
    }
}
