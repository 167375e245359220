/// Products, inverses, dispersal matrices and padded lengths (`gf256-vectors/1`).
struct GF256VectorSet: Decodable {
    let poly: String
    let products: [[Int]]
    let inverses: [[Int]]
    let padme: [[Int]]
    let dispersal: [String: [[Int]]]

    func run(_ result: inout SharingConformance.SetResult) {
        result.run("polynomial") { poly.lowercased() == "0x11d" ? nil : "expected 0x11d, file says another polynomial" }
        for product in products {
            result.run("product \(product)") {
                guard product.count == 3, product.allSatisfy((0...255).contains) else { return "not three bytes" }
                let value = GF256.multiply(UInt8(product[0]), UInt8(product[1]))
                return Int(value) == product[2] ? nil : "expected \(product[2]), got \(value)"
            }
        }
        for inverse in inverses {
            result.run("inverse \(inverse)") {
                guard inverse.count == 2, inverse.allSatisfy((0...255).contains) else { return "not two bytes" }
                let value = GF256.inverse(UInt8(inverse[0]))
                return Int(value) == inverse[1] ? nil : "expected \(inverse[1]), got \(value)"
            }
        }
        for pair in padme {
            result.run("padme \(pair)") {
                guard pair.count == 2, (0...Limits.recordBytes + 8).contains(pair[0]) else { return "not two lengths" }
                let value = EMS1Padding.padme(pair[0])
                return value == pair[1] ? nil : "expected \(pair[1]), got \(value)"
            }
        }
        for name in dispersal.keys.sorted() {
            result.run("dispersal (\(name))") {
                let numbers = name.split(separator: ",").compactMap { Int($0) }
                guard numbers.count == 2, let code = CauchyDispersal(threshold: numbers[0], count: numbers[1]) else { return "impossible parameters" }
                let rows = (0..<code.count).map { code.row($0).map(Int.init) }
                return rows == dispersal[name] ? nil : "the matrix differs"
            }
        }
    }
}
