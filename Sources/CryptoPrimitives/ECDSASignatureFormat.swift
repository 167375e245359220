//  signature = 30 length integer(r) integer(s)          nothing after it
//  integer   = 02 length content                        content: big-endian, positive, no needless leading zero
//  length    = one byte below 80                        both curves stay under 128 bytes
//
// This is DER as ITU-T X.690 has it. Go's parser, and so Fabric, also takes bytes after the signature; we refuse them: two encodings of one
// signature would be two different transactions with one meaning. Every Fabric client writes exactly this form.

/// The DER form of an ECDSA signature, to and from r || s of fixed width.
enum ECDSASignatureFormat {
    /// Reads strict DER into r || s, `width` bytes each; nil for anything that is not the one encoding of two positive numbers of that width.
    static func parse(_ der: [UInt8], width: Int) -> [UInt8]? {
        guard der.count >= 8, der[0] == 0x30, der[1] < 0x80, Int(der[1]) == der.count - 2 else { return nil }
        var numbers = [UInt8](repeating: 0, count: 2 * width)
        var position = 2
        for end in [width, 2 * width] {
            guard position + 2 <= der.count, der[position] == 0x02 else { return nil }
            let length = Int(der[position + 1])
            var start = position + 2
            position = start + length
            guard length >= 1, length < 0x80, position <= der.count else { return nil }
            guard der[start] < 0x80 else { return nil }
            if der[start] == 0, length > 1 {
                guard der[start + 1] >= 0x80 else { return nil }
                start += 1
            }
            guard position - start <= width else { return nil }
            numbers.replaceSubrange(end - (position - start)..<end, with: der[start..<position])
        }
        return position == der.count ? numbers : nil
    }

    /// Writes r || s, of equal width, as DER.
    static func encode(_ numbers: [UInt8]) -> [UInt8] {
        let width = numbers.count / 2
        let content = integer(numbers.prefix(width)) + integer(numbers.suffix(width))
        return [0x30, UInt8(content.count)] + content
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var content = Array(bytes.drop { $0 == 0 })
        if content.first.map({ $0 >= 0x80 }) ?? true { content.insert(0, at: 0) }
        return [0x02, UInt8(content.count)] + content
    }
}
