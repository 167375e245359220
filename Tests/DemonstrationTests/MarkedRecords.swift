import CryptoPrimitives
import Foundation

@testable import Demonstration

/// Small synthetic records, each with a family name that is nowhere else.
enum MarkedRecords {
    static let markers = ["Zyxqvuthelmgard", "Wjqkzopvandrel"]

    static func make() throws -> [MedicalRecord] {
        try zip(self.markers, SyntheticRecords(seed: 1303).records(sizes: [5_000, 5_000])).map { marker, record in
            let text = String(decoding: record.bytes, as: UTF8.self).replacingOccurrences(of: "Testperson", with: marker)
            return MedicalRecord(name: record.name, bytes: Array(text.utf8))
        }
    }

    static func search(_ records: [MedicalRecord]) -> LeakSearch {
        zip(self.markers, records).map { LeakSearch(record: $1.bytes, marker: $0) }.reduce(LeakSearch([]), +)
    }
}
