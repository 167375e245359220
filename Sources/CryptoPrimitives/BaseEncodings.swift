/// Hexadecimal text, two digits a byte.
package enum Base16 {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Lower-case hexadecimal.
    package static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (index, byte) in bytes.enumerated() {
                buffer[2 * index] = digits[Int(byte >> 4)]
                buffer[2 * index + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    /// The lower-case digits as ASCII.
    package static func digits(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes.count * 2) { buffer, count in
            digits.withUnsafeBufferPointer { digits in
                for byte in bytes {
                    buffer[count] = digits[Int(byte >> 4)]
                    buffer[count + 1] = digits[Int(byte & 15)]
                    count += 2
                }
            }
        }
    }

    /// The bytes of a text of hexadecimal digits in either case; nil for an odd length or any other character.
    package static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for character in text.utf8 {
            guard let digit = value(of: character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// Base64 with the standard alphabet and padding (RFC 4648 section 4), on one line.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let invalid: UInt8 = 0xff
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    package static func encode(_ bytes: [UInt8]) -> String {
        let length = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: length) { buffer in
            var out = 0
            var index = 0
            while index < bytes.count {
                let left = bytes.count - index
                let second = left > 1 ? bytes[index + 1] : 0
                let third = left > 2 ? bytes[index + 2] : 0
                let word = UInt32(bytes[index]) << 16 | UInt32(second) << 8 | UInt32(third)
                buffer[out] = alphabet[Int(word >> 18)]
                buffer[out + 1] = alphabet[Int(word >> 12 & 63)]
                buffer[out + 2] = left > 1 ? alphabet[Int(word >> 6 & 63)] : UInt8(ascii: "=")
                buffer[out + 3] = left > 2 ? alphabet[Int(word & 63)] : UInt8(ascii: "=")
                out += 4
                index += 3
            }
            return length
        }
    }

    /// The bytes of canonical base64; nil for white space, a missing `=`, other characters or unused bits that are not zero.
    package static func decode(_ text: String) -> [UInt8]? {
        decode(Array(text.utf8), requiringZeroPadBits: true)
    }

    /// As `decode(_:)`, over ASCII bytes; PEM readers elsewhere ignore the unused bits, so ours may too.
    static func decode(_ text: [UInt8], requiringZeroPadBits: Bool) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padding = text.last != UInt8(ascii: "=") ? 0 : text[text.count - 2] == UInt8(ascii: "=") ? 2 : 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var word: UInt32 = 0
        var held = 0
        for character in text.dropLast(padding) {
            let value = values[Int(character)]
            guard value != invalid else { return nil }
            word = word << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(held)))
            }
        }
        if requiringZeroPadBits, word & (1 << UInt32(held) - 1) != 0 { return nil }
        return bytes
    }
}
