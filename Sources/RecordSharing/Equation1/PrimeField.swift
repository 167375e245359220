/// Arithmetic modulo a prime, and the interleaver's moves between record bits and numbers of `width` bits.
protocol PrimeField {
    associatedtype Element: Equatable

    func element(_ small: Int) -> Element
    func add(_ left: Element, _ right: Element) -> Element
    func subtract(_ left: Element, _ right: Element) -> Element
    func multiply(_ left: Element, _ right: Element) -> Element
    /// Nil for zero.
    func inverse(_ value: Element) -> Element?
    func reduce(_ value: Element) -> Element
    func isReduced(_ value: Element) -> Bool

    /// The number of `width` bits at `first`, `first + stride`, ... of the record, highest first; bits from `limit` on are zero. Not reduced.
    func gather(_ record: UnsafeBufferPointer<UInt8>, limit: Int, first: Int, stride: Int, width: Int) -> Element
    /// Puts the low `width` bits back; false if a bit at or beyond `limit` is set or the number is wider.
    func scatter(_ value: Element, into record: UnsafeMutableBufferPointer<UInt8>, limit: Int, first: Int, stride: Int, width: Int) -> Scattering

    /// Nil if the bytes are not a reduced number.
    func element(bigEndian bytes: ArraySlice<UInt8>) -> Element?
    func append(_ value: Element, count: Int, to bytes: inout [UInt8])
}

/// What became of a recovered number.
enum Scattering {
    case done, paddingNotZero, tooWide
}

extension PrimeField {
    func dot(_ row: [Element], _ values: [Element]) -> Element {
        var sum = element(0)
        for index in 0..<row.count { sum = add(sum, multiply(row[index], values[index])) }
        return sum
    }
}
