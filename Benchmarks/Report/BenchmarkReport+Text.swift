import Foundation

extension BenchmarkReport {
    private static let widths = [62, 12, 48, 8, 16]

    /// The report as tables for people.
    var text: String {
        var lines = [self.machine.text]
        for entry in self.cases {
            lines.append("")
            lines.append("\(entry.name.rawValue): \(entry.title)")
            lines.append("  \(entry.iterations)")
            lines.append(Self.row(["figure", "median", "reference", "ratio", "limit"]))
            for figure in entry.figures { lines.append(Self.row(Self.cells(of: figure))) }
        }
        return lines.joined(separator: "\n")
    }

    /// The report as JSON, keys sorted.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    private static func cells(of figure: Figure) -> [String] {
        var cells = [figure.name, "\(self.number(figure.value)) \(figure.unit)"]
        if let reference = figure.reference {
            cells += ["\(reference.name): \(self.number(reference.value))", self.number(reference.ratio)]
            if let limit = reference.limit { cells.append("<= \(self.number(limit)) \(figure.isGood ? "met" : "MISSED")") }
        }
        guard let target = figure.target else { return cells }
        cells += [String](repeating: "", count: max(0, 4 - cells.count))
        switch target {
        case .atMost(let bound): cells.append("<= \(self.number(bound)) \(figure.unit) \(figure.isGood ? "met" : "MISSED")")
        case .atLeast(let bound): cells.append(">= \(self.number(bound)) \(figure.unit) \(figure.isGood ? "met" : "MISSED")")
        }
        return cells
    }

    private static func row(_ cells: [String]) -> String {
        let padded = zip(cells, self.widths).map { cell, width in cell + String(repeating: " ", count: max(1, width - cell.count)) }
        let line = "  " + padded.joined()
        return String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// Three significant digits or so.
    private static func number(_ value: Double) -> String {
        let digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 4
        return String(format: "%.\(digits)f", value)
    }
}
