/// The linear code of Eq. (1) over one field: n numbers from t, and back from any t of them.
struct Equation1Code<Field: PrimeField> {
    let plan: Equation1Plan
    let field: Field
    /// The matrix M of Eq. (11), n rows of t.
    let matrix: [[Field.Element]]
    /// The second branch of Eq. (1): s_(t+j) is the sum over m = 1...t of s_m / (j + m), so these weigh shares, not sub-messages.
    private let parityWeights: [[Field.Element]]

    init(_ plan: Equation1Plan, field: Field) throws(LightweightSharingError) {
        self.plan = plan
        self.field = field
        var rows: [[Field.Element]] = [[Field.Element](repeating: field.element(1), count: plan.threshold)]
        for index in 1..<plan.threshold {
            var row = rows[index - 1].map { field.add($0, $0) }
            row[index] = field.add(row[index], field.element(index))
            row[index - 1] = field.subtract(row[index - 1], field.element(index))
            rows.append(row)
        }
        var inverses: [Field.Element] = []
        for number in 1...plan.count {
            guard let inverse = field.inverse(field.element(number)) else { throw .fieldTooSmall(shares: plan.count) }
            inverses.append(inverse)
        }
        let cauchy = (1..<max(1, plan.count - plan.threshold + 1)).map { parity in (0..<plan.threshold).map { inverses[parity + $0] } }
        for weights in cauchy {
            let row = (0..<plan.threshold).map { column in field.dot(weights, (0..<plan.threshold).map { rows[$0][column] }) }
            rows.append(row)
        }
        parityWeights = cauchy
        matrix = rows
    }

    /// The sub-messages of one block as the interleaver deals them, not reduced.
    func subMessages(_ record: UnsafeBufferPointer<UInt8>, block: Int) -> [Field.Element] {
        let start = block * plan.threshold * plan.width
        return (0..<plan.threshold).map {
            field.gather(record, limit: plan.bitCount, first: start + $0, stride: plan.threshold, width: plan.width)
        }
    }

    /// The n numbers of one block: s_1 = sum of x; s_i = 2 s_(i-1) + (i-1)(x_i - x_(i-1)), the linear-time form; then Cauchy sums over these t shares.
    func encode(_ values: [Field.Element]) -> [Field.Element] {
        var result: [Field.Element] = [values.reduce(field.element(0), field.add)]
        for index in 1..<plan.threshold {
            let step = field.multiply(field.element(index), field.subtract(values[index], values[index - 1]))
            result.append(field.add(field.add(result[index - 1], result[index - 1]), step))
        }
        let parity = parityWeights.map { field.dot($0, result) }
        return result + parity
    }

    /// The payloads of all shares. With `unchecked` values at or above p are reduced silently, as the literal Eq. (1) does.
    func split(_ record: [UInt8], unchecked: Bool = false) throws(LightweightSharingError) -> [[UInt8]] {
        var payloads = [[UInt8]](repeating: [], count: plan.count)
        let bytes = plan.elementBytes
        for index in 0..<plan.count { payloads[index].reserveCapacity(bytes * plan.blocks) }
        for block in 0..<plan.blocks {
            var values = record.withUnsafeBufferPointer { subMessages($0, block: block) }
            for (index, value) in values.enumerated() where !field.isReduced(value) {
                guard unchecked else { throw .valueNotRepresentable(subMessage: index + 1, block: block) }
                values[index] = field.reduce(value)
            }
            for (index, value) in encode(values).enumerated() { field.append(value, count: bytes, to: &payloads[index]) }
        }
        return payloads
    }

    func recover(_ shares: [(index: Int, payload: [UInt8])]) throws(LightweightSharingError) -> LightweightRecovery {
        var received: [Int: [Field.Element]] = [:]
        for share in shares {
            guard (1...plan.count).contains(share.index) else { throw .indexOutOfRange(share.index) }
            guard received[share.index] == nil else { throw .duplicateIndex(share.index) }
            received[share.index] = try elements(of: share)
        }
        guard received.count >= plan.threshold else { throw .notEnoughShares(given: received.count, needed: plan.threshold) }
        let indexes = received.keys.sorted()
        var search = ConsistencySearch(code: self, received: received)
        let (good, wrong) = try search.split(indexes)
        return LightweightRecovery(record: try decode(search.inverse(Array(good.prefix(plan.threshold))), received, good), wrongShares: wrong)
    }

    private func elements(of share: (index: Int, payload: [UInt8])) throws(LightweightSharingError) -> [Field.Element] {
        let bytes = plan.elementBytes
        guard share.payload.count == bytes * plan.blocks else {
            throw .shareLengthMismatch(index: share.index, expected: bytes * plan.blocks, found: share.payload.count)
        }
        var elements: [Field.Element] = []
        elements.reserveCapacity(plan.blocks)
        for block in 0..<plan.blocks {
            guard let element = field.element(bigEndian: share.payload[block * bytes..<(block + 1) * bytes]) else {
                throw .elementOutOfRange(index: share.index, block: block)
            }
            elements.append(element)
        }
        return elements
    }

    /// Multiplies each block by the inverse and deals the bits back.
    private func decode(
        _ inverse: [[Field.Element]], _ received: [Int: [Field.Element]], _ good: [Int]
    ) throws(LightweightSharingError) -> [UInt8] {
        let columns = good.prefix(plan.threshold).map { received[$0] ?? [] }
        var record = [UInt8](repeating: 0, count: plan.recordBytes)
        for block in 0..<plan.blocks {
            let numbers = columns.map { $0[block] }
            let start = block * plan.threshold * plan.width
            for row in 0..<plan.threshold {
                let value = field.dot(inverse[row], numbers)
                let outcome = record.withUnsafeMutableBufferPointer {
                    field.scatter(value, into: $0, limit: plan.bitCount, first: start + row, stride: plan.threshold, width: plan.width)
                }
                switch outcome {
                case .done: continue
                case .paddingNotZero: throw .paddingNotZero
                case .tooWide: throw .valueNotRepresentable(subMessage: row + 1, block: block)
                }
            }
        }
        return record
    }
}
