/// The table, Package.swift and the folders of `Sources` name the same modules, and no edge of the table points up.
enum TableCheck {
    static func findings(table: ModuleTable, manifest: SourceFile, folders: [String]) -> [Finding] {
        var findings: [Finding] = []
        let rows = Set(table.rows.map(\.module))
        let targets = Set(self.targets(of: manifest))
        for target in targets.subtracting(rows).sorted() {
            findings.append(Finding(path: manifest.path, line: 0, message: "target \(target) has no row in ARCHITECTURE.md"))
        }
        for module in rows.subtracting(targets).sorted() {
            findings.append(Finding(path: "ARCHITECTURE.md", line: 0, message: "\(module) has a row but is no target of Package.swift"))
        }
        for folder in Set(folders).subtracting(targets).sorted() {
            findings.append(Finding(path: "Sources/\(folder)", line: 0, message: "this folder is no target of Package.swift"))
        }
        for row in table.rows {
            for name in row.imports.sorted() {
                guard let imported = table.row(of: name) else {
                    findings.append(Finding(path: "ARCHITECTURE.md", line: 0, message: "\(row.module) may import \(name), which has no row"))
                    continue
                }
                if imported.level >= row.level {
                    findings.append(Finding(path: "ARCHITECTURE.md", line: 0, message: "\(row.module) may import \(name), which is not below it"))
                }
            }
        }
        return findings
    }

    /// The names of the targets under `Sources`. Targets of tests, and those with a path of their own in `Tests`, are left out.
    static func targets(of manifest: SourceFile) -> [String] {
        let openings = ["module(", ".target(", ".systemLibrary(", ".executableTarget("]
        var targets: [String] = []
        let pieces = manifest.text.split(separator: "\n").map { $0.drop { $0 == " " } }
        for (index, line) in pieces.enumerated() {
            guard let opening = openings.first(where: { line.hasPrefix($0) }) else { continue }
            // A call broken over lines has its name on the next one.
            let rest = line.dropFirst(opening.count)
            let head = rest.isEmpty && index + 1 < pieces.count ? pieces[index + 1] : rest
            let quoted = head.split(separator: "\"", omittingEmptySubsequences: false)
            let isName = head.hasPrefix("\"") || head.hasPrefix("name: \"")
            guard isName, quoted.count > 1, !line.contains("path: \"Tests/") else { continue }
            targets.append(String(quoted[1]))
        }
        return targets
    }
}
