import Testing

/// Every check is given something it must find, and something close to it that it must leave alone.
@Suite struct TidyTwinTests {
    let table = ModuleTable(
        page: """
            | level | module | what it is | may import | from outside |
            |---|---|---|---|---|
            | 0 | `CStore` | C. | – | – |
            | 1* | `Base` | For all. | – | `Crypto` |
            | 2 | `Pure` | Nothing. | nothing at all | – |
            | 3 | `Store` | Files. | `CStore` | `Glibc` |
            | 8 | `Host` | Composition. | everything below | – |

            | call | where | why |
            |---|---|---|
            | `getenv(` | `Sources/Store/Settings.swift` | A reason. |
            | `import Foundation` | `Sources/Store/Vectors/` | A reason. |
            """)

    func swift(_ text: String, in path: String = "Sources/Store/File.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    // MARK: Imports and the table

    @Test(arguments: [
        "import Host", "import Foundation", "@testable import Host", "public import struct Foundation.Data", "import Base; import Host",
    ])
    func `an import that the row does not name is found`(line: String) {
        let findings = ImportCheck.findings(in: swift("import Base\n\(line)\n"), table: table)
        #expect(findings.map(\.line) == [2])
    }

    @Test(arguments: [
        "import Base", "import CStore", "package import Glibc", "import Synchronization", "// import Host", "let text = \"import Host\"",
    ])
    func `an import that the row names is left alone`(line: String) {
        #expect(ImportCheck.findings(in: swift(line), table: table) == [])
    }

    @Test func `a module that imports nothing may not import those for all`() {
        #expect(ImportCheck.findings(in: swift("import Base", in: "Sources/Pure/File.swift"), table: table).count == 1)
    }

    @Test func `a host may import what is below it, and the system`() {
        let file = swift("import Store\nimport Pure\nimport Foundation", in: "Sources/Host/File.swift")
        #expect(ImportCheck.findings(in: file, table: table) == [])
    }

    @Test func `an import of an excepted folder is left alone there only`() {
        #expect(ImportCheck.findings(in: swift("import Foundation", in: "Sources/Store/Vectors/File.swift"), table: table) == [])
        #expect(ImportCheck.findings(in: swift("import Foundation", in: "Sources/Store/File.swift"), table: table).count == 1)
    }

    @Test func `a module without a row is found`() {
        #expect(ImportCheck.findings(in: swift("", in: "Sources/Stray/File.swift"), table: table).count == 1)
    }

    @Test func `a target without a row, a row without a target and a folder without a target are found`() {
        let manifest = SourceFile(
            path: "Package.swift",
            text: """
                .systemLibrary(name: "CStore"),
                module("Base", []),
                module("Pure", []),
                module("Stray", []),
                .executableTarget(
                    name: "Host", dependencies: []),
                .target(name: "Support", path: "Tests/Support"),
                tests("Base", []),
                """)
        let messages = TableCheck.findings(table: table, manifest: manifest, folders: ["Base", "Attic"]).map(\.description)
        #expect(messages.count == 3)
        #expect(messages.contains { $0.contains("target Stray has no row") })
        #expect(messages.contains { $0.contains("Store has a row but is no target") })
        #expect(messages.contains { $0.contains("Sources/Attic") })
    }

    @Test func `an edge that points up is found`() {
        let upward = ModuleTable(page: "| 1 | `Low` | x | `High` | – |\n| 2 | `High` | x | `Missing` | – |")
        let manifest = SourceFile(path: "Package.swift", text: "module(\"Low\", [])\nmodule(\"High\", [])")
        let messages = TableCheck.findings(table: upward, manifest: manifest, folders: []).map(\.message)
        #expect(messages == ["Low may import High, which is not below it", "High may import Missing, which has no row"])
    }

    // MARK: Banned calls

    @Test(arguments: BannedCallCheck.bans.map(\.call))
    func `each banned call is found where it is banned`(call: String) {
        let closing = call.hasSuffix("(") ? "0)" : ""
        let prefix = call.hasPrefix(".") ? "values" : ""
        let findings = BannedCallCheck.findings(in: swift("import Base\nlet x = \(prefix)\(call)\(closing)\n"), table: table)
        #expect(findings.count == 1)
        #expect(findings.first?.line == 2)
    }

    @Test(
        arguments: [
            "let validDate = validDate()", "clock.time(at: 3)", "func time(at: Int) {}", "// Date()", "let text = \"fatalError()\"",
            "let s = #\"try! \"x\" \"#",
            "Int.random(in: 0...3, using: &generator)", "blueprint(x)", "account.print(x)", "let text = \"\"\"\n  print(\\(value))\n  \"\"\"",
            "/* a /* b */ getenv() */",
            "let t = \"\\(name(\"x\")) print(1)\"",
        ])
    func `what only looks like a banned call is left alone`(line: String) {
        #expect(BannedCallCheck.findings(in: swift(line), table: table) == [])
    }

    @Test func `code after a string and after a comment is still code`() {
        let file = swift("let a = \"x\\\"y\"; fatalError()\n/* c */ try! x()\nlet b = #\"\\\"#; print(b)\n")
        #expect(Set(BannedCallCheck.findings(in: file, table: table).map(\.line)) == [1, 2, 3])
    }

    @Test func `naming the system's module does not hide a call`() {
        #expect(BannedCallCheck.findings(in: swift("let now = Glibc.time(nil) + Foundation.Date()"), table: table).count == 2)
        #expect(BannedCallCheck.findings(in: swift("let now = clock.time(nil)"), table: table) == [])
    }

    @Test func `a call that hosts may make is left alone on their level`() {
        #expect(BannedCallCheck.findings(in: swift("print(1)", in: "Sources/Host/File.swift"), table: table) == [])
        #expect(BannedCallCheck.findings(in: swift("Date()", in: "Sources/Host/File.swift"), table: table).count == 1)
    }

    @Test func `an exception holds in its place only`() {
        #expect(BannedCallCheck.findings(in: swift("getenv(x)", in: "Sources/Store/Settings.swift"), table: table) == [])
        #expect(BannedCallCheck.findings(in: swift("getenv(x)", in: "Sources/Store/Other.swift"), table: table).count == 1)
    }

    @Test func `an exception that nothing needs is found`() {
        let files = [swift("getenv(x)", in: "Sources/Store/Settings.swift"), swift("// import Foundation", in: "Sources/Store/Vectors/File.swift")]
        let findings = BannedCallCheck.staleExceptions(in: files, table: table)
        #expect(findings.count == 1)
        #expect(findings.first?.message.contains("`import Foundation`") == true)
    }

    @Test(arguments: BannedCallCheck.toExplain)
    func `an unchecked promise without a comment is found, one with a comment is left alone`(promise: String) {
        let bare = swift("let x = 1\n\nfinal class C: \(promise) {}\n")
        let explained = swift("// \(promise) is sound: nothing changes after init.\n@frozen\nfinal class C: \(promise) {}\n")
        #expect(BannedCallCheck.findings(in: bare, table: table).map(\.line) == [3])
        #expect(BannedCallCheck.findings(in: explained, table: table) == [])
    }

    // MARK: Files

    @Test func `a file over the limit is found, one at the limit is left alone`() {
        let line = "let x = 1\n"
        #expect(FileCheck.findings(in: swift(String(repeating: line, count: FileCheck.maximumLines + 1))).count == 1)
        #expect(FileCheck.findings(in: swift(String(repeating: line, count: FileCheck.maximumLines))) == [])
    }

    @Test(arguments: FileCheck.looseEnds)
    func `a loose end is found`(word: String) {
        #expect(FileCheck.findings(in: swift("let x = 1  // \(word) later\n")).count == 1)
    }

    @Test func `a loose end with an issue is left alone`() {
        #expect(FileCheck.findings(in: swift("// \(FileCheck.looseEnds[0])(#12): later\n")) == [])
    }

    @Test(arguments: FileCheck.privatePlaces)
    func `a place on somebody's machine is found`(place: String) {
        #expect(FileCheck.findings(in: SourceFile(path: "README.md", text: "Look in \(place)anna.")).count == 1)
        #expect(FileCheck.findings(in: SourceFile(path: "README.md", text: "Look in shared\(place)anna.")) == [])
    }

    @Test(arguments: FileCheck.vagueEndings)
    func `a vague name is found`(ending: String) {
        #expect(FileCheck.findings(in: swift("package struct Block\(ending): Sendable {}\n")).count == 1)
        #expect(FileCheck.findings(in: swift("package struct \(ending)ialBlock {}\n// struct Block\(ending)\n")) == [])
    }

    // MARK: Formats

    @Test func `a format without its grammar is found`() {
        let path = "Sources/Store/FrameFormat.swift"
        #expect(GrammarCheck.findings(in: swift("import Base\n\nenum FrameFormat {}\n", in: path)).count == 1)
        #expect(GrammarCheck.findings(in: swift("/// A frame.\nenum FrameFormat {}\n", in: path)).count == 1)
        #expect(
            GrammarCheck.findings(in: swift("import Base\n\n/// A frame.\n///\n///     offset  width  field\nenum FrameFormat {}\n", in: path)) == [])
    }

    @Test func `limits without a first comment are found`() {
        let path = "Sources/Store/Limits.swift"
        #expect(GrammarCheck.findings(in: swift("enum Limits {}\n// Bounds.\n", in: path)).count == 1)
        #expect(GrammarCheck.findings(in: swift("/// Bounds what a reader of files allocates.\nenum Limits {}\n", in: path)) == [])
    }

    @Test func `a format missing from the index and a stale line of the index are found`() {
        let index = SourceFile(path: "formats.md", text: "- `Sources/A/OldFormat.swift`\n- `Sources/A/BFormat.swift`\n")
        let formats = ["Sources/A/BFormat.swift", "Sources/A/CFormat.swift"].map { SourceFile(path: $0, text: "") }
        let messages = GrammarCheck.findings(inIndex: index, formats: formats).map(\.message)
        #expect(messages == ["does not list Sources/A/CFormat.swift", "lists Sources/A/OldFormat.swift, which is not there"])
    }

    // MARK: Pages

    @Test func `a link that leads nowhere is found, links elsewhere are left alone`() {
        let page = SourceFile(
            path: "Documentation/page.md",
            text: """
                [here](other.md) and [up](../README.md#first), [folder](../Sources/), [web](https://example.org/x.md), [below](#part)
                `[code](nowhere.md)`
                ```
                [code](nowhere.md)
                ```
                [lost](nowhere.md) and [outside](../../README.md)
                """)
        let present: Set<String> = ["Documentation/other.md", "README.md", "Sources"]
        let findings = LinkCheck.findings(in: page) { present.contains($0) }
        #expect(findings.map(\.line) == [6, 6])
    }

    @Test func `a page that its index forgets is found`() {
        let index = SourceFile(path: "d/README.md", text: "- [One](0001-one.md)\n")
        #expect(LinkCheck.findings(inIndex: index, pages: ["0001-one.md", "0002-two.md"]).map(\.message) == ["does not link to 0002-two.md"])
    }

    @Test func `a contract's folder that differs from the others is found`() {
        let usual = ["README.md", "cases/", "errors.md"]
        let folders = [("a", usual), ("b", usual), ("c", ["README.md", "cases/", "notes.txt"])].map { (name: $0.0, contents: $0.1) }
        #expect(
            SpecificationCheck.findings(folders: folders).map(\.message) == [
                "has no errors.md, which the others have", "has notes.txt, which the others do not have",
            ])
        #expect(SpecificationCheck.findings(folders: Array(folders.prefix(2))) == [])
    }
}
