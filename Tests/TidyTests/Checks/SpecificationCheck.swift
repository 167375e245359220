/// Every contract's folder has the same shape, so that a reader who knows one knows all.
enum SpecificationCheck {
    /// Compares the names in each folder with those that most folders have.
    static func findings(folders: [(name: String, contents: [String])]) -> [Finding] {
        var counts: [String: Int] = [:]
        for folder in folders {
            for name in folder.contents { counts[name, default: 0] += 1 }
        }
        let usual = Set(counts.filter { $0.value * 2 > folders.count }.keys)
        return folders.flatMap { folder -> [Finding] in
            let contents = Set(folder.contents)
            let path = "chaincode-specs/\(folder.name)"
            return usual.subtracting(contents).sorted().map { Finding(path: path, line: 0, message: "has no \($0), which the others have") }
                + contents.subtracting(usual).sorted().map { Finding(path: path, line: 0, message: "has \($0), which the others do not have") }
        }
    }
}
