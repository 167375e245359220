import Foundation

extension Account: Encodable {
    private enum CodingKeys: String, CodingKey {
        case directory, stages, figures, milliseconds, good
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.directory, forKey: .directory)
        try container.encode(self.stages, forKey: .stages)
        try container.encode(self.figures, forKey: .figures)
        try container.encode(self.milliseconds, forKey: .milliseconds)
        try container.encode(self.isGood, forKey: .good)
    }

    /// The account as JSON, keys sorted.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
