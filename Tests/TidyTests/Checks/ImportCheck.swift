/// Every import of a module must be in its row of the table.
enum ImportCheck {
    /// Part of the language: allowed everywhere.
    static let ofTheLanguage: Set<String> = ["Swift", "Synchronization"]

    /// Allowed without a row's word from this level on: the parts that own the clock, the files and the terminal.
    static let levelOfHosts = 7
    static let ofTheSystem: Set<String> = ["Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin", "Dispatch"]

    static func findings(in file: SourceFile, table: ModuleTable) -> [Finding] {
        guard let module = file.module else { return [] }
        guard let row = table.row(of: module) else {
            return [
                Finding(path: file.path, line: 0, message: "module \(module) has no row in ARCHITECTURE.md; add one that says what it may import")
            ]
        }
        return self.imports(of: file).compactMap { line, name in
            guard !self.isAllowed(name, for: row, table: table), !table.isExcepted("import \(name)", in: file.path) else { return nil }
            return Finding(path: file.path, line: line, message: "\(module) may not import \(name): its row in ARCHITECTURE.md does not name it")
        }
    }

    static func isAllowed(_ name: String, for row: ModuleTable.Row, table: ModuleTable) -> Bool {
        if self.ofTheLanguage.contains(name) || row.imports.contains(name) || row.outside.contains(name) { return true }
        if row.level >= self.levelOfHosts, self.ofTheSystem.contains(name) { return true }
        guard let imported = table.row(of: name), !row.importsNothing, imported.module != row.module else { return false }
        return imported.isForAll && imported.level <= row.level || row.importsEverythingBelow && imported.level < row.level
    }

    /// The imports of a file with their lines. `import struct X.Y` and `@testable public import X` count as imports of X.
    static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
        let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        let code = String(decoding: CodeOnly(file.text).bytes, as: UTF8.self)
        var imports: [(line: Int, module: String)] = []
        for (index, line) in code.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where line.contains("import") {
            // One line may hold several statements.
            for statement in line.split(separator: ";") {
                var words = statement.split(separator: " ")[...]
                while let first = words.first, first.hasPrefix("@") || modifiers.contains(first) { words = words.dropFirst() }
                guard words.first == "import" else { continue }
                words = words.dropFirst()
                if let first = words.first, kinds.contains(first) { words = words.dropFirst() }
                guard let name = words.first?.split(separator: ".").first else { continue }
                imports.append((index + 1, String(name)))
            }
        }
        return imports
    }
}
