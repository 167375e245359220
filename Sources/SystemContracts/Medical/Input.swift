import Chaincode
import CryptoPrimitives

/// Checks of arguments; each throws `malformed` (400) naming the argument and never its value.
enum Input {
    static func malformed(_ name: String, _ requirement: String) -> ContractError {
        .refused("malformed", "\"\(name)\" must be \(requirement)")
    }

    /// Exactly `count` bytes in lower-case hexadecimal digits.
    static func hex(_ text: String, bytes count: Int, _ name: String) throws(ContractError) -> [UInt8] {
        try hex(text, bytes: count...count, name)
    }

    /// A number of bytes within the bounds, in lower-case hexadecimal digits.
    static func hex(_ text: String, bytes bounds: ClosedRange<Int>, _ name: String) throws(ContractError) -> [UInt8] {
        let requirement =
            bounds.lowerBound == bounds.upperBound
            ? "\(bounds.lowerBound) bytes in lower-case hexadecimal digits"
            : "\(bounds.lowerBound) to \(bounds.upperBound) bytes in lower-case hexadecimal digits"
        guard text.utf8.count <= 2 * bounds.upperBound, isLowerHex(text), let bytes = Base16.decode(text), bounds.contains(bytes.count) else {
            throw malformed(name, requirement)
        }
        return bytes
    }

    /// A random id of 16 bytes, as 32 lower-case hexadecimal digits: records, grants, requests and patients.
    static func randomID(_ text: String, _ name: String) throws(ContractError) {
        guard isRandomID(text) else { throw malformed(name, "32 lower-case hexadecimal digits, chosen at random") }
    }

    static func isRandomID(_ text: String) -> Bool {
        text.utf8.count == 32 && isLowerHex(text)
    }

    /// A subject id of a role: random for patients, otherwise a word of lower-case letters, digits and hyphens.
    static func subject(_ text: String, of role: Role, _ name: String) throws(ContractError) {
        guard role != .patient else { return try randomID(text, name) }
        guard isSubject(text), !isRandomID(text) else {
            throw malformed(
                name, "3 to \(Limits.subjectBytes) lower-case letters, digits and inner hyphens that do not look like a patient's random id")
        }
    }

    /// A subject id of any role.
    static func anySubject(_ text: String, _ name: String) throws(ContractError) {
        guard isSubject(text) else { throw malformed(name, "the id of a subject: lower-case letters, digits and hyphens") }
    }

    private static func isSubject(_ text: String) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard (3...Limits.subjectBytes).contains(text.utf8.count), text.utf8.first != hyphen, text.utf8.last != hyphen else { return false }
        return text.utf8.allSatisfy { $0 == hyphen || isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }

    /// A public key: an uncompressed P-256 point in lower-case hexadecimal digits.
    static func publicKey(_ text: String, _ name: String) throws(ContractError) -> [UInt8] {
        let bytes = try hex(text, bytes: 65, name)
        do throws(CryptoError) {
            _ = try PublicKey(x963: bytes)
        } catch {
            throw malformed(name, "an uncompressed point of P-256 (04 x y), 65 bytes in lower-case hexadecimal digits")
        }
        return bytes
    }

    /// A signature in lower-case hexadecimal digits; whether it is one is seen when it is verified.
    static func signature(_ text: String, _ name: String) throws(ContractError) -> [UInt8] {
        try hex(text, bytes: 1...Limits.signatureBytes, name)
    }

    /// A word for a purpose, so that no free text about a person gets onto the chain.
    static func purpose(_ text: String, _ name: String) throws(ContractError) {
        guard isWord(text, limit: Limits.purposeBytes) else {
            throw malformed(name, "a word of up to \(Limits.purposeBytes) letters, digits and hyphens that begins with a letter")
        }
    }

    /// The label of a signed message: words separated by slashes.
    static func label(_ text: String, _ name: String) throws(ContractError) {
        let words = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard text.utf8.count <= Limits.labelBytes, words.allSatisfy({ isWord(String(Substring($0)), limit: Limits.labelBytes) }) else {
            throw malformed(name, "words of letters, digits and hyphens separated by slashes, up to \(Limits.labelBytes) bytes")
        }
    }

    /// The id of a membership service: printable ASCII without spaces.
    static func mspID(_ text: String, _ name: String) throws(ContractError) {
        guard isPrintable(text, limit: Limits.mspBytes) else { throw malformed(name, "the id of a membership service") }
    }

    /// Where the ciphertext lies: printable ASCII without spaces.
    static func storeReference(_ text: String, _ name: String) throws(ContractError) {
        guard isPrintable(text, limit: Limits.storeReferenceBytes) else {
            throw malformed(name, "1 to \(Limits.storeReferenceBytes) printable ASCII characters without spaces")
        }
    }

    /// A time in seconds since 1970.
    static func time(_ value: Int64, _ name: String) throws(ContractError) {
        guard (0...Limits.time).contains(value) else { throw malformed(name, "a time in seconds since 1970, up to the year 9999") }
    }

    /// A version number, from 1.
    static func version(_ value: Int64, _ name: String) throws(ContractError) {
        guard (1...Limits.versions).contains(value) else { throw malformed(name, "a version number from 1 to \(Limits.versions)") }
    }

    private static func isWord(_ text: String, limit: Int) -> Bool {
        guard let first = text.utf8.first, isLetter(first), text.utf8.count <= limit else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isPrintable(_ text: String, limit: Int) -> Bool {
        (1...limit).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func isLowerHex(_ text: String) -> Bool {
        text.utf8.allSatisfy { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}

/// Equality of the UTF-8 bytes of two ids.
func sameBytes(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
