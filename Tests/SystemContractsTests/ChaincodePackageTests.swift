import CryptoPrimitives
import TestSupport
import Testing

@testable import SystemContracts

@Suite struct ChaincodePackageTests {
    private static let dynamic = Base64.decode(
        "H4sIAAAAAAACA2Ngl3Eo3MAcd9zlZCLH9kovDRF+cd2gliMSJfdiHlUrX56W4W5iYBlQtvKV/RyeNqHlAWxHZ1SkJee2rnmgXnHN/ZD/03437l"
            + "u7V63YfOaLXuFh9Smi86wezIgzFmVlEdAK7jyr2vq5lGWOB+PhmTW5uVVT939zmPI183m56N5ye7Gvz198E3eqOiBV86aAcbYny4kFrRVVncsu"
            + "CYSvFW3jnmHxaF6Go7q0nJ5P5WaG8N1Gm90eTfKXen/t9PkHLEa524QrXhexLQ4RurllzqTpK0/+sGy+477b+XKZxqP13SXZhS1Lr4on7dGYq7"
            + "Y9mu/k9JK4sNjCyUfYg9dJT5ReG8R2aGJ+VHB0weSjnGGbFKYrbY0WODu3JiMpu3HpDdnsE+brrc+X6bzaPbujuXfJSSbnSR8SbqYxLI6Se31m"
            + "17aDN1ksq0/rz5ZabPdoVryRCDMDj6pP01Hp6hcZn/os3mxqy4wMT6lbdlet4qbPiYgPs0Nl3lw4eODcS3H/Kc/99tqfzhQ9PTnTz8HBP3vqOc"
            + "ncC66HQ9/PiVD8fPPM2bu/tFJWs2beinvTY/Vpz5Tq/MKmBWd4QlaJtHHPsn66OM9dX0XdMqL1IH/aGZejUd+XpxnxfHj2ikkpoPe6yWyRaTqn"
            + "qq057p3Yf+TGT93sbSI1HysF1icqvT6+adWGo89lopez5T/NY1sWKf300Lrl6448l41dxVXyupRvfbLax/N7tu27+tOgcL9CN0efxql6Z5F3d6"
            + "4/+KEUOv2ZxxajnSHf1xa5qAjzSxpF9JxXaXqf922S9dvNbenhIfGVC67K5Z9z3OP1qMeF+9aetau3X/plWnXGkGE0XY2mq9F0NZquhki6AgAL"
            + "n03/CAcAAA==")
    private static let fixed = Base64.decode("H4sIAAAAAAACA8tIzcnJV8hAJ3UUChKTsxPTU4sBnDh4hCEAAAA=")

    @Test(.enabled(if: SharedData.contains("vectors/fabric/package_id.txt"), SharedData.reason))
    func `the package of a Fabric network has the id that its peer computed`() throws {
        let package = try ChaincodePackage(try #require(SharedData.read("vectors/fabric/labcc_ccaas_package.tar.gz")))
        let text = String(decoding: try #require(SharedData.read("vectors/fabric/package_id.txt")), as: UTF8.self)
        #expect(package.id == text.split(separator: "\n").first.map(String.init))
        #expect(package.type == "ccaas" && package.label == "labcc_1.0" && !package.code.isEmpty)
    }

    @Test func `a package has label, type and code, and an id over the bytes as uploaded`() throws {
        let bytes = PackageMaker.package()
        let package = try ChaincodePackage(bytes)
        #expect(package.label == "notes_1.0" && package.type == "ccaas" && package.code == [1, 2, 3])
        #expect(package.id == "notes_1.0:" + Base16.encode(SHA256.hash(bytes)))
    }

    @Test func `all three kinds of compressed blocks are unpacked`() throws {
        let dynamic = try GzipFile.content(try #require(Self.dynamic), limit: 10_000)
        let expected: [UInt8] = (0..<1800).map { (index: Int) -> UInt8 in
            let number = index % 600
            return UInt8((number * number * 7 + number / 3) % 251)
        }
        #expect(dynamic == expected)
        let fixed = try GzipFile.content(try #require(Self.fixed), limit: 10_000)
        #expect(fixed == Array("hello hello hello hello, packages".utf8))
        let stored = [UInt8](repeating: 7, count: 70_000)
        #expect(try GzipFile.content(PackageMaker.gzip(stored), limit: 70_000) == stored)
        #expect(try GzipFile.content(try #require(Self.fixed) + PackageMaker.gzip([1]), limit: 100) == fixed + [1])
    }

    @Test func `no truncation and no flipped bit gets through or traps`() throws {
        let file = try #require(Self.dynamic)
        let whole = try GzipFile.content(file, limit: 10_000)
        for count in 0..<file.count { #expect(throws: ChaincodePackageError.self) { try GzipFile.content(Array(file.prefix(count)), limit: 10_000) } }
        for position in 10..<file.count {
            var flipped = file
            flipped[position] ^= 1 << UInt8(position % 8)
            // Some bits fill the last byte up and mean nothing.
            let content = try? GzipFile.content(flipped, limit: 10_000)
            #expect(content == nil || content == whole, "byte \(position)")
        }
    }

    @Test func `seeded damage to a package ends in a typed error or the same content`() throws {
        let bytes = PackageMaker.package()
        var random = SeededGenerator(exactSeed: 0xBAD)
        for round in 0..<300 {
            var damaged = bytes
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                #expect(try ChaincodePackage(damaged).label == "notes_1.0", "round \(round)")
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }

    @Test func `what unpacks to more than the limit is refused before it is in memory`() throws {
        let bomb = try #require(PackageMaker.bomb)
        #expect(try GzipFile.content(bomb, limit: 20_000).count == 20_000)
        #expect(throws: ChaincodePackageError.tooLarge(what: "the content", limit: 19_999)) { try GzipFile.content(bomb, limit: 19_999) }
    }

    private static func reason(_ bytes: [UInt8]) -> String? {
        do {
            _ = try ChaincodePackage(bytes)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(
        arguments: [
            (#"{"type": "ccaas"}"#, "lacks"), (#"{"label": "a"}"#, "lacks"), ("[]", "lacks"), ("{", "not JSON"),
            (#"{"type": "ccaas", "label": ""}"#, "label"), (#"{"type": "ccaas", "label": ".."}"#, "label"),
            (#"{"type": "ccaas", "label": "a/b"}"#, "label"), (#"{"type": "ccaas", "label": "a:b"}"#, "label"),
            (#"{"type": "", "label": "a"}"#, "type"),
        ])
    func `bad metadata are refused with the reason`(_ metadata: String, _ reason: String) {
        let text = Self.reason(PackageMaker.package(metadata: metadata))
        #expect(text?.contains(reason) == true, "\(text ?? "taken")")
    }

    @Test func `an archive without the two files, with a folder, or damaged is refused`() {
        let metadata = Array(#"{"type": "ccaas", "label": "a"}"#.utf8)
        #expect(Self.reason(PackageMaker.gzip(PackageMaker.tar([("metadata.json", "0", metadata)])))?.contains("code.tar.gz") == true)
        #expect(Self.reason(PackageMaker.gzip(PackageMaker.tar([("code.tar.gz", "0", [1])])))?.contains("there is none") == true)
        let folder = PackageMaker.tar([("metadata.json", "0", metadata), ("code.tar.gz", "0", [1]), ("x", "5", [])])
        #expect(Self.reason(PackageMaker.gzip(folder))?.contains("no regular file") == true)
        let dotted = PackageMaker.tar([("./metadata.json", "0", metadata), ("code.tar.gz", "0", [1])])
        #expect(Self.reason(PackageMaker.gzip(dotted))?.contains("there is none") == true)
        var wrongSum = PackageMaker.tar([("metadata.json", "0", metadata)])
        wrongSum[0] ^= 1
        #expect(Self.reason(PackageMaker.gzip(wrongSum))?.contains("check sum") == true)
        let cut = Array(PackageMaker.tar([("metadata.json", "0", [UInt8](repeating: 1, count: 2000))]).prefix(1024))
        #expect(Self.reason(PackageMaker.gzip(cut))?.contains("longer than the archive") == true)
        #expect(Self.reason(PackageMaker.gzip([1, 2, 3])) != nil)
        #expect(Self.reason([]) != nil)
    }
}
