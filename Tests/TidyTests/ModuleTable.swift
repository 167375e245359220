/// The tables of ARCHITECTURE.md that the checks enforce.
struct ModuleTable: Sendable {
    struct Row: Equatable, Sendable {
        let module: String
        let level: Int
        /// Marked with a star: every module may import it, unless its row says "nothing at all".
        let isForAll: Bool
        /// Modules of this package, besides those marked with a star.
        let imports: Set<String>
        /// Modules of other packages and of the system.
        let outside: Set<String>
        /// "nothing at all": not even the modules marked with a star.
        let importsNothing: Bool
        /// "everything below": every module of a lower level.
        let importsEverythingBelow: Bool
    }

    /// One place where a rule does not hold.
    struct Exception: Hashable, Sendable {
        let call: String
        /// A file, or a folder when it ends in a slash.
        let place: String

        func covers(_ path: String) -> Bool {
            self.place.hasSuffix("/") ? path.hasPrefix(self.place) : path == self.place
        }
    }

    let rows: [Row]
    let exceptions: [Exception]

    /// Reads a page: rows of five cells that begin with a level, and rows of three cells of which the second is a path in backticks.
    init(page: String) {
        var rows: [Row] = []
        var exceptions: [Exception] = []
        for line in page.split(separator: "\n") where line.hasPrefix("|") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map(Self.trimmed)
            if cells.count == 5, let level = Int(cells[0].prefix { $0.isNumber }) {
                for module in Self.quoted(cells[1]) {
                    rows.append(
                        Row(
                            module: module, level: level, isForAll: cells[0].hasSuffix("*"), imports: Set(Self.quoted(cells[3])),
                            outside: Set(Self.quoted(cells[4])), importsNothing: cells[3] == "nothing at all",
                            importsEverythingBelow: cells[3] == "everything below"))
                }
            } else if cells.count == 3, let call = Self.quoted(cells[0]).first, let place = Self.quoted(cells[1]).first, place.contains("/") {
                exceptions.append(Exception(call: call, place: place))
            }
        }
        self.rows = rows
        self.exceptions = exceptions
    }

    func row(of module: String) -> Row? {
        self.rows.first { $0.module == module }
    }

    func isExcepted(_ call: String, in path: String) -> Bool {
        self.exceptions.contains { $0.call == call && $0.covers(path) }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// The pieces of a cell that stand between backticks.
    private static func quoted(_ cell: String) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}
