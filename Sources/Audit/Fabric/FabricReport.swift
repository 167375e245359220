/// What the audit of a Fabric chain found in all its copies.
package struct FabricReport: Sendable {
    /// One copy.
    package struct Copy: Sendable {
        package let name: String
        package let report: AuditReport
    }

    /// What comparing the copies with each other gave.
    package struct Comparison: Hashable, Sendable, Encodable {
        /// Block numbers that at least two copies have.
        package var blocks: UInt64 = 0
        /// Of them, how many have other signatures in slot 0 in some copy: orderers sign one block in different selections.
        package var differentSignatures: UInt64 = 0
        /// Copies that end before the longest: name and number of blocks.
        package var shorter: [ShorterCopy] = []

        package struct ShorterCopy: Hashable, Sendable, Encodable {
            package let name: String
            package let blocks: UInt64
            package let longest: UInt64
        }
    }

    package internal(set) var copies: [Copy] = []
    package internal(set) var setAside: [FabricCopies.SetAside] = []
    /// Nil when there is one copy only.
    package internal(set) var comparison: Comparison?
    /// Where copies differ.
    package internal(set) var findings: [AuditFinding] = []

    /// True when nothing that was checked is wrong.
    package var isGood: Bool { self.findings.isEmpty && self.copies.allSatisfy(\.report.isGood) }
}
