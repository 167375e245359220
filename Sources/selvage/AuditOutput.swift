import Audit

/// Writes what an audit gives as it comes: no list of all transactions is ever held.
///
/// The first byte is written with the first transaction or the result, so that an audit that cannot begin prints nothing.
final class AuditOutput {
    private let format: OutputFormat
    /// What is to be closed in JSON, innermost last.
    private var open: [String] = []
    private var isFirstRow = true
    private var isFirstCopy = true
    private var copyName: String?

    init(_ format: OutputFormat) {
        self.format = format
    }

    /// Whether rows are wanted at all; as text only the counts are printed.
    var takesRows: Bool { self.format == .json }

    // MARK: A ledger of ours: {"transactions": [...], and the keys of the report}

    func row(_ transaction: AuditReport.Transaction) throws {
        if self.open.isEmpty {
            Console.line("{\n\"transactions\" : [")
            self.open = ["]", "}"]
        }
        try self.append(transaction)
    }

    func finish(_ report: AuditReport) throws {
        guard self.takesRows else {
            Console.line(report.text)
            return
        }
        let json = try report.json()
        if self.open.isEmpty {
            Console.line(json)
        } else {
            Console.line("],")
            Console.line(String(json.drop { $0 == "{" || $0 == "\n" }))
        }
        self.open = []
    }

    // MARK: Copies of Fabric's blocks: {"copies": [{"name": ..., "transactions": [...], "summary": {...}}], and the keys of the report}

    func begin(copy name: String) {
        self.copyName = name
        guard self.takesRows else { return }
        if self.isFirstCopy { Console.line("{\n\"copies\" : [") }
        Console.line((self.isFirstCopy ? "" : ",") + "{ \"name\" : \(Self.quoted(name)),\n\"transactions\" : [")
        self.isFirstCopy = false
        self.isFirstRow = true
        self.open = ["]}", "]", "}"]
    }

    func rowOfCopy(_ transaction: AuditReport.Transaction) throws { try self.append(transaction) }

    func end(copy: FabricReport.Copy, isOnly: Bool) throws {
        guard self.takesRows else {
            if !isOnly { Console.line("== \(copy.name)") }
            Console.line(copy.report.text + (isOnly ? "" : "\n"))
            return
        }
        Console.line("],\n\"summary\" : \(try copy.report.json()) }")
        self.open = ["]", "}"]
    }

    func finish(_ report: FabricReport) throws {
        guard self.takesRows else {
            if !report.comparisonText.isEmpty { Console.line(report.comparisonText) }
            if report.copies.count > 1 { Console.line(report.verdict) }
            return
        }
        Console.line("],")
        Console.line(String(try report.json().drop { $0 == "{" || $0 == "\n" }))
        self.open = []
    }

    /// Closes what was begun: standard output is one JSON document even when a file could not be read half-way.
    func fail(_ reason: String) {
        guard !self.open.isEmpty, let last = self.open.popLast() else { return }
        for bracket in self.open { Console.line(bracket) }
        Console.line(",\"good\" : false, \"error\" : \(Self.quoted(reason)) \(last)")
        self.open = []
    }

    private func append(_ transaction: AuditReport.Transaction) throws {
        Console.line((self.isFirstRow ? "" : ",") + (try transaction.json()))
        self.isFirstRow = false
    }

    /// A JSON string.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
