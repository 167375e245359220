import LedgerModel

/// Compares copies of one chain block by block: header, data and what the orderers signed must be equal, their signatures need not.
///
/// The blocks are read a second time, one number at a time, so that memory does not grow with the chain.
struct CopyComparison {
    private let copies: [BlockFolder]
    private(set) var result = FabricReport.Comparison()
    private(set) var findings: [AuditFinding] = []

    init(_ copies: [BlockFolder]) {
        self.copies = copies
    }

    /// What a block is to every copy.
    private struct Essence: Equatable {
        let header: [UInt8]
        let envelopes: [[UInt8]]
        let signedValue: [UInt8]
        /// All of slot 0.
        let signatures: [UInt8]

        init?(_ bytes: [UInt8]) {
            guard let block = try? OrderedBlock(serialized: bytes), let slot = try? BlockSignatures(slot: block.metadata(.signatures)) else {
                return nil
            }
            self.header = block.headerBytes
            self.envelopes = block.envelopes
            self.signedValue = slot.value
            self.signatures = block.metadata(.signatures)
        }

        /// What differs from another copy's block of the same number and may not.
        func difference(from other: Essence) -> String? {
            if self.header != other.header { return "another header" }
            if self.envelopes != other.envelopes { return "other data under the same header" }
            return self.signedValue == other.signedValue ? nil : "another value that the orderers signed"
        }
    }

    /// Compares all; the same instance is returned with its result.
    consuming func run() throws(AuditError) -> CopyComparison {
        let heights = self.copies.map(\.unbrokenHeight)
        let longest = heights.max() ?? 0
        for (copy, height) in zip(self.copies, heights) where height < longest {
            self.result.shorter.append(.init(name: copy.name, blocks: height, longest: longest))
        }
        for number in 0..<longest {
            var reference: (name: String, essence: Essence)?
            var count = 0
            var hasOtherSignatures = false
            for (copy, height) in zip(self.copies, heights) where number < height {
                guard let essence = Essence(try copy.bytes(of: copy.files[Int(number)])) else { continue }
                count += 1
                guard let first = reference else {
                    reference = (copy.name, essence)
                    continue
                }
                if let difference = essence.difference(from: first.essence) {
                    self.add(
                        AuditFinding(.chain, block: number, expected: "the block that \(first.name) has", found: "\(difference) in \(copy.name)"))
                }
                if essence.signatures != first.essence.signatures { hasOtherSignatures = true }
            }
            if count > 1 { self.result.blocks += 1 }
            if hasOtherSignatures { self.result.differentSignatures += 1 }
        }
        return self
    }

    private mutating func add(_ finding: AuditFinding) {
        if self.findings.count < AuditLimits.listedFindings { self.findings.append(finding) }
    }
}
