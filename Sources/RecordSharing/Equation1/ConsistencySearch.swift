/// Finds out which of more than t shares contradict the others: the code has distance n - t + 1, so half the surplus can be corrected.
///
/// Sets of suspects are tried from the smallest on; the first whose removal leaves consistent shares is the only one of at most (tau - t) / 2, because
/// two records agree in fewer than t shares. Inverses are kept, as many suspect sets leave the same first t shares.
struct ConsistencySearch<Field: PrimeField> {
    let code: Equation1Code<Field>
    let received: [Int: [Field.Element]]
    private var inverses: [[Int]: [[Field.Element]]] = [:]

    init(code: Equation1Code<Field>, received: [Int: [Field.Element]]) {
        self.code = code
        self.received = received
    }

    /// The consistent shares and the wrong ones; throws `inconsistentShares` if too many disagree.
    mutating func split(_ indexes: [Int]) throws(LightweightSharingError) -> (good: [Int], wrong: [Int]) {
        if try isConsistent(indexes) { return (indexes, []) }
        let correctable = (indexes.count - code.plan.threshold) / 2
        let threshold = code.plan.threshold
        let allowed = min(Limits.suspectSets, Limits.suspectProducts / (2 * threshold * threshold * threshold))
        var tried = 0
        for size in 1..<max(1, correctable + 1) {
            var choice = Array(0..<size)
            repeat {
                tried += 1
                guard tried <= allowed else { throw .inconsistentShares }
                let suspects = Set(choice)
                let rest = indexes.enumerated().filter { !suspects.contains($0.offset) }.map(\.element)
                if try isConsistent(rest) { return (rest, choice.map { indexes[$0] }) }
            } while Self.advance(&choice, below: indexes.count)
        }
        throw .inconsistentShares
    }

    /// Whether the shares after the first t are what the first t imply, in every block.
    private mutating func isConsistent(_ indexes: [Int]) throws(LightweightSharingError) -> Bool {
        let threshold = code.plan.threshold
        guard indexes.count > threshold else { return true }
        let base = Array(indexes.prefix(threshold))
        let inverse = try inverse(base)
        let field = code.field
        for block in 0..<code.plan.blocks {
            let numbers = base.map { value($0, block) }
            let solved = inverse.map { field.dot($0, numbers) }
            for index in indexes.dropFirst(threshold) where field.dot(code.matrix[index - 1], solved) != value(index, block) { return false }
        }
        return true
    }

    private func value(_ index: Int, _ block: Int) -> Field.Element {
        received[index]?[block] ?? code.field.element(0)
    }

    /// The inverse of the rows of these shares, by Gauss-Jordan elimination; throws `fieldTooSmall` if there is none.
    mutating func inverse(_ indexes: [Int]) throws(LightweightSharingError) -> [[Field.Element]] {
        if let known = inverses[indexes] { return known }
        let field = code.field
        let size = indexes.count
        var left = indexes.map { code.matrix[$0 - 1] }
        var right = (0..<size).map { row in (0..<size).map { field.element($0 == row ? 1 : 0) } }
        let zero = field.element(0)
        for column in 0..<size {
            guard let pivot = (column..<size).first(where: { left[$0][column] != zero }), let scale = field.inverse(left[pivot][column]) else {
                throw .fieldTooSmall(shares: code.plan.count)
            }
            left.swapAt(pivot, column)
            right.swapAt(pivot, column)
            left[column] = left[column].map { field.multiply($0, scale) }
            right[column] = right[column].map { field.multiply($0, scale) }
            for row in 0..<size where row != column && left[row][column] != zero {
                let factor = left[row][column]
                for place in 0..<size {
                    left[row][place] = field.subtract(left[row][place], field.multiply(factor, left[column][place]))
                    right[row][place] = field.subtract(right[row][place], field.multiply(factor, right[column][place]))
                }
            }
        }
        inverses[indexes] = right
        return right
    }

    /// The next choice of as many different ascending numbers below `limit`; false after the last.
    private static func advance(_ choice: inout [Int], below limit: Int) -> Bool {
        var place = choice.count - 1
        while place >= 0, choice[place] == limit - choice.count + place { place -= 1 }
        guard place >= 0 else { return false }
        choice[place] += 1
        for later in place + 1..<max(place + 1, choice.count) { choice[later] = choice[later - 1] + 1 }
        return true
    }
}
