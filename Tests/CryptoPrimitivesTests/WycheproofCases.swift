import CryptoPrimitives
import Foundation
import TestSupport

/// One case of Project Wycheproof: a signature that is right or wrong for one stated reason, and usually at an edge.
struct WycheproofCase: Sendable {
    let number: Int
    let key: [UInt8]
    let isRight: Bool
    let message: [UInt8]
    let signature: [UInt8]

    /// All cases for P-256 and SHA-256; empty when the file cannot be read.
    static let p256: [WycheproofCase] = {
        let path = PackageRoot.path + "/Tests/CryptoPrimitivesTests/Resources/wycheproof-p256.txt"
        var key: [UInt8] = []
        var cases: [WycheproofCase] = []
        for line in ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n") {
            let fields = line.split(separator: " ")
            func bytes(_ field: Int) -> [UInt8] { fields[field] == "-" ? [] : hex(String(fields[field])) }
            switch fields.first {
            case "key": key = bytes(1)
            case "c":
                cases.append(
                    WycheproofCase(number: Int(fields[1]) ?? 0, key: key, isRight: fields[2] == "v", message: bytes(3), signature: bytes(4)))
            default: continue
            }
        }
        return cases
    }()
}
