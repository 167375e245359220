/// What every file written by hand keeps to: its size, no loose ends, no paths of somebody's machine, no vague names.
enum FileCheck {
    static let maximumLines = 600

    /// Assembled so that this file does not break its own rule.
    static let looseEnds = ["TO" + "DO", "FIX" + "ME", "<<<<" + "<<< ", ">>>>" + ">>> "]

    /// Where somebody's own files are; a page or a source that names such a place works on one machine only.
    static let privatePlaces = ["/ho" + "me/", "/Us" + "ers/", "/ro" + "ot/", "/wo" + "rk/"]

    /// Endings of type names that say nothing about the type.
    static let vagueEndings = ["Manager", "Helper", "Helpers", "Utils", "Util", "Utilities"]

    static func findings(in file: SourceFile) -> [Finding] {
        var findings: [Finding] = []
        let lines = file.lines
        if file.isSwift, lines.count > self.maximumLines {
            findings.append(
                Finding(path: file.path, line: 0, message: "\(lines.count) lines; the limit is \(self.maximumLines): split it by concept"))
        }
        for (index, line) in lines.enumerated() {
            for word in self.looseEnds where line.contains(word) && !line.contains(word + "(#") {
                findings.append(Finding(path: file.path, line: index + 1, message: "\(word): finish it, or name an issue as in \(word)(#12)"))
            }
            for place in self.privatePlaces where self.names(place, in: line) {
                findings.append(Finding(path: file.path, line: index + 1, message: "names a place on somebody's machine, \(place)"))
            }
        }
        return findings + self.vagueNames(in: file)
    }

    /// A path that only ends with these letters, such as `shared/work/x`, is not meant.
    private static func names(_ place: String, in line: Substring) -> Bool {
        guard let range = line.firstRange(of: place) else { return false }
        guard range.lowerBound > line.startIndex else { return true }
        let before = line[line.index(before: range.lowerBound)]
        return !(before.isLetter || before.isNumber || before == "." || before == "_" || before == "-" || before == "}")
    }

    private static func vagueNames(in file: SourceFile) -> [Finding] {
        guard file.isSwift else { return [] }
        let code = CodeOnly(file.text)
        return ["struct ", "class ", "enum ", "actor ", "protocol "].flatMap { keyword in
            code.offsets(of: keyword).compactMap { offset -> Finding? in
                guard !code.isNamePart(at: offset - 1) else { return nil }
                let name = code.rest(from: offset + keyword.utf8.count).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                guard let ending = self.vagueEndings.first(where: { name.hasSuffix($0) }) else { return nil }
                return Finding(path: file.path, line: code.line(at: offset), message: "\(name): say what it does; \(ending) fits anything")
            }
        }
    }
}
