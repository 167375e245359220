/// Equality of the UTF-8 bytes; Swift's own `==` would also call canonically equivalent texts equal.
@inline(__always)
func sameBytes(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}

/// Order of the UTF-8 bytes, the order of keys in the state.
@inline(__always)
func bytesPrecede(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}
